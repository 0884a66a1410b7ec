using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    private static readonly Vector512<byte> Numbers = Vector512.CreateSequence<byte>(0, 1);
    private static readonly Vector512<byte> BytesOfBits = Vector512.CreateSequence<byte>(0, 1) >> 3;
    private static readonly Vector512<byte> BitInByte = Vector512.Create(0x8040201008040201UL).AsByte();

    private static readonly Vector512<int> BitOfLane = Vector512.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);

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
        int to = Position + length;
        if (!wrapped && !tradacoms && Vector128.IsHardwareAccelerated)
        {
            Blocks(data, to);
        }
        Scalar(data, to);
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
        int ends = EndCount + bytes + 64;
        if (Ends.Length < ends)
        {
            Array.Resize(ref Ends, Math.Max(ends, Ends.Length * 2));
        }
    }

    /// <summary>Indexes whole blocks of 64 bytes; one bit stands for one byte.</summary>
    private void Blocks(ReadOnlySpan<byte> data, int to)
    {
        ref byte bytes = ref MemoryMarshal.GetReference(data);
        ref int marks = ref MemoryMarshal.GetArrayDataReference(Marks);
        ref int ends = ref MemoryMarshal.GetArrayDataReference(Ends);
        int at = Position;
        int mark = MarkCount;
        int end = EndCount;
        bool isComposite = composite;
        byte released0 = release != 0 ? release : terminator;
        for (; at + 64 <= to; at += 64)
        {
            ref byte block = ref Unsafe.Add(ref bytes, at);
            ulong terminators = Matches(ref block, terminator);
            ulong elements = Matches(ref block, element);
            ulong inner = Matches(ref block, component) | Matches(ref block, repetition);
            ulong releases = release != 0 ? Matches(ref block, released0) : 0;
            // A separator that the dialect lacks is searched as the element separator; one byte in two roles has the outer one.
            inner &= ~(elements | terminators);
            ulong all = terminators | elements | inner;
            ulong alterations = 0;
            if ((releases | (released ? 1UL : 0)) != 0)
            {
                ulong escaped = Escaped(releases, out alterations);
                all &= ~escaped;
                terminators &= ~escaped;
                inner &= ~escaped;
            }
            int count = BitOperations.PopCount(all);
            if (Avx512Vbmi2.IsSupported)
            {
                CompressMarks(ref Unsafe.Add(ref marks, mark), all, count, at);
            }
            else
            {
                WriteMarks(ref Unsafe.Add(ref marks, mark), all, count, at);
            }
            if (alterations != 0 || altered)
            {
                Alter(mark, count, all, alterations);
            }
            ulong composites = Composites(terminators, inner, ref isComposite);
            if (Avx512Vbmi2.IsSupported && Bmi2.X64.IsSupported)
            {
                end += CompressEnds(ref Unsafe.Add(ref ends, end), all, terminators, composites, mark);
            }
            else
            {
                while (terminators != 0)
                {
                    ulong terminatorBit = terminators & (0 - terminators);
                    int last = mark + BitOperations.PopCount(all & (terminatorBit - 1));
                    Unsafe.Add(ref ends, end++) = (composites & terminatorBit) != 0 ? last | Flag : last;
                    terminators &= terminators - 1;
                }
            }
            mark += count;
        }
        composite = isComposite;
        Position = at;
        MarkCount = mark;
        EndCount = end;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Matches(ref byte block, byte value)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return Vector512.Equals(Vector512.LoadUnsafe(ref block), Vector512.Create(value)).ExtractMostSignificantBits();
        }
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<byte> wanted = Vector256.Create(value);
            return Vector256.Equals(Vector256.LoadUnsafe(ref block), wanted).ExtractMostSignificantBits()
                | ((ulong)Vector256.Equals(Vector256.LoadUnsafe(ref block, 32), wanted).ExtractMostSignificantBits() << 32);
        }
        Vector128<byte> narrow = Vector128.Create(value);
        return Vector128.Equals(Vector128.LoadUnsafe(ref block), narrow).ExtractMostSignificantBits()
            | ((ulong)Vector128.Equals(Vector128.LoadUnsafe(ref block, 16), narrow).ExtractMostSignificantBits() << 16)
            | ((ulong)Vector128.Equals(Vector128.LoadUnsafe(ref block, 32), narrow).ExtractMostSignificantBits() << 32)
            | ((ulong)Vector128.Equals(Vector128.LoadUnsafe(ref block, 48), narrow).ExtractMostSignificantBits() << 48);
    }

    /// <summary>Writes sixteen offsets at a time: the processor packs the numbers of the bits that are set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CompressMarks(ref int to, ulong bits, int count, int at)
    {
        Vector512<byte> places = Avx512Vbmi2.Compress(Vector512<byte>.Zero, Spread(bits), Numbers);
        Vector512<int> start = Vector512.Create(at);
        (Avx512F.ConvertToVector512Int32(places.GetLower().GetLower()) + start).StoreUnsafe(ref to);
        if (count <= 16)
        {
            return;
        }
        (Avx512F.ConvertToVector512Int32(places.GetLower().GetUpper()) + start).StoreUnsafe(ref to, 16);
        if (count > 32)
        {
            (Avx512F.ConvertToVector512Int32(places.GetUpper().GetLower()) + start).StoreUnsafe(ref to, 32);
            (Avx512F.ConvertToVector512Int32(places.GetUpper().GetUpper()) + start).StoreUnsafe(ref to, 48);
        }
    }

    /// <summary>Writes eight offsets at a time without asking; those past the count are overwritten by the next block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteMarks(ref int to, ulong bits, int count, int at)
    {
        for (int written = 0; ; written += 8, to = ref Unsafe.Add(ref to, 8))
        {
            to = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref to, 1) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref to, 2) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref to, 3) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref to, 4) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref to, 5) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref to, 6) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            Unsafe.Add(ref to, 7) = at + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            if (written + 8 >= count)
            {
                return;
            }
        }
    }

    /// <summary>The terminators of segments that hold a component or repetition separator.</summary>
    /// <remarks>
    /// The bytes before a terminator are a run of ones; adding a one anywhere in the run carries into the terminator's bit, once
    /// however many are added. What is carried out of the block is the state of the segment still open.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Composites(ulong terminators, ulong inner, ref bool open)
    {
        ulong runs = ~terminators;
        ulong sum = runs + inner;
        bool carried = sum < runs;
        ulong total = sum + (open ? 1UL : 0);
        open = carried | (total < sum);
        return total & terminators;
    }

    /// <summary>Writes the ends of a block at once: which marks are terminators, packed to their numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CompressEnds(ref int to, ulong all, ulong terminators, ulong composites, int mark)
    {
        ulong ordinals = Bmi2.X64.ParallelBitExtract(terminators, all);
        ulong flags = Bmi2.X64.ParallelBitExtract(composites, terminators);
        int count = BitOperations.PopCount(terminators);
        Vector512<byte> numbers = Avx512Vbmi2.Compress(Vector512<byte>.Zero, Spread(ordinals), Numbers);
        Vector512<int> first = Vector512.Create(mark);
        for (int done = 0; ; done += 16)
        {
            Vector512<int> flagged = Vector512.Equals(Vector512.Create((int)(flags >> done)) & BitOfLane, BitOfLane) & Vector512.Create(Flag);
            (Avx512F.ConvertToVector512Int32(numbers.GetLower().GetLower()) + first | flagged).StoreUnsafe(ref to, (nuint)done);
            if (done + 16 >= count)
            {
                return count;
            }
            numbers = Vector512.ShuffleNative(numbers, Numbers + Vector512.Create((byte)16));
        }
    }

    /// <summary>Every bit becomes a byte of ones: the bit's byte is copied to eight, then the bit's place is tested.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Spread(ulong bits) =>
        Vector512.Equals(Vector512.ShuffleNative(Vector512.Create(bits).AsByte(), BytesOfBits) & BitInByte, BitInByte);

    /// <summary>The bytes that a release character takes the meaning from; release characters in force are alterations.</summary>
    private ulong Escaped(ulong releases, out ulong alterations)
    {
        ulong escaped = released ? 1UL : 0;
        released = false;
        alterations = 0;
        while (releases != 0)
        {
            ulong bit = releases & (0 - releases);
            releases &= releases - 1;
            if ((escaped & bit) != 0)
            {
                continue;
            }
            alterations |= bit;
            released = bit == 1UL << 63;
            escaped |= bit << 1;
        }
        return escaped;
    }

    /// <summary>Flags the mark that ends each altered value.</summary>
    private void Alter(int mark, int count, ulong all, ulong alterations)
    {
        if (altered && count > 0)
        {
            Marks[mark] |= Flag;
            altered = false;
        }
        while (alterations != 0)
        {
            ulong below = (alterations & (0 - alterations)) - 1;
            int next = BitOperations.PopCount(all & below);
            alterations &= alterations - 1;
            if (next == count)
            {
                altered = true;
                return;
            }
            Marks[mark + next] |= Flag;
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
