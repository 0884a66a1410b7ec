using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using UnifiedCommerce.Core.Mapping;

namespace UnifiedCommerce.Core.Partners;

/// <summary>The files of one partner as one version holds them: its folder, samples included, and the shared mappings that its own extend.
/// The house is held likewise, as <c>house.yaml</c> alone.</summary>
public sealed class PartnerFiles
{
    /// <summary>The id under which versions of house.yaml are kept.</summary>
    public const string House = HouseFile.FileName;

    /// <summary>Larger files of a folder are no part of a version, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int MaxFiles = 500;
    private static readonly DateTimeOffset Written = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly SortedDictionary<string, byte[]> _files;

    private PartnerFiles(string id, SortedDictionary<string, byte[]> files)
    {
        Id = id;
        _files = files;
        Sha256 = HashOf(files);
    }

    /// <summary>The partner's id, or <see cref="House"/>.</summary>
    public string Id { get; }

    /// <summary>Names below the mappings folder, as <c>nordhandel/order-response.edifact.map</c>, in order.</summary>
    public IReadOnlyCollection<string> Names => _files.Keys;

    /// <summary>SHA-256 over names and contents, lower-case hex: the same on every machine.</summary>
    public string Sha256 { get; }

    /// <summary>The bytes of a file, or null.</summary>
    public byte[]? Find(string name) => _files.GetValueOrDefault(name);

    /// <summary>The text of a file, or null; bytes that are no UTF-8 are read as Latin-1.</summary>
    public string? TextOf(string name) => Find(name) is { } bytes ? Text(bytes) : null;

    /// <summary>Reads a partner's folder, or house.yaml. Hidden files, editors' copies and files above <see cref="MaxBytes"/> are left out.</summary>
    /// <returns>The files, or null when the folder or house.yaml is not there.</returns>
    public static PartnerFiles? Read(string mappings, string id)
    {
        SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal);
        if (id == House)
        {
            string file = Path.Combine(mappings, House);
            if (!File.Exists(file))
            {
                return null;
            }
            files[House] = File.ReadAllBytes(file);
            return new PartnerFiles(id, files);
        }
        string folder = Path.Combine(mappings, id);
        if (!Directory.Exists(folder))
        {
            return null;
        }
        foreach (FileInfo file in FilesIn(folder).Take(MaxFiles))
        {
            files[$"{id}/{Path.GetRelativePath(folder, file.FullName).Replace('\\', '/')}"] = File.ReadAllBytes(file.FullName);
        }
        Func<string, string?> disk = MappingSet.Loader(mappings, id);
        PartnerFiles own = new(id, files);
        own.Mappings(name =>
        {
            string? text = disk(name);
            if (text is not null && name.StartsWith("base/", StringComparison.Ordinal))
            {
                files[name] = Encoding.UTF8.GetBytes(text);
            }
            return text;
        });
        return new PartnerFiles(id, files);
    }

    /// <summary>The files of a folder that count, by name.</summary>
    internal static IEnumerable<FileInfo> FilesIn(string folder) => new DirectoryInfo(folder)
        .EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2, AttributesToSkip = FileAttributes.Hidden })
        .Where(file => file.Name[0] is not ('.' or '#') && file.Name[^1] != '~' && file.Length <= MaxBytes)
        .OrderBy(file => file.FullName, StringComparer.Ordinal);

    /// <summary>The house; null when this is a partner or house.yaml is wrong.</summary>
    public HouseReading ReadHouse() => Find(House) is { } bytes
        ? HouseFile.Read(bytes, House)
        : new HouseReading(null, [Diagnostic.Error("missing-file", House, "There is no such file. Write one with our currency, time zone, buyer, warehouse, rates, rules and pools.")]);

    /// <summary>The partner of these files.</summary>
    public PartnerReading ReadPartner()
    {
        string file = $"{Id}/{PartnerFile.FileName}";
        if (Find(file) is not { } bytes)
        {
            return new PartnerReading(null, [Diagnostic.Error("missing-file", file, $"There is no {PartnerFile.FileName}. Write one, or remove the folder.")]);
        }
        PartnerReading reading = PartnerFile.Read(bytes, file, Id, name => _files.ContainsKey($"{Id}/{name}"));
        return reading.Partner is { } partner ? reading with { Partner = partner with { FilesSha256 = Sha256 } } : reading;
    }

    /// <summary>The mappings of these files.</summary>
    public MappingSet ReadMappings() => Mappings(name => TextOf(name.StartsWith("base/", StringComparison.Ordinal) ? name : $"{Id}/{name}"));

    private MappingSet Mappings(Func<string, string?> load) => MappingSet.Parse(
        Id,
        _files.Where(file => MappingSet.Concerns(file.Key) && file.Key.StartsWith(Id + "/", StringComparison.Ordinal) && file.Key.IndexOf('/', Id.Length + 1) < 0)
            .Select(file => (file.Key[(Id.Length + 1)..], Text(file.Value))).ToList(),
        load);

    /// <summary>Names of files that differ from an older version, with how: <c>changed</c>, <c>new</c>, <c>removed</c>.</summary>
    public IReadOnlyList<(string Name, string How)> ChangesSince(PartnerFiles older) =>
    [
        .. _files.Where(file => !older._files.TryGetValue(file.Key, out byte[]? was) || !was.AsSpan().SequenceEqual(file.Value))
            .Select(file => (file.Key, older._files.ContainsKey(file.Key) ? "changed" : "new")),
        .. older._files.Keys.Where(name => !_files.ContainsKey(name)).Select(name => (name, "removed")),
    ];

    /// <summary>The files as one zip archive; the same files give the same bytes.</summary>
    public byte[] Pack()
    {
        using MemoryStream packed = new();
        using (ZipArchive zip = new(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in _files)
            {
                ZipArchiveEntry entry = zip.CreateEntry(name, CompressionLevel.Optimal);
                entry.LastWriteTime = Written;
                using Stream stream = entry.Open();
                stream.Write(bytes);
            }
        }
        return packed.ToArray();
    }

    /// <summary>Opens what <see cref="Pack"/> made.</summary>
    public static PartnerFiles Unpack(string id, byte[] packed)
    {
        SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal);
        using ZipArchive zip = new(new MemoryStream(packed), ZipArchiveMode.Read);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using MemoryStream bytes = new();
            using Stream stream = entry.Open();
            stream.CopyTo(bytes);
            files[entry.FullName] = bytes.ToArray();
        }
        return new PartnerFiles(id, files);
    }

    private static string Text(byte[] bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes is [0xef, 0xbb, 0xbf, ..] ? bytes[3..] : bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    private static string HashOf(SortedDictionary<string, byte[]> files)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, byte[] bytes) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{bytes.Length}\n"));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
