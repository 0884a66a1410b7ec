using System.Globalization;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Reads one placeholder or literal of a template.</summary>
internal sealed class SlotParser(MappingText text, Findings findings)
{
    public static readonly string[] SystemNames = ["messageRef", "interchangeRef", "now", "segments", "test", "sender", "receiver", "uuid"];
    private static readonly string[] Adjustments = ["default", "max", "pad", "padRight", "scale", "digits", "split", "lines", "prefix", "suffix", "tz", "upper", "trim0", "negate", "signBehind", "fraction", "skipZero", "pounds", "gtin", "gln", "sscc"];

    /// <summary>A whole place: a literal, or one placeholder in braces.</summary>
    public Slot Parse(string source, TextPlace place)
    {
        if (source.Length == 0)
            return Slot.Nothing;
        if (source[0] != '{')
            return new Slot { Role = SlotRole.Literal, Literals = [source], Place = place, Source = source };
        int close = source.IndexOf('}', StringComparison.Ordinal);
        if (close != source.Length - 1)
        {
            findings.Error("placeholder", place, close < 0
                ? $"Found '{source}' without a closing brace, expected '}}'."
                : $"Found '{source[(close + 1)..]}' behind a placeholder, expected nothing. Use prefix=, suffix= for fixed text around a value.");
            return Slot.Nothing;
        }
        return Placeholder(source[1..close].Trim(), place);
    }

    private Slot Placeholder(string inner, TextPlace place)
    {
        if (inner.Length == 0)
        {
            findings.Error("placeholder", place, "Found {}, expected a field, {=A|B}, {!A}, {>A} or {_}.");
            return Slot.Nothing;
        }
        switch (inner[0])
        {
            case '=':
                return new Slot { Role = SlotRole.AnyOf, Literals = inner[1..].Split('|'), Place = place, Source = inner };
            case '!':
                return new Slot { Role = SlotRole.Assert, Literals = inner[1..].Split('|'), Place = place, Source = inner };
            case '>':
                return new Slot { Role = SlotRole.WriteOnly, Literals = [inner[1..]], Place = place, Source = inner };
            case '_' when inner is "_" or "_?":
                return new Slot { Role = SlotRole.Ignore, Place = place, Source = inner };
        }
        string[] words = Quoted.Split(inner);
        string head = words[0];
        bool optional = head.EndsWith('?');
        if (optional)
            head = head[..^1];
        if (head == "pairs")
            return Pairs(words, place, inner);
        if (head.StartsWith("#date", StringComparison.Ordinal) && (head.Length == 5 || head[5] == '='))
            return new Slot { Role = SlotRole.DateCode, Literals = head.Length > 6 ? [head[6..]] : [], Place = place, Source = inner };
        if (head[0] == '#')
        {
            string[] halves = head[1..].Split('=', 2);
            return new Slot { Role = SlotRole.Local, Names = [halves[0]], Literals = halves.Length > 1 ? [halves[1]] : [], Optional = optional, Format = Format(words[1..], place), Place = place, Source = inner };
        }
        if (head.StartsWith("partner.", StringComparison.Ordinal))
            head = "$" + head[8..];
        if (head[0] == '$')
            return new Slot { Role = SlotRole.Constant, Names = [head[1..]], Optional = optional, Format = Format(words[1..], place), Place = place, Source = inner };
        if (head is "count" or "sum" && words.Length > 1)
            return new Slot { Role = head == "count" ? SlotRole.Count : SlotRole.Sum, Names = [words[1].TrimEnd('?')], Optional = words[1].EndsWith('?'), Format = Format(words[2..], place), Place = place, Source = inner };
        if (SystemNames.Contains(head))
            return new Slot { Role = SlotRole.System, Names = [head], Optional = optional, Format = Format(words[1..], place), Place = place, Source = inner };
        return new Slot
        {
            Role = SlotRole.Field,
            Names = head.Split('|'),
            Optional = optional,
            Format = Format(words[1..], place),
            Place = place,
            Source = inner,
        };
    }

    private Slot Pairs(string[] words, TextPlace place, string inner)
    {
        List<PairSlot> pairs = [];
        for (int index = 1; index < words.Length; index++)
        {
            string word = words[index];
            bool readOnly = word.StartsWith('<');
            if (readOnly)
                word = word[1..];
            string[] halves = word.Split(':', 2);
            if (halves.Length != 2 || halves[0].Length == 0 || halves[1].Length == 0)
            {
                findings.Error("pairs", place, $"Found '{word}', expected QUALIFIER:field.");
                continue;
            }
            int comma = halves[1].IndexOf(',', StringComparison.Ordinal);
            pairs.Add(new PairSlot
            {
                Qualifiers = halves[0].Split('|'),
                Name = comma < 0 ? halves[1] : halves[1][..comma],
                Format = comma < 0 ? ValueFormat.Plain : Format(halves[1][(comma + 1)..].Split(','), place),
                ReadOnly = readOnly,
            });
        }
        string[] twice = [.. pairs.SelectMany(pair => pair.Qualifiers).GroupBy(code => code, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key)];
        if (twice.Length > 0)
            findings.Error("pairs", place, $"Found qualifier {twice[0]} for two fields, expected each once: reading it would be a guess.");
        return new Slot { Role = SlotRole.Pairs, Pairs = [.. pairs], Optional = true, Place = place, Source = inner };
    }

