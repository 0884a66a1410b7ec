using System.Text;

namespace UnifiedCommerce.Hub.Api;

/// <summary>Rows of a comma-separated file (RFC 4180): quotes, doubled quotes, line ends within quotes, any byte order mark.</summary>
internal static class CsvRows
{
    private const int MostColumns = 200;

    /// <summary>Reads all rows with the line each begins on. An open quote at the end closes there.</summary>
    public static IEnumerable<(int Line, IReadOnlyList<string> Fields)> Read(byte[] bytes)
    {
        using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        string text = reader.ReadToEnd();
        var fields = new List<string>();
        var field = new StringBuilder();
        int line = 1, began = 1;
        bool quoted = false;
        for (int index = 0; index < text.Length; index++)
        {
            char letter = text[index];
            if (letter == '\n')
            {
                line++;
            }
            if (quoted)
            {
                if (letter != '"')
                {
                    field.Append(letter);
                }
                else if (index + 1 < text.Length && text[index + 1] == '"')
                {
                    field.Append('"');
                    index++;
                }
                else
                {
                    quoted = false;
                }
                continue;
            }
            switch (letter)
            {
                case '"' when field.Length == 0:
                    quoted = true;
                    break;
                case ',' when fields.Count < MostColumns:
                    fields.Add(field.ToString().Trim());
                    field.Clear();
                    break;
                case '\r':
                    break;
                case '\n':
                    if (fields.Count > 0 || field.Length > 0)
                    {
                        fields.Add(field.ToString().Trim());
                        yield return (began, [.. fields]);
                    }
                    fields.Clear();
                    field.Clear();
                    began = line;
                    break;
                default:
                    field.Append(letter);
                    break;
            }
        }
        if (fields.Count > 0 || field.Length > 0)
        {
            fields.Add(field.ToString().Trim());
            yield return (began, [.. fields]);
        }
    }
}
