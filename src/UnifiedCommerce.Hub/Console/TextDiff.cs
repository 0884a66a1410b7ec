namespace UnifiedCommerce.Hub.Console;

/// <summary>How two texts differ, line by line.</summary>
public static class TextDiff
{
    private const int MostLines = 2000;
    private const int Around = 3;

    /// <summary>The lines of both texts: <c>-</c> only in the older, <c>+</c> only in the newer, a blank for both; far from a change they are left out
    /// (<c>…</c>).</summary>
    public static IReadOnlyList<(char Sign, string Line)> Of(string older, string newer)
    {
        string[] from = Lines(older), to = Lines(newer);
        int start = 0;
        while (start < from.Length && start < to.Length && from[start] == to[start])
        {
            start++;
        }
        int end = 0;
        while (end < from.Length - start && end < to.Length - start && from[^(end + 1)] == to[^(end + 1)])
        {
            end++;
        }
        List<(char Sign, string Line)> all = [.. from.Take(start).Select(line => (' ', line)), .. Middle(from[start..^end], to[start..^end]), .. from.Skip(from.Length - end).Select(line => (' ', line))];
        return Shorten(all);
    }

    private static IEnumerable<(char Sign, string Line)> Middle(string[] from, string[] to)
    {
        if (from.Length > MostLines || to.Length > MostLines)
        {
            return [.. from.Select(line => ('-', line)), .. to.Select(line => ('+', line))];
        }
        // The longest common subsequence, from the end backwards.
        int[,] length = new int[from.Length + 1, to.Length + 1];
        for (int left = from.Length - 1; left >= 0; left--)
        {
            for (int right = to.Length - 1; right >= 0; right--)
            {
                length[left, right] = from[left] == to[right] ? length[left + 1, right + 1] + 1 : Math.Max(length[left + 1, right], length[left, right + 1]);
            }
        }
        List<(char, string)> lines = [];
        int i = 0, j = 0;
        while (i < from.Length || j < to.Length)
        {
            if (i < from.Length && j < to.Length && from[i] == to[j])
            {
                lines.Add((' ', from[i++]));
                j++;
            }
            else if (i < from.Length && (j == to.Length || length[i + 1, j] >= length[i, j + 1]))
            {
                lines.Add(('-', from[i++]));
            }
            else
            {
                lines.Add(('+', to[j++]));
            }
        }
        return lines;
    }

    private static List<(char Sign, string Line)> Shorten(List<(char Sign, string Line)> all)
    {
        List<(char Sign, string Line)> shown = [];
        int quietUntil = -1;
        for (int index = 0; index < all.Count; index++)
        {
            bool near = all.Skip(Math.Max(0, index - Around)).Take((2 * Around) + 1).Any(line => line.Sign != ' ');
            if (near)
            {
                shown.Add(all[index]);
            }
            else if (quietUntil != index - 1 || shown.Count == 0)
            {
                shown.Add(('…', ""));
            }
            quietUntil = near ? quietUntil : index;
        }
        return shown;
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}
