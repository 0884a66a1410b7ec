using System.Globalization;

namespace UnifiedCommerce.Edi.Validation;

/// <summary>
/// Adds up what a message says twice: lines and their count, quantities and their hash total, amounts and their sum. Counts that are
/// wrong are errors; sums are warnings, for their terms differ by agreement.
/// </summary>
internal sealed class BalanceChecker(FindingSink sink)
{
    private const uint Po1 = ('P' << 16) | ('O' << 8) | '1';
    private const uint Poc = ('P' << 16) | ('O' << 8) | 'C';
    private const uint It1 = ('I' << 16) | ('T' << 8) | '1';
    private const uint Rcd = ('R' << 16) | ('C' << 8) | 'D';
    private const uint Hl = ('H' << 8) | 'L';
    private const uint Ctt = ('C' << 16) | ('T' << 8) | 'T';
    private const uint Tds = ('T' << 16) | ('D' << 8) | 'S';
    private const uint Sac = ('S' << 16) | ('A' << 8) | 'C';
    private const uint Txi = ('T' << 16) | ('X' << 8) | 'I';
    private const uint Sn1 = ('S' << 16) | ('N' << 8) | '1';
    private const uint Lin = ('L' << 16) | ('I' << 8) | 'N';
    private const uint Qty = ('Q' << 16) | ('T' << 8) | 'Y';
    private const uint Moa = ('M' << 16) | ('O' << 8) | 'A';
    private const uint Cnt = ('C' << 16) | ('N' << 8) | 'T';
    private const uint Uns = ('U' << 16) | ('N' << 8) | 'S';
    private const uint Tax = ('T' << 16) | ('A' << 8) | 'X';
    private const uint Alc = ('A' << 16) | ('L' << 8) | 'C';
    private const uint Old = ('O' << 16) | ('L' << 8) | 'D';
    private const uint Otr = ('O' << 16) | ('T' << 8) | 'R';
    private const uint Oft = ('O' << 16) | ('F' << 8) | 'T';

    private EdiStandard standard;
    private uint lineTag;
    private int quantityElement;
    private bool invoice;
    private int lines;
    private int ordersInFile;
    private decimal quantities;
    private bool quantitiesKnown;
    private decimal lineAmounts;
    private bool lineAmountsKnown;
    private bool lineHasQuantity;
    private bool lineHasAmount;
    private decimal charges;
    private decimal taxes;
    private bool inSummary;
    private bool inSummaryGroup;
    private decimal? total;
    private decimal? totalOfLines;
    private decimal? taxable;
    private decimal? tax;

    public void BeginInterchange() => ordersInFile = 0;

    public void Begin(EdiStandard messageStandard, string type)
    {
        standard = messageStandard;
        (lineTag, quantityElement) = (standard, type) switch
        {
            (EdiStandard.X12, "850" or "855" or "840" or "843") => (Po1, 2),
            (EdiStandard.X12, "860" or "865") => (Poc, 0),
            (EdiStandard.X12, "810") => (It1, 2),
            (EdiStandard.X12, "861") => (Rcd, 0),
            (EdiStandard.X12, "830" or "832" or "846" or "862") => (Lin, 0),
            (EdiStandard.X12, "856" or "869" or "870") => (Hl, 0),
            (EdiStandard.Edifact, "ORDERS" or "ORDCHG" or "ORDRSP" or "INVOIC" or "DESADV" or "RECADV" or "INVRPT" or "SLSRPT" or "QUOTES" or "REQOTE") => (Lin, 0),
            (EdiStandard.Tradacoms, "ORDERS") => (Old, 0),
            _ => (0u, 0),
        };
        invoice = type is "810" or "INVOIC";
        lines = 0;
        quantities = lineAmounts = charges = taxes = 0;
        quantitiesKnown = lineAmountsKnown = true;
        lineHasQuantity = lineHasAmount = true;
        inSummary = inSummaryGroup = false;
        total = totalOfLines = taxable = tax = null;
        if (standard == EdiStandard.Tradacoms && type == "ORDERS") ordersInFile++;
    }

    public void Segment(uint tag, in SegmentBytes segment)
    {
        if (tag == lineTag && lineTag != 0)
        {
            lines++;
            if (quantityElement > 0) X12Line(segment);
            else if (standard == EdiStandard.Edifact) EdifactLine();
            return;
        }

        switch (tag)
        {
            case Ctt when standard == EdiStandard.X12: X12Totals(segment); break;
            case Tds when standard == EdiStandard.X12 && invoice: X12Total(segment); break;
            case Sac when standard == EdiStandard.X12 && invoice: X12Charge(segment); break;
            case Txi when standard == EdiStandard.X12 && invoice: taxes += Number(segment, 2) ?? 0; break;
            case Sn1 when standard == EdiStandard.X12: quantities += Number(segment, 2) ?? 0; break;
            case Qty when standard == EdiStandard.Edifact && !lineHasQuantity && !inSummary:
                lineHasQuantity = true;
                if (Number(segment, 1, 2) is { } quantity) quantities += quantity;
                else quantitiesKnown = false;
                break;
            case Moa when standard == EdiStandard.Edifact && invoice: EdifactAmount(segment); break;
            case Uns when standard == EdiStandard.Edifact:
                EdifactLine();
                inSummary = true;
                break;
            case Tax or Alc when inSummary: inSummaryGroup = true; break;
            case Cnt when standard == EdiStandard.Edifact: EdifactTotals(segment); break;
            case Otr when standard == EdiStandard.Tradacoms: Count(segment, 1, 1, lines, "order lines (OLD)"); break;
            case Oft when standard == EdiStandard.Tradacoms: Count(segment, 1, 1, ordersInFile, "orders in the file"); break;
            default: break;
        }
    }

