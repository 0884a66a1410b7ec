using System.Globalization;
using UnifiedCommerce.Core;
using UnifiedCommerce.Hub.Hosting;

namespace UnifiedCommerce.Hub.Demo;

/// <summary>Business time of the demonstration: it stands still until the demonstration steps it, so that days pass in seconds and every
/// run tells the same story. It lives in a file of the data folder, for all hub processes of the machine and for a restart.</summary>
public sealed class DemoClock : TimeProvider
{
    /// <summary>When the story begins: a Monday morning in Utrecht.</summary>
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.FromHours(1));

    private readonly string _file;
    private readonly Lock _lock = new();

    /// <summary>True when the folder holds a demonstration, whose business time stands still unless a process with <c>--demo</c> steps it.</summary>
    public static bool IsIn(string dataFolder) => File.Exists(FileOf(dataFolder));

    private static string FileOf(string dataFolder) => Path.Combine(Path.GetFullPath(dataFolder), "demo-clock");

    /// <summary>Refuses to serve a demonstration's folder without <c>--demo</c>: nobody would step its clock, so nothing would ever be due. Workers and
    /// schedules without the web role help a demonstration that runs beside them, and may.</summary>
    /// <exception cref="HubException">The folder holds a demonstration.</exception>
    internal static void RequireOwnData(HubOptions options)
    {
        if (options.Demo || !options.Roles.HasFlag(HubRoles.Web) || !IsIn(options.Data))
        {
            return;
        }
        throw new HubException($"The folder {options.Data} holds a demonstration, whose business time stands at {new DemoClock(options.Data).GetUtcNow():yyyy-MM-dd HH:mm} UTC. "
            + "Add --demo to go on with it, or give the hub a folder of its own: --data DIR.");
    }

    /// <summary>Opens the clock of a data folder, or starts it.</summary>
    public DemoClock(string dataFolder)
    {
        _file = FileOf(dataFolder);
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        if (!File.Exists(_file))
        {
            Write(Start.UtcDateTime);
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return DateTimeOffset.Parse(File.ReadAllText(_file), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
        }
    }

    /// <summary>Steps to a later moment; an earlier one is ignored, time never goes back.</summary>
    public void StepTo(DateTimeOffset moment)
    {
        lock (_lock)
        {
            if (moment > GetUtcNow())
            {
                Write(moment.UtcDateTime);
            }
        }
    }

    // Written beside and renamed, so that another process never reads half a time.
    private void Write(DateTime moment)
    {
        var next = $"{_file}.{Environment.ProcessId}.next";
        File.WriteAllText(next, moment.ToString("O", CultureInfo.InvariantCulture));
        File.Move(next, _file, overwrite: true);
    }
}
