using System.Globalization;

namespace UnifiedCommerce.Sandbox.Voices;

/// <summary>When and under which numbers a document leaves. Fixed when it is scheduled, so that a repeat has the same bytes.</summary>
/// <param name="Control">Control number, unique per supplier.</param>
/// <param name="At">When it was written, local to the supplier.</param>
internal readonly record struct Stamp(long Control, DateTimeOffset At);

/// <summary>How a simulated supplier reads and writes. Hand-written after the partner's own documents, never after the hub's mappings.</summary>
internal abstract class SupplierVoice(SupplierProfile supplier)
{
    protected SupplierProfile Supplier { get; } = supplier;

    /// <summary>Ending of file names.</summary>
    internal abstract string Extension { get; }
    /// <summary>MIME type.</summary>
    internal abstract string ContentType { get; }

    internal abstract ReadDocument Read(byte[] bytes);

    /// <summary>The technical acknowledgement of received bytes, or null when none is due.</summary>
    internal virtual byte[]? Acknowledge(byte[] received, Stamp stamp) => null;

    internal abstract byte[] Answer(OrderPlan plan, Stamp stamp);

    internal abstract byte[] Despatch(OrderPlan plan, Shipment shipment, Stamp stamp);

    internal abstract byte[] Bill(OrderPlan plan, Shipment shipment, Stamp stamp);

    /// <summary>The answer to a change; null when this supplier answers none.</summary>
    internal virtual byte[]? AnswerChange(OrderPlan plan, ReadChange change, bool agreed, Stamp stamp) => null;

    internal static SupplierVoice Of(SupplierProfile supplier) => supplier.Id switch
    {
        "nordhandel" => new EdifactVoice(supplier, "96A"),
        "vandermeer" or "bergmann" => new EdifactVoice(supplier, "01B"),
        "midwest" => new X12Voice(supplier),
        "polhurt" => new UblVoice(supplier),
        "quickparts" => new QuickVoice(supplier),
        "beskid" => new CsvVoice(supplier),
        "central" => new WarehouseVoice(supplier),
        _ => throw new ArgumentException($"Found the supplier `{supplier.Id}`, expected one of the samples: this one has no voice.", nameof(supplier)),
    };

    protected static string Digits(OrderPlan plan)
    {
        // Two purchase orders may have the same digits and other letters: two digits of the whole number tell them apart.
        string digits = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(StableHash(plan.Order.Number) % 90) + 10}{string.Concat(plan.Order.Number.Where(char.IsAsciiDigit))}");
        return digits.Length is > 0 and <= 12 ? digits : Math.Abs(StableHash(plan.Order.Number)).ToString(CultureInfo.InvariantCulture);
    }

    protected string OrderNumber(OrderPlan plan) => $"{Supplier.Prefix}7{Digits(plan)}";

    protected string DespatchNumber(OrderPlan plan, Shipment shipment) => string.Create(CultureInfo.InvariantCulture, $"{Supplier.Prefix}8{Digits(plan)}{shipment.Number}");

    protected string InvoiceNumber(OrderPlan plan, Shipment shipment) => string.Create(CultureInfo.InvariantCulture, $"{Supplier.Prefix}9{Digits(plan)}{shipment.Number}");

    /// <summary>Serial Shipping Container Code: extension digit, a company prefix, the despatch, check digit.</summary>
    protected static string Sscc(OrderPlan plan, Shipment shipment)
    {
        string body = "3871932" + Digits(plan).PadLeft(9, '0')[^9..] + (shipment.Number % 10).ToString(CultureInfo.InvariantCulture);
        int sum = body.Reverse().Select((digit, i) => (digit - '0') * (i % 2 == 0 ? 3 : 1)).Sum();
        return body + ((10 - (sum % 10)) % 10).ToString(CultureInfo.InvariantCulture);
    }

    protected static string Tracking(OrderPlan plan, Shipment shipment) => string.Create(CultureInfo.InvariantCulture, $"TR{Digits(plan).PadLeft(10, '0')}{shipment.Number}");

    protected DateOnly Day(Stamp stamp) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(stamp.At, Supplier.Zone).DateTime);

    protected DateTime Local(Stamp stamp) => TimeZoneInfo.ConvertTime(stamp.At, Supplier.Zone).DateTime;

    protected string Iso(Stamp stamp) => TimeZoneInfo.ConvertTime(stamp.At, Supplier.Zone).ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);

    protected static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    protected static string Compact(DateOnly day) => day.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    protected static string Text(decimal value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    protected static string Cents(decimal value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>The figures of the bill of a shipment.</summary>
    protected Figures FiguresOf(OrderPlan plan, Shipment shipment)
    {
        List<BilledLine> lines = [];
        foreach (ShipmentLine line in shipment.Lines)
        {
            decimal amount = (line.Answer.Ordered with { Price = line.Answer.Price }).AmountOf(line.Quantity);
            decimal extra = shipment.Number == 1 && lines.Count == 0 ? plan.Overbilled : 0;
            decimal price = extra == 0 ? line.Answer.Price : Math.Round((amount + extra) * line.Answer.Ordered.Basis / line.Quantity, 4, MidpointRounding.AwayFromZero);
            decimal billed = extra == 0 ? amount : Math.Round(line.Quantity * price / line.Answer.Ordered.Basis, 2, MidpointRounding.AwayFromZero);
            lines.Add(new BilledLine(line, price, billed));
        }
        decimal freight = shipment.Number == 1 ? Supplier.FreightOf(plan.Order) : 0;
        decimal net = lines.Sum(line => line.Amount) + freight;
        decimal vat = Math.Round(net * Supplier.VatPercent / 100, 2, MidpointRounding.AwayFromZero);
        return new Figures(lines, freight, net, vat);
    }

    protected sealed record BilledLine(ShipmentLine Shipped, decimal Price, decimal Amount);

    protected sealed record Figures(IReadOnlyList<BilledLine> Lines, decimal Freight, decimal Net, decimal Vat)
    {
        internal decimal LinesTotal => Lines.Sum(line => line.Amount);
        internal decimal Total => Net + Vat;
    }

    protected static decimal Parse(string text) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out decimal value) ? value : 0;

    protected static DateOnly? Date(string text) => text.Length >= 8 && DateOnly.TryParseExact(text[..8], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day : null;

    private static int StableHash(string text) => text.Aggregate(17, (hash, letter) => unchecked((hash * 31) + letter)) & 0x7FFFFFF;
}