    private ValueFormat Format(string[] words, TextPlace place)
    {
        if (words.Length == 0)
            return ValueFormat.Plain;
        string? date = null, table = null, standard = null, prefix = null, suffix = null, zone = null;
        int? scale = null, digits = null;
        int padWidth = 0, max = 0, splitWidth = 0, splitParts = 1;
        char padWith = ' ';
        bool padRight = false, upper = false, trimZeros = false, negate = false, signBehind = false, fraction = false, skipZero = false, pounds = false;
        IdScheme scheme = IdScheme.None;
        foreach (string word in words)
        {
            string[] halves = word.Split('=', 2);
            string value = halves.Length > 1 ? halves[1] : "";
            switch (halves[0])
            {
                case "default" when halves.Length > 1: standard = value; break;
                case "prefix" when halves.Length > 1: prefix = value; break;
                case "suffix" when halves.Length > 1: suffix = value; break;
                case "tz" when halves.Length > 1:
                    zone = value;
                    if (!TimeZoneInfo.TryFindSystemTimeZoneById(value, out _))
                        findings.Error("unknown-timezone", place, $"Found time zone '{value}', expected an IANA name such as Europe/Berlin.");
                    break;
                case "scale" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 9: scale = number; break;
                case "digits" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 9: digits = number; break;
                case "max" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number): max = number; break;
                case "split" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0: splitWidth = number; break;
                case "lines":
                {
                    string[] size = value.Split('x');
                    if (size.Length == 2 && int.TryParse(size[0], out splitParts) && int.TryParse(size[1], out splitWidth) && splitParts > 0 && splitWidth > 0)
                        break;
                    findings.Error("adjustment", place, $"Found '{word}', expected lines=5x70: five parts of 70 characters.");
                    break;
                }
                case "pad" or "padRight":
                {
                    string[] parts = value.Split(',');
                    if (!int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out padWidth))
                        findings.Error("adjustment", place, $"Found '{word}', expected pad=10 or pad=10,0: width and what it is filled with.");
                    padWith = parts.Length > 1 && parts[1].Length == 1 ? parts[1][0] : ' ';
                    padRight = halves[0] == "padRight";
                    break;
                }
                case "upper": upper = true; break;
                case "trim0": trimZeros = true; break;
                case "negate": negate = true; break;
                case "signBehind": signBehind = true; break;
                case "fraction": fraction = true; break;
                case "skipZero": skipZero = true; break;
                case "pounds": pounds = true; break;
                case "gtin": scheme = IdScheme.Gtin; break;
                case "gln": scheme = IdScheme.Gln; break;
                case "sscc": scheme = IdScheme.Sscc; break;
                default:
                    if (text.Tables.ContainsKey(word) || BuiltInTables.Find(word) is not null)
                        table = word;
                    else if (LooksLikeDate(word))
                        date = word;
                    else
                        findings.Error("unknown-adjustment", place,
                            $"Found '{word}', expected a code table, a date format or an adjustment.{Suggest.DidYouMean(halves[0], Adjustments.Concat(text.Tables.Keys).Concat(BuiltInTables.Names))}");
                    break;
            }
        }
        return new ValueFormat
        {
            IsPlain = false,
            Date = date,
            TableName = table,
            Table = table is null ? null : text.Tables.GetValueOrDefault(table) ?? BuiltInTables.Find(table),
            Default = standard,
            Scale = scale,
            Digits = digits,
            PadWidth = padWidth,
            PadWith = padWith,
            PadRight = padRight,
            Max = max,
            SplitWidth = splitWidth,
            SplitParts = splitParts,
            Upper = upper,
            TrimZeros = trimZeros,
            Negate = negate,
            SignBehind = signBehind,
            Fraction = fraction,
            SkipZero = skipZero,
            Pounds = pounds,
            Prefix = prefix,
            Suffix = suffix,
            Scheme = scheme,
            TimeZone = zone,
            Zone = zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out TimeZoneInfo? found) ? found : null,
        };
    }

    private static bool LooksLikeDate(string word) =>
        word.All(character => character is 'y' or 'M' or 'd' or 'H' or 'm' or 's' or 'f' or 'z' or 'K' or 'T' or '-' or '/' or '.' or ':' or 'Z')
        && (word.Contains("yy", StringComparison.Ordinal) || word.Contains("HH", StringComparison.Ordinal));
}
