using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;

namespace UnifiedCommerce.Transports.Secrets;

/// <summary>Secrets from environment variables: <c>polhurt-token</c> is <c>UC_SECRET_POLHURT_TOKEN</c>.</summary>
public sealed class EnvironmentSecrets : ISecrets
{
    /// <inheritdoc/>
    public string? Find(string name) => Environment.GetEnvironmentVariable(VariableOf(name)) is { Length: > 0 } value ? value : null;

    /// <summary>The variable that holds a secret.</summary>
    public static string VariableOf(string name) => "UC_SECRET_" + name.ToUpperInvariant().Replace('-', '_');
}

/// <summary>Secrets from files, one each, readable by their owner only: <c>secrets/polhurt-token</c>. Read at every use, so that a changed file counts at once.</summary>
/// <param name="folder">The folder that holds them.</param>
public sealed class FileSecrets(string folder) : ISecrets
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>The value without the newline at its end, or null. A file that others can read throws: it is no secret any more.</summary>
    public string? Find(string name)
    {
        if (!IsName(name))
        {
            throw new HubException($"Found the secret name `{name}`, expected letters, digits, hyphens and underscores.");
        }
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            return null;
        }
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
        {
            throw new HubException($"Others than its owner can read or write {path}. Run `chmod 600` on it, and change the secret.");
        }
        string value = File.ReadAllText(path, Encoding.UTF8).TrimEnd('\r', '\n');
        return value.Length == 0 ? null : value;
    }

    /// <summary>Writes a secret for its owner only.</summary>
    public void Save(string name, string value)
    {
        if (!IsName(name))
        {
            throw new HubException($"Found the secret name `{name}`, expected letters, digits, hyphens and underscores.");
        }
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using FileStream stream = new(Path.Combine(folder, name), options);
        stream.Write(Encoding.UTF8.GetBytes(value));
    }

    private static bool IsName(string name) => name.Length is > 0 and <= 100 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
}

/// <summary>The first of several places that knows a secret.</summary>
/// <param name="places">Where to look, in order.</param>
public sealed class SecretsInOrder(params ISecrets[] places) : ISecrets
{
    /// <inheritdoc/>
    public string? Find(string name) => places.Select(place => place.Find(name)).FirstOrDefault(value => value is not null);
}
