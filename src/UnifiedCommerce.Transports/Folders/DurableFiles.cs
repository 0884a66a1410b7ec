using System.Runtime.InteropServices;

namespace UnifiedCommerce.Transports.Folders;

/// <summary>File operations that survive a power cut and never overwrite.</summary>
internal static class DurableFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int NotPermitted = 1;
    private const int NoEntry = 2;
    private const int Exists = 17;
    private const int InvalidArgument = 22;
    private const int TooManyLinks = 31;
    private const int NoSystemCall = 38;
    private const int NotSupported = 95;

    /// <summary>Creates a folder for its owner only (C28).</summary>
    internal static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Writes a file for its owner only and waits until it is on the disk.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }
        using FileStream stream = new(path, options);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>What became of a rename.</summary>
    internal enum Renamed
    {
        /// <summary>Done.</summary>
        Done,
        /// <summary>There was nothing to rename.</summary>
        SourceGone,
        /// <summary>The target exists and was left alone.</summary>
        TargetExists,
    }

    /// <summary>Renames in one step and never replaces a target. Exactly one of several callers with the same source wins.</summary>
    internal static Renamed Rename(string source, string target)
    {
        if (OperatingSystem.IsLinux())
        {
            const int AtCurrentFolder = -100;
            const uint NoReplace = 1;
            if (renameat2(AtCurrentFolder, source, AtCurrentFolder, target, NoReplace) == 0)
            {
                return Renamed.Done;
            }
            int error = Marshal.GetLastPInvokeError();
            switch (error)
            {
                case NoEntry when !File.Exists(source):
                    return Renamed.SourceGone;
                case Exists:
                    return Renamed.TargetExists;
                case InvalidArgument or NoSystemCall:
                    // A file system without the flag: link and unlink below is the next best.
                    break;
                default:
                    throw new IOException($"Renaming {Path.GetFileName(source)} to {target} failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);
            }
        }
        try
        {
            File.Move(source, target, overwrite: false);
            return Renamed.Done;
        }
        catch (FileNotFoundException)
        {
            return Renamed.SourceGone;
        }
        catch (IOException) when (File.Exists(target))
        {
            return Renamed.TargetExists;
        }
    }

    /// <summary>Gives a file a second name and never replaces one. False: the name is taken.</summary>
    internal static bool Link(string source, string target)
    {
        if (!OperatingSystem.IsWindows())
        {
            if (link(source, target) == 0)
            {
                return true;
            }
            int error = Marshal.GetLastPInvokeError();
            if (error == Exists)
            {
                return false;
            }
            if (error is not (NotPermitted or TooManyLinks or NotSupported or NoSystemCall))
            {
                throw new IOException($"Linking {Path.GetFileName(source)} as {target} failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);
            }
        }
        // A file system without links: a copy that takes the name in one step does the same.
        string copy = source + ".copy";
        Write(copy, File.ReadAllBytes(source));
        if (Rename(copy, target) == Renamed.Done)
        {
            return true;
        }
        File.Delete(copy);
        return false;
    }

    /// <summary>Makes names in a folder durable. Windows does that with the file.</summary>
    internal static void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        const int ReadOnly = 0;
        int handle = open(path, ReadOnly);
        if (handle < 0)
        {
            throw new IOException($"Opening the folder {path} failed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
        try
        {
            if (fsync(handle) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw new IOException($"Making {path} durable failed: {Marshal.GetLastPInvokeErrorMessage()}.");
            }
        }
        finally
        {
            _ = close(handle);
        }
    }

#pragma warning disable SYSLIB1054, CA5392, CA2101, IDE1006 // libc's own names; no unsafe code for a generated import.
    [DllImport("libc", SetLastError = true)]
    private static extern int renameat2(int oldFolder, [MarshalAs(UnmanagedType.LPUTF8Str)] string oldPath, int newFolder, [MarshalAs(UnmanagedType.LPUTF8Str)] string newPath, uint flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int link([MarshalAs(UnmanagedType.LPUTF8Str)] string oldPath, [MarshalAs(UnmanagedType.LPUTF8Str)] string newPath);

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int handle);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int handle);
#pragma warning restore SYSLIB1054, CA5392, CA2101, IDE1006
}
