using Serilog;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>Replaces the partners in force when a file changed. The demonstration adjusts what was read.</summary>
public sealed class PartnersReload(PartnerBookHolder holder, string? configured)
{
    private readonly Lock _gate = new();
    private Func<PartnerBook, PartnerBook> _adjust = static book => book;
    private string _stamp = StampOf(configured);

    /// <summary>Adjusts the book in force and all later ones.</summary>
    public void Adjust(Func<PartnerBook, PartnerBook> adjust)
    {
        lock (_gate)
        {
            _adjust = adjust;
            holder.Current = adjust(holder.Current);
        }
    }

    /// <summary>Reads the folder again when a file in it changed; returns how many times.</summary>
    public int Look()
    {
        string now = StampOf(configured);
        lock (_gate)
        {
            if (now == _stamp)
            {
                return 0;
            }
            _stamp = now;
            holder.Current = _adjust(PartnersDirectory.Load(configured));
            return 1;
        }
    }

    private static string StampOf(string? configured)
    {
        string folder = PartnersDirectory.Find(configured);
        return Directory.Exists(folder)
            ? string.Join('|', Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(file => $"{file}:{File.GetLastWriteTimeUtc(file).Ticks}"))
            : "";
    }
}

/// <summary>Finds and reads the folder with house.yaml and the partners.</summary>
public static class PartnersDirectory
{
    /// <summary>The folder: as configured, else <c>mappings</c> here, else the one of the source tree that the program was built from.</summary>
    public static string Find(string? configured)
    {
        if (!string.IsNullOrWhiteSpace(configured))
        {
            return Path.GetFullPath(configured);
        }
        for (var folder = new DirectoryInfo(Directory.GetCurrentDirectory()); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "mappings", "house.yaml")))
            {
                return Path.Combine(folder.FullName, "mappings");
            }
        }
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "mappings", "house.yaml")))
            {
                return Path.Combine(folder.FullName, "mappings");
            }
        }
        return Path.GetFullPath("mappings");
    }

    /// <summary>Reads it. A partner with a mistake is left out and named in the log; without a house nothing can be decided.</summary>
    public static PartnerBook Load(string? configured)
    {
        string folder = Find(configured);
        var reading = PartnerFolder.LoadAll(folder);
        foreach (var diagnostic in reading.Diagnostics)
        {
            Log.Write(diagnostic.Severity == Severity.Error ? Serilog.Events.LogEventLevel.Error : Serilog.Events.LogEventLevel.Warning, "{Place}: {Text} [{Code}]", diagnostic.Place, diagnostic.Text, diagnostic.Code);
        }
        if (reading.House is null)
        {
            throw new HubException($"The folder {folder} has no usable house.yaml: "
                + $"{reading.Diagnostics.FirstOrDefault(found => found.Severity == Severity.Error)?.Text ?? "it is missing."} Name another folder with --Partners:Directory=DIR.");
        }
        return new PartnerBook(reading.House, reading.Partners.ToDictionary(partner => partner.Id, StringComparer.Ordinal));
    }
}
