namespace UnifiedCommerce.Core.Mapping;

/// <summary>What goes on while one message is read: where the reader stands, and what it found.</summary>
internal abstract class ReadSession(CompiledMapping mapping, MappingContext context)
{
    public CompiledMapping Mapping { get; } = mapping;
    public MappingContext Context { get; } = context;
    public Findings Findings { get; set; } = new();
    public List<UnmappedValue> Unmapped { get; set; } = [];
    /// <summary>What a sample shows about the mapping; kept only when asked, for proposals.</summary>
    public Probe? Probe { get; set; }
    /// <summary>The decimal mark, or null when point and comma both count.</summary>
    public char? DecimalMark { get; set; }
    /// <summary>Derived values as stated, compared when the document is whole.</summary>
    public List<(Slot Slot, FieldPath Path, object Record, decimal Stated)> Deferred { get; } = [];
    /// <summary>Names the place of a slot in the message that is read.</summary>
    public abstract string Place(Slot slot);

    /// <summary>Compares derived values with those stated.</summary>
    protected void Compare()
    {
        foreach ((Slot slot, FieldPath path, object record, decimal stated) in Deferred)
        {
            if (path.Find(record) is { } holder && path.Leaf.TryGetNumber(holder, out decimal actual) && actual != stated)
                Findings.Add(new Diagnostic("total-differs", Mapping.Strict.Contains("total-differs") ? Severity.Error : Severity.Warning, Place(slot), string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The message states {path.Text} {stated}, expected {actual} from what it holds. Look at prices and quantities.")));
        }
        Deferred.Clear();
    }

    /// <summary>Notes a currency that is not the one the message named before.</summary>
    public void CompareCurrency(Slot slot, string found, string before, string place)
    {
        if (!string.Equals(found.Trim(), before, StringComparison.OrdinalIgnoreCase))
            Fault("currency-differs", slot, $"Found currency {found.Trim()} here and {before} at {place}, expected one currency in the whole message: nobody can tell what the amounts are. Ask the sender.");
    }

    public void Fault(string code, Slot slot, string text, Severity severity = Severity.Error)
    {
        if (Mapping.Strict.Contains(code))
            severity = Severity.Error;
        else if (Mapping.Lenient.Contains(code) && severity == Severity.Error)
            severity = Severity.Warning;
        if (severity == Severity.Error)
            Probe?.Refuse(slot, slot.Names.Length > 0 ? slot.Names[0] : slot.Source, Place(slot));
        Findings.Add(new Diagnostic(code, severity, Place(slot), text));
    }
}

/// <summary>Turns a text of a message into a value of a canonical record.</summary>
internal static class ValueReader
{
    /// <summary>Sets the field. False when the text is not what the field needs; the finding is made here.</summary>
    public static bool Read(ReadSession session, Slot slot, FieldPath path, ValueFormat format, object record, ReadOnlySpan<char> text, string? dateFormat)
    {
        if (!format.IsPlain && !Prepare(session, slot, path, format, ref text))
            return false;
        Field leaf = path.Leaf;
        if (leaf.IsDerived)
        {
            Compare(session, slot, path, record, text);
            return false;
        }
        switch (leaf.Kind)
        {
            case ValueKind.Text:
            {
                if (text.IsEmpty)
                    return false;
                IdScheme scheme = format.Scheme != IdScheme.None ? format.Scheme : SchemeOf(leaf.Name);
                if (scheme != IdScheme.None && !Identifiers.IsValid(scheme, text))
                {
                    session.Fault("check-digit", slot, $"Found {path.Text} '{text}': {Identifiers.Fault(scheme, text)}. Ask the sender, or correct it and read again.", Severity.Warning);
                    if (!Identifiers.HasShape(scheme, text))
                        session.Probe?.Refuse(slot, path.Text, session.Place(slot));
                }
                if (session.Probe is not null && leaf.IsUnit && !TradeUnits.Contains(text))
                {
                    session.Probe.UnknownCodes.Add((slot, text.ToString()));
                    session.Probe.Refuse(slot, path.Text, session.Place(slot));
                }
                leaf.SetText(path.Reach(record), ShortText.Of(text));
                return true;
            }
            case ValueKind.Number or ValueKind.Integer:
            {
                char? mark = session.DecimalMark;
                if (!Numbers.TryRead(text, mark, out decimal number))
                {
                    session.Fault("not-a-number", slot, $"Found {path.Text} '{text}', expected a number.");
                    return false;
                }
                if (format.Scale is { } scale)
                {
                    if (text.ContainsAny('.', ','))
                        session.Fault("not-a-number", slot, $"Found {path.Text} '{text}' with a decimal mark, expected digits only: the last {scale} are decimals.");
                    number = Shift(number, -scale);
                }
                if (format.Fraction)
                    number *= 100;
                if (format.Pounds)
                    number = Math.Round(number * KilogramsPerPound, 6, MidpointRounding.AwayFromZero);
                if (format.Negate)
                    number = -number;
                if (format.SkipZero && number == 0)
                    return false;
                if (leaf.Kind == ValueKind.Integer && (decimal.Truncate(number) != number || Math.Abs(number) > int.MaxValue))
                {
                    session.Fault("not-a-number", slot, $"Found {path.Text} '{text}', expected a whole number.");
                    return false;
                }
                leaf.SetNumber(path.Reach(record), number);
                return true;
            }
            case ValueKind.Date or ValueKind.Moment:
            {
                if (leaf.Kind == ValueKind.Moment && format.Date is { } clock && !clock.Contains('y', StringComparison.Ordinal) && !clock.Contains('d', StringComparison.Ordinal))
                    return Clock(session, slot, path, record, text, clock);
                string expected = dateFormat ?? format.Date ?? session.Mapping.DefaultDateFormat(leaf.Kind);
                TimeZoneInfo? zone = format.Zone ?? session.Mapping.Zone ?? session.Context.TimeZone;
                if (!DateCodes.TryRead(text, expected, zone, out DateTimeOffset moment) && !TryOther(session, text, expected, zone, out moment))
                {
                    session.Fault("not-a-date", slot, $"Found {path.Text} '{text}', expected a date as {expected}.");
                    return false;
                }
                if (leaf.Kind == ValueKind.Date)
                    leaf.SetDate(path.Reach(record), DateOnly.FromDateTime(moment.DateTime));
                else
                    leaf.SetMoment(path.Reach(record), moment);
                return true;
            }
            case ValueKind.Flag:
                if (text.Equals("true", StringComparison.OrdinalIgnoreCase) || text is "1" or "Y")
                    leaf.SetFlag(path.Reach(record), true);
                else if (text.Equals("false", StringComparison.OrdinalIgnoreCase) || text is "0" or "N")
                    leaf.SetFlag(path.Reach(record), false);
                else
                {
                    session.Fault("not-a-flag", slot, $"Found {path.Text} '{text}', expected true or false. Give the field a code table.");
                    return false;
                }
                return true;
            default:
                if (!Enum.TryParse(leaf.EnumType!, text, ignoreCase: true, out object? value) || !Enum.IsDefined(leaf.EnumType!, value))
                {
                    session.Fault("unknown-code", slot, $"Found {path.Text} '{text}', expected one of {string.Join(", ", Enum.GetNames(leaf.EnumType!))}.{Suggest.DidYouMean(text.ToString(), Enum.GetNames(leaf.EnumType!))}");
                    return false;
                }
                leaf.SetCode(path.Reach(record), (int)value);
                return true;
        }
    }

    /// <summary>The international avoirdupois pound, exactly.</summary>
    public const decimal KilogramsPerPound = 0.45359237m;

    public static IdScheme SchemeOf(string name) => name switch
    {
        "gtin" => IdScheme.Gtin,
        "gln" => IdScheme.Gln,
        "sscc" => IdScheme.Sscc,
        _ => IdScheme.None,
    };

    public static decimal Shift(decimal number, int digits)
    {
        for (; digits > 0; digits--)
            number *= 10;
        for (; digits < 0; digits++)
            number /= 10;
        return number;
    }

    /// <summary>The time of a moment whose date stands elsewhere in the message.</summary>
    private static bool Clock(ReadSession session, Slot slot, FieldPath path, object record, ReadOnlySpan<char> text, string format)
    {
        object holder = path.Reach(record);
        path.Leaf.TryGetMoment(holder, out DateTimeOffset moment);
        if (TimeOnly.TryParseExact(text, [format, "HHmm", "HHmmss", "HH:mm:ss", "HH:mm"], System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out TimeOnly time))
        {
            TimeZoneInfo? zone = session.Mapping.Zone ?? session.Context.TimeZone;
            DateTime local = moment.Date + time.ToTimeSpan();
            path.Leaf.SetMoment(holder, new DateTimeOffset(local, zone?.GetUtcOffset(local) ?? moment.Offset));
            return true;
        }
        // xsd:time may carry its own offset.
        if (DateTimeOffset.TryParse($"{moment:yyyy-MM-dd}T{text}", System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset whole))
        {
            path.Leaf.SetMoment(holder, whole);
            return true;
        }
        session.Fault("not-a-time", slot, $"Found {path.Text} '{text}', expected a time as {format}.");
        return false;
    }

    private static bool TryOther(ReadSession session, ReadOnlySpan<char> text, string expected, TimeZoneInfo? zone, out DateTimeOffset moment)
    {
        // A date where a moment was expected and the other way round is no fault of the partner; six digits in X12 are a short year.
        moment = default;
        string? other = (session.Mapping.Syntax, text.Length) switch
        {
            (MessageSyntax.X12 or MessageSyntax.Edifact, 6) when expected == "yyyyMMdd" => "yyMMdd",
            (MessageSyntax.X12 or MessageSyntax.Edifact, 8) => "yyyyMMdd",
            (MessageSyntax.X12 or MessageSyntax.Edifact, 12) => "yyyyMMddHHmm",
            (MessageSyntax.Json or MessageSyntax.Xml, _) => "iso",
            _ => null,
        };
        return other is not null && other != expected && DateCodes.TryRead(text, other, zone, out moment);
    }

    /// <summary>Undoes the adjustments and the code table.</summary>
    private static bool Prepare(ReadSession session, Slot slot, FieldPath path, ValueFormat format, ref ReadOnlySpan<char> text)
    {
        if (format.Prefix is { } prefix)
        {
            if (!text.StartsWith(prefix))
            {
                session.Fault("prefix", slot, $"Found {path.Text} '{text}', expected it to begin with '{prefix}'.");
                return false;
            }
            text = text[prefix.Length..];
        }
        if (format.Suffix is { } suffix)
        {
            if (!text.EndsWith(suffix))
            {
                session.Fault("suffix", slot, $"Found {path.Text} '{text}', expected it to end with '{suffix}'.");
                return false;
            }
            text = text[..^suffix.Length];
        }
        if (format.PadWidth > 0)
        {
            text = format.PadRight ? text.TrimEnd(format.PadWith) : text.TrimStart(format.PadWith);
            if (text.IsEmpty && format.PadWith == '0')
                text = "0";
        }
        if (format.TrimZeros && text.TrimStart('0') is { IsEmpty: false } trimmed)
            text = trimmed;
        if (format.Table is { } table)
        {
            if (!table.TryRead(text.Trim(), out string value))
            {
                session.Probe?.UnknownCodes.Add((slot, text.Trim().ToString()));
                session.Fault("unknown-code", slot,
                    $"Found {path.Text} '{text}', expected a code of table {table.Name} ({table.CodesInWords()}).{Suggest.DidYouMean(text.ToString(), table.Codes)} Add it to the table when the partner is right.");
                return false;
            }
            text = value;
        }
        if (text.IsEmpty && format.Default is { } standard)
            text = standard;
        return true;
    }

    private static void Compare(ReadSession session, Slot slot, FieldPath path, object record, ReadOnlySpan<char> text)
    {
        // The derived value is known only when everything has been read: checked at the end.
        if (Numbers.TryRead(text, session.DecimalMark, out decimal stated))
            session.Deferred.Add((slot, path, record, stated));
    }
}
