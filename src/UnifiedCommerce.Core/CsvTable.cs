using CsvHelper;

namespace UnifiedCommerce.Core;

/// <summary>A CSV file with a header row (RFC 4180; any byte order mark; comma, semicolon or tab). Column names are matched without case.</summary>
public sealed class CsvTable
{
    private readonly Dictionary<string, int> _columns;

    private CsvTable(IReadOnlyList<string> columns, IReadOnlyList<CsvTableRow> rows)
    {
        Columns = columns;
        _columns = columns.Select((name, index) => (name, index)).GroupBy(pair => pair.name, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First().index, StringComparer.OrdinalIgnoreCase);
        foreach (var row in rows)
        {
            row.Table = this;
        }
        Rows = rows;
    }

    /// <summary>Names of the header row.</summary>
    public IReadOnlyList<string> Columns { get; }
    /// <summary>The rows below it.</summary>
    public IReadOnlyList<CsvTableRow> Rows { get; }

    /// <summary>Reads a file of at most 200 columns and 1,000,000 rows (C25).</summary>
    /// <returns>The table, or why there is none.</returns>
    public static (CsvTable? Table, Diagnostic? Fault) Read(byte[] bytes, string name)
    {
        var rows = new List<CsvTableRow>();
        try
        {
            using var csv = CsvReader.Create(bytes, new CsvReaderOptions { Separator = SeparatorOf(bytes), TrackLineNumbers = true, TrimWhitespace = true, SkipEmptyLines = true, MaxRecordSize = 1 << 20 });
            csv.ReadHeader();
            var header = csv.Headers.ToList();
            if (header.Count is 0 or > 200)
            {
                return (null, Diagnostic.Error("bad-header", $"{name}:1", header.Count == 0 ? "The file is empty, expected a header row." : $"Found {header.Count} columns, expected at most 200."));
            }
            while (csv.Read())
            {
                if (rows.Count == 1_000_000)
                {
                    return (null, Diagnostic.Error("too-many-rows", $"{name}:{csv.LineNumber}", "The file has more than 1,000,000 rows. Split it."));
                }
                var fields = new string[csv.FieldCount];
                for (var index = 0; index < fields.Length; index++)
                {
                    fields[index] = csv.GetString(index);
                }
                rows.Add(new CsvTableRow((int)csv.LineNumber, fields));
            }
            return (new CsvTable(header, rows), null);
        }
        catch (CsvFormatException malformed)
        {
            return (null, Diagnostic.Error("malformed-csv", name, $"The file is no CSV that can be read: {malformed.Message}"));
        }
    }

    internal int Index(string column) => _columns.GetValueOrDefault(column, -1);

    private static char SeparatorOf(byte[] bytes)
    {
        var end = Array.IndexOf(bytes, (byte)'\n');
        var head = bytes.AsSpan(0, end < 0 ? bytes.Length : end);
        int Count(char separator, ReadOnlySpan<byte> text) => text.Count((byte)separator);
        return Count(';', head) > Count(',', head) ? ';' : Count('\t', head) > Count(',', head) ? '\t' : ',';
    }
}

/// <summary>One row.</summary>
public sealed class CsvTableRow(int line, IReadOnlyList<string> fields)
{
    internal CsvTable? Table { get; set; }
    /// <summary>Line of the file, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>A field by column name; null when the column is missing or the field empty.</summary>
    public string? this[string column] => Table!.Index(column) is >= 0 and var index && index < fields.Count && fields[index].Length > 0 ? fields[index] : null;
}