    public void End(in SegmentBytes trailer)
    {
        if (!invoice) return;
        if (standard == EdiStandard.X12)
        {
            X12Sum(trailer);
            return;
        }

        if (totalOfLines is { } announced && lineAmountsKnown && lines > 0 && Math.Abs(announced - lineAmounts) > 0.01m * lines)
        {
            Sum(trailer, "MOA+79", announced, lineAmounts, "the line amounts (MOA+203)");
        }

        if (total is { } sum && taxable is { } net && tax is { } vat && Math.Abs(sum - net - vat) > 0.02m)
        {
            Sum(trailer, "The total of the invoice", sum, net + vat, "taxable amount and tax (MOA+125, MOA+124)");
        }
    }

    private void X12Line(in SegmentBytes segment)
    {
        if (Number(segment, quantityElement) is not { } quantity) { quantitiesKnown = lineAmountsKnown = false; return; }
        quantities += quantity;
        // PE, CT, UM and the like price the unit; HP, TP, HT price a hundred or a thousand.
        if (segment.Value(5) is [(byte)'H' or (byte)'T', ..] || Number(segment, 4) is not { } price) lineAmountsKnown = false;
        else lineAmounts += quantity * price;
    }

    private void X12Totals(in SegmentBytes segment)
    {
        if (lineTag == 0) return;
        Count(segment, 1, 1, lines, lineTag == Hl ? "levels (HL)" : "lines");
        if (quantityElement > 0 && quantitiesKnown && Number(segment, 2) is { } hash && hash != quantities)
        {
            sink.Balance(segment, "hash-total", 2, 0, $"The hash total is {Text(hash)}; the quantities of the lines add up to {Text(quantities)}.", Text(hash), Text(quantities), FindingSeverity.Warning);
        }
    }

    private void X12Charge(in SegmentBytes segment)
    {
        var amount = (Number(segment, 5) ?? 0) / 100;
        charges += segment.Value(1) switch { [(byte)'A'] => -amount, [(byte)'C'] => amount, _ => 0 };
    }

    private void X12Total(in SegmentBytes segment)
    {
        if (!lineAmountsKnown || lines == 0 || Number(segment, 1) is not { } cents) return;
        // SAC and TXI follow TDS; it is compared when they are all in.
        total = cents / 100;
    }

    private void X12Sum(in SegmentBytes trailer)
    {
        if (total is not { } announced) return;
        // Whether taxes and charges are inside the total differs by agreement; any of the usual readings will do.
        ReadOnlySpan<decimal> readings = [lineAmounts, lineAmounts + charges, lineAmounts + taxes, lineAmounts + charges + taxes];
        foreach (var sum in readings)
        {
            if (Math.Abs(announced - sum) <= 0.01m * (lines + 1)) return;
        }

        Sum(trailer, "TDS01", announced, readings[^1], "lines, charges and taxes (IT1, SAC, TXI)");
    }

    private void EdifactLine()
    {
        if (lines > 1 || inSummary)
        {
            quantitiesKnown &= lineHasQuantity;
            lineAmountsKnown &= lineHasAmount;
        }

        lineHasQuantity = lineHasAmount = false;
    }

    private void EdifactAmount(in SegmentBytes segment)
    {
        if (Number(segment, 1, 2) is not { } amount) return;
        var kind = segment.Value(1);
        if (!inSummary)
        {
            if (lines == 0 || !kind.SequenceEqual("203"u8)) return;
            if (lineHasAmount) lineAmountsKnown = false;
            lineHasAmount = true;
            lineAmounts += amount;
        }
        else if (!inSummaryGroup)
        {
            switch (kind)
            {
                case [(byte)'7', (byte)'9']: totalOfLines = amount; break;
                case [(byte)'7', (byte)'7']: total = amount; break;
                case [(byte)'1', (byte)'2', (byte)'5']: taxable = amount; break;
                case [(byte)'1', (byte)'2', (byte)'4']: tax = amount; break;
                default: break;
            }
        }
    }

    private void EdifactTotals(in SegmentBytes segment)
    {
        if (lineTag == 0) return;
        switch (segment.Value(1))
        {
            case [(byte)'2']:
                Count(segment, 1, 2, lines, "lines (LIN)");
                break;
            case [(byte)'1'] when quantitiesKnown && lines > 0 && Number(segment, 1, 2) is { } announced && announced != quantities:
                sink.Balance(segment, "hash-total", 1, 2, $"The control total of the quantities is {Text(announced)}; the first quantities of the lines add up to {Text(quantities)}.", Text(announced), Text(quantities), FindingSeverity.Warning);
                break;
            default: break;
        }
    }

    private void Count(in SegmentBytes segment, int element, int component, int counted, string what)
    {
        if (Number(segment, element, component) is not { } announced || announced == counted) return;
        sink.Balance(segment, "line-count", element, standard == EdiStandard.Edifact ? component : 0, $"{Text(announced)} {what} are announced; there are {counted}.", Text(announced), counted.ToString(CultureInfo.InvariantCulture), FindingSeverity.Error);
    }

    private void Sum(in SegmentBytes segment, string what, decimal announced, decimal summed, string of) =>
        sink.Balance(segment, "amount-sum", 0, 0, $"{what} is {Text(announced)}; {of} add up to {Text(summed)}.", Text(announced), Text(summed), FindingSeverity.Warning);

    private static decimal? Number(in SegmentBytes segment, int element, int component = 1) =>
        EdiValue.TryDecimal(segment.Value(element, component), segment.Dialect, out var number) ? number : null;

    private static string Text(decimal value) => value.ToString("0.##########", CultureInfo.InvariantCulture);
}
