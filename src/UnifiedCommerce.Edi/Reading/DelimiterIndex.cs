namespace UnifiedCommerce.Edi;

/// <summary>
/// The places of all delimiters in a window of the input, and which of them end segments.
/// </summary>
/// <remarks>
/// A mark is the offset of a delimiter; its sign bit says that the value before it holds a release character or a line break that
/// is no data. An end is the index of a segment terminator among the marks; its sign bit says that the segment has components or
/// repetitions.
/// </remarks>
internal sealed class DelimiterIndex
{
    internal const int Flag = int.MinValue;
    internal const int OffsetMask = int.MaxValue;
    private const int FirstWindowBytes = 512;
    private const int LargestWindowBytes = 16 * 1024;

    internal int[] Marks = new int[256];
    internal int[] Ends = new int[32];
    internal int MarkCount;
    internal int EndCount;

    /// <summary>The first byte that is not indexed yet.</summary>
    internal int Position;

    private byte terminator;
    private byte element;
    private byte component;
    private byte repetition;
    private byte release;
    private bool wrapped;
    private bool tradacoms;
    private int window;

    // What is open at Position.
    private bool released;
    private bool altered;
    private bool composite;
    private bool tagSeen;

    internal void Reset(Dialect dialect, int position)
    {
        terminator = dialect.SegmentTerminator;
        element = dialect.ElementSeparator;
        component = dialect.ComponentSeparator != 0 ? dialect.ComponentSeparator : dialect.ElementSeparator;
        repetition = dialect.RepetitionSeparator != 0 ? dialect.RepetitionSeparator : dialect.ElementSeparator;
        release = dialect.ReleaseCharacter;
        wrapped = dialect.IsWrapped;
        tradacoms = dialect.Standard == EdiStandard.Tradacoms;
        Position = position;
        MarkCount = 0;
        EndCount = 0;
        window = FirstWindowBytes;
        released = altered = composite = tagSeen = false;
    }

    /// <summary>Forgets the marks before <paramref name="firstMark"/> and all ends.</summary>
    internal void Forget(int firstMark)
    {
        Array.Copy(Marks, firstMark, Marks, 0, MarkCount - firstMark);
        MarkCount -= firstMark;
        EndCount = 0;
    }

    /// <summary>Indexes the next window. Returns false when the whole input is indexed.</summary>
    internal bool Extend(ReadOnlySpan<byte> data)
    {
        int length = Math.Min(window, data.Length - Position);
        if (length <= 0)
        {
            return false;
        }
        window = Math.Min(window * 2, LargestWindowBytes);
        EnsureRoom(length);
        Scalar(data, Position + length);
        return true;
    }

    private void EnsureRoom(int bytes)
    {
        // Every byte may be a delimiter, and a block of marks is written past the last one.
        int marks = MarkCount + bytes + 64;
        if (Marks.Length < marks)
        {
            Array.Resize(ref Marks, Math.Max(marks, Marks.Length * 2));
        }
        int ends = EndCount + bytes + 8;
        if (Ends.Length < ends)
        {
            Array.Resize(ref Ends, Math.Max(ends, Ends.Length * 2));
        }
    }

    private void Scalar(ReadOnlySpan<byte> data, int to)
    {
        for (int i = Position; i < to; i++)
        {
            byte b = data[i];
            if (released)
            {
                if (wrapped && b is (byte)'\r' or (byte)'\n')
                {
                    continue;
                }
                released = false;
                continue;
            }
            if (b == terminator)
            {
                Marks[MarkCount] = altered ? i | Flag : i;
                Ends[EndCount++] = composite ? MarkCount | Flag : MarkCount;
                MarkCount++;
                altered = composite = tagSeen = false;
            }
            else if (b == element || b == component || b == repetition)
            {
                Marks[MarkCount++] = altered ? i | Flag : i;
                composite |= b != element;
                altered = false;
                tagSeen = true;
            }
            else if (b == release && b != 0)
            {
                released = true;
                altered = true;
            }
            else if (wrapped && b is (byte)'\r' or (byte)'\n')
            {
                altered = true;
            }
            else if (tradacoms && b == '=' && !tagSeen)
            {
                Marks[MarkCount++] = altered ? i | Flag : i;
                altered = false;
                tagSeen = true;
            }
        }
        Position = to;
    }
}
