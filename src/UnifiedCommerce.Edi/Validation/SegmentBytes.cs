using System.Runtime.CompilerServices;

namespace UnifiedCommerce.Edi.Validation;

/// <summary>The segment being checked, as the reader's index sees it: its bytes, its marks, and where it begins.</summary>
internal readonly ref struct SegmentBytes(ReadOnlySpan<byte> data, ReadOnlySpan<int> marks, int start, bool composite, Dialect dialect)
{
    public readonly ReadOnlySpan<byte> Data = data;
    public readonly ReadOnlySpan<int> Marks = marks;
    public readonly int Start = start;
    public readonly bool Composite = composite;
    public readonly Dialect Dialect = dialect;

    /// <summary>The tag's two or three bytes as one number; 0 when it has another length.</summary>
    public uint TagKey
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var length = TagEnd - Start;
            if (length == 3) return ((uint)Data[Start] << 16) | ((uint)Data[Start + 1] << 8) | Data[Start + 2];
            return length == 2 ? ((uint)Data[Start] << 8) | Data[Start + 1] : 0;
        }
    }

    public int TagEnd => Marks[0] & DelimiterIndex.OffsetMask;

    public ReadOnlySpan<byte> Tag => Data[Start..TagEnd];

    public int End => Marks[^1] & DelimiterIndex.OffsetMask;

    /// <summary>The raw value of a component of the first repetition, from 1; empty when absent.</summary>
    public ReadOnlySpan<byte> Value(int element, int component = 1)
    {
        if (!Composite)
        {
            if (element >= Marks.Length || component != 1) return default;
            return Data[((Marks[element - 1] & DelimiterIndex.OffsetMask) + 1)..(Marks[element] & DelimiterIndex.OffsetMask)];
        }

        int e = 0, c = 1;
        for (var i = 0; i + 1 < Marks.Length; i++)
        {
            var at = Marks[i] & DelimiterIndex.OffsetMask;
            var b = Data[at];
            if (i == 0 || b == Dialect.ElementSeparator) (e, c) = (e + 1, 1);
            else if (b == Dialect.ComponentSeparator) c++;
            else c = int.MinValue;
            if (e == element && c == component) return Data[(at + 1)..(Marks[i + 1] & DelimiterIndex.OffsetMask)];
            if (e > element) break;
        }

        return default;
    }
}
