using System.Diagnostics;

namespace UnifiedCommerce.Adapters.Tests.Transports;

/// <summary>A test that needs Unix file modes or links.</summary>
public sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "Needs Unix file modes, links and pipes." : null;
}

/// <summary>A test that needs a small file system of its own.</summary>
public sealed class TinyDiskFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> Mountable = new(() =>
    {
        string folder = Directory.CreateTempSubdirectory("uc-mount-").FullName;
        try
        {
            using TinyDisk disk = new(folder, 64);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
        finally
        {
            Directory.Delete(folder);
        }
    });

    public TinyDiskFactAttribute() => Skip = OperatingSystem.IsLinux() && Mountable.Value ? null : "Needs the right to mount a small tmpfs.";
}

/// <summary>A tmpfs of some kilobytes.</summary>
public sealed class TinyDisk : IDisposable
{
    public TinyDisk(string path, int kilobytes)
    {
        Path = Directory.CreateDirectory(path).FullName;
        if (Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", Path) != 0)
        {
            throw new InvalidOperationException("mount failed.");
        }
    }

    public string Path { get; }

    public void Dispose() => Run("umount", Path);

    private static int Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        try
        {
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
