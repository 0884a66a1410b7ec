using System.Security.Cryptography;
using System.Text;

namespace UnifiedCommerce.Hub.Access;

/// <summary>Keeps secrets that must be read again (webhook secrets, cookie keys) encrypted at rest with AES-256-GCM. The key comes from the setting
/// <c>Secrets:DataKey</c> (32 bytes, base64) or, in a single-machine installation, from a file of mode 0600 made at the first start.</summary>
public sealed class SecretBox
{
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private readonly byte[] _key;

    /// <summary>Takes a key of 32 bytes.</summary>
    public SecretBox(byte[] key)
    {
        ArgumentNullException.ThrowIfNull(key);
        _key = key.Length == 32
            ? key
            : throw new ArgumentException($"Found a data key of {key.Length} bytes, expected 32 (base64). Make one with: openssl rand -base64 32", nameof(key));
    }

    /// <summary>Opens the box of an installation; the key file is created when there is neither setting nor file.</summary>
    public static SecretBox Open(string? configuredKey, string dataFolder)
    {
        if (!string.IsNullOrWhiteSpace(configuredKey))
        {
            return new SecretBox(Convert.FromBase64String(configuredKey.Trim()));
        }
        string path = Path.Combine(dataFolder, "data.key");
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(dataFolder);
            string temporary = $"{path}.{Environment.ProcessId}";
            var create = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }
            using (var stream = new FileStream(temporary, create))
            {
                stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
                stream.Flush(flushToDisk: true);
            }
            // Another process may have been faster: its key stays.
            try
            {
                File.Move(temporary, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(temporary);
            }
        }
        return new SecretBox(Convert.FromBase64String(File.ReadAllText(path).Trim()));
    }

    /// <summary>Encrypts a secret; <paramref name="purpose"/> is bound to it, so that a value moved to another row does not open.</summary>
    public string Seal(string secret, string purpose)
    {
        byte[] plain = Encoding.UTF8.GetBytes(secret);
        byte[] sealedBytes = new byte[NonceLength + plain.Length + TagLength];
        var nonce = sealedBytes.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagLength);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceLength, plain.Length), sealedBytes.AsSpan(NonceLength + plain.Length), Encoding.UTF8.GetBytes(purpose));
        return Convert.ToBase64String(sealedBytes);
    }

    /// <summary>Decrypts; throws <see cref="CryptographicException"/> when the key or the purpose is another, or a bit was changed.</summary>
    public string Unseal(string sealedSecret, string purpose)
    {
        byte[] sealedBytes = Convert.FromBase64String(sealedSecret);
        if (sealedBytes.Length < NonceLength + TagLength)
        {
            throw new CryptographicException($"Found {sealedBytes.Length} sealed bytes, expected at least {NonceLength + TagLength}.");
        }
        byte[] plain = new byte[sealedBytes.Length - NonceLength - TagLength];
        using var aes = new AesGcm(_key, TagLength);
        aes.Decrypt(
            sealedBytes.AsSpan(0, NonceLength),
            sealedBytes.AsSpan(NonceLength, plain.Length),
            sealedBytes.AsSpan(NonceLength + plain.Length),
            plain,
            Encoding.UTF8.GetBytes(purpose));
        return Encoding.UTF8.GetString(plain);
    }
}
