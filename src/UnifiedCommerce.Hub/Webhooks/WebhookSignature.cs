using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace UnifiedCommerce.Hub.Webhooks;

/// <summary>Signatures after the Standard Webhooks convention: <c>v1,</c> and HMAC-SHA256 over <c>id.timestamp.body</c>, several during a rotation.</summary>
public static class WebhookSignature
{
    private const string Prefix = "whsec_";

    /// <summary>A new secret of 32 random bytes: <c>whsec_</c> and base64.</summary>
    public static string NewSecret() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The value of the header <c>webhook-signature</c>: one signature per secret, separated by blanks.</summary>
    public static string Sign(IEnumerable<string> secrets, string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        byte[] head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}."));
        byte[] signed = [.. head, .. body];
        return string.Join(' ', secrets.Select(secret => "v1," + Convert.ToBase64String(HMACSHA256.HashData(KeyOf(secret), signed))));
    }

    /// <summary>Checks a header against a secret in constant time; timestamps more than five minutes off are refused.</summary>
    public static bool Verify(string secret, string id, string timestamp, string header, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) || Math.Abs(now.ToUnixTimeSeconds() - seconds) > 300)
        {
            return false;
        }
        byte[] expected = Encoding.UTF8.GetBytes(Sign([secret], id, DateTimeOffset.FromUnixTimeSeconds(seconds), body));
        bool found = false;
        foreach (string candidate in header.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            found |= CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(candidate), expected);
        }
        return found;
    }

    private static byte[] KeyOf(string secret) => Convert.FromBase64String(secret.StartsWith(Prefix, StringComparison.Ordinal) ? secret[Prefix.Length..] : secret);
}
