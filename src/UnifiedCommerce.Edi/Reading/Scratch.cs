using System.Runtime.CompilerServices;

namespace UnifiedCommerce.Edi;

/// <summary>Room for values whose release characters were taken out; valid until the next segment.</summary>
internal sealed class Scratch
{
    private byte[] buffer = [];

    internal int Used { get; private set; }

    internal void Clear() => Used = 0;

    internal ReadOnlySpan<byte> Clean(ReadOnlySpan<byte> raw, Dialect dialect)
    {
        if (buffer.Length - Used < raw.Length)
        {
            // Earlier values stay in the old array, which their spans keep alive.
            buffer = new byte[Math.Max(256, Math.Max(raw.Length, buffer.Length * 2))];
            Used = 0;
        }
        Span<byte> room = buffer.AsSpan(Used, raw.Length);
        int length = Clean(raw, dialect, room);
        Used += length;
        return room[..length];
    }

    /// <summary>The value without release characters and line breaks of wrapped files, in the room when there is one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static ReadOnlySpan<byte> Clean(Scratch? room, ReadOnlySpan<byte> raw, Dialect dialect) =>
        room is null ? CleanCopy(raw, dialect) : room.Clean(raw, dialect);

    private static ReadOnlySpan<byte> CleanCopy(ReadOnlySpan<byte> raw, Dialect dialect)
    {
        byte[] copy = new byte[raw.Length];
        return copy.AsSpan(0, Clean(raw, dialect, copy));
    }

    private static int Clean(ReadOnlySpan<byte> raw, Dialect dialect, Span<byte> to)
    {
        byte release = dialect.ReleaseCharacter;
        int length = 0;
        bool released = false;
        foreach (byte b in raw)
        {
            if (dialect.IsWrapped && b is (byte)'\r' or (byte)'\n')
            {
                continue;
            }
            if (!released && b == release && release != 0)
            {
                released = true;
                continue;
            }
            released = false;
            to[length++] = b;
        }
        return length;
    }
}
