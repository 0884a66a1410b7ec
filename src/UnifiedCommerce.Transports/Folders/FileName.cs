using System.Globalization;
using System.Text;

namespace UnifiedCommerce.Transports.Folders;

/// <summary>What a file name may look like (C26).</summary>
public static class FileName
{
    /// <summary>Longest name in bytes of UTF-8; file systems take 255, some room is kept for our own endings.</summary>
    public const int MaxBytes = 200;

    /// <summary>Why a name is refused, in words; null when it is fine.</summary>
    public static string? Fault(string name)
    {
        if (name.Length == 0 || name is "." or "..")
        {
            return "it is no name of a file";
        }
        if (Encoding.UTF8.GetByteCount(name) > MaxBytes)
        {
            return $"it is longer than {MaxBytes} bytes";
        }
        if (name.AsSpan().IndexOfAny('/', '\\', '\0') >= 0 || name.Contains("..", StringComparison.Ordinal) || name.Contains("%2e", StringComparison.OrdinalIgnoreCase)
            || name.Contains("%2f", StringComparison.OrdinalIgnoreCase) || (name.Length > 1 && name[1] == ':'))
        {
            return "it could name another folder";
        }
        if (name[^1] is '.' or ' ' || name[0] is ' ' or '-')
        {
            return "it begins with a space or hyphen, or ends with a dot or space";
        }
        foreach (Rune rune in name.EnumerateRunes())
        {
            // Format holds the right-to-left marks and overrides; the replacement character stands for bytes that are no UTF-8.
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate || rune.Value == 0xFFFD)
            {
                return $"it holds the character U+{rune.Value:X4}";
            }
        }
        return null;
    }
}
