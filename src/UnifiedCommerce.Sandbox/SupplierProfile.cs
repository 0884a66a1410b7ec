namespace UnifiedCommerce.Sandbox;

/// <summary>A simulated supplier: who it is, how it speaks, how it works.</summary>
public sealed record SupplierProfile
{
    /// <summary>Partner id, also the name of its folders.</summary>
    public required string Id { get; init; }
    /// <summary>Name in documents.</summary>
    public required string Name { get; init; }
    /// <summary>Short name that begins its document numbers.</summary>
    public required string Prefix { get; init; }
    /// <summary>Its id in envelopes or its GLN.</summary>
    public required string Identity { get; init; }
    /// <summary>IANA time zone.</summary>
    public required string TimeZone { get; init; }
    /// <summary>True when purchase orders come over HTTP and answers go to the hub's API.</summary>
    public bool Http { get; init; }
    /// <summary>It sends invoices.</summary>
    public bool Invoices { get; init; } = true;
    /// <summary>Marks its interchanges as tests (UNB 0035, ISA15), and accepts every order.</summary>
    public bool Test { get; init; }
    /// <summary>Working days to make ready.</summary>
    public int SupplyDays { get; init; } = 1;
    /// <summary>Working days on the road.</summary>
    public int TransportDays { get; init; } = 1;
    /// <summary>Works on Saturdays.</summary>
    public bool Saturdays { get; init; }
    /// <summary>Freight per order in its currency, billed with the first shipment.</summary>
    public decimal Freight { get; init; }
    /// <summary>Order value from which freight is free.</summary>
    public decimal FreightFreeFrom { get; init; }
    /// <summary>Days until invoices are due.</summary>
    public int PaymentDays { get; init; } = 30;
    /// <summary>Value added tax in percent that it bills to the Netherlands.</summary>
    public decimal VatPercent { get; init; }
    /// <summary>VAT number.</summary>
    public string Vat { get; init; } = "";
    /// <summary>Carrier and the beginning of its tracking numbers.</summary>
    public string Carrier { get; init; } = "DHL";

    /// <summary>The suppliers of the samples: six distributors, one manufacturer, our own warehouse.</summary>
    public static IReadOnlyList<SupplierProfile> Samples { get; } =
    [
        new() { Id = "nordhandel", Name = "Nordhandel Werkzeuge GmbH", Prefix = "NH", Identity = "4031902000016", TimeZone = "Europe/Berlin", TransportDays = 2, Freight = 12.50m, FreightFreeFrom = 750, Vat = "DE811907980", Carrier = "DHL Freight" },
        new() { Id = "vandermeer", Name = "Van der Meer Technische Groothandel B.V.", Prefix = "VM", Identity = "8720495000010", TimeZone = "Europe/Amsterdam", SupplyDays = 0, Freight = 8.95m, FreightFreeFrom = 300, VatPercent = 21, Vat = "NL803142988B01", Carrier = "GLS" },
        new() { Id = "midwest", Name = "Midwest Fastener & Tool Supply Inc.", Prefix = "MW", Identity = "083104500", TimeZone = "America/Chicago", SupplyDays = 2, TransportDays = 6, Freight = 45, FreightFreeFrom = 2000, PaymentDays = 45, Carrier = "FedEx" },
        new() { Id = "polhurt", Name = "Polhurt Narzedzia Sp. z o.o.", Prefix = "PH", Identity = "5904178000013", TimeZone = "Europe/Warsaw", Http = true, TransportDays = 3, Freight = 69, FreightFreeFrom = 1500, PaymentDays = 21, Vat = "PL7251867243", Carrier = "DPD Polska" },
        new() { Id = "quickparts", Name = "Quickparts Online B.V.", Prefix = "QP", Identity = "quickparts", TimeZone = "Europe/Amsterdam", Http = true, SupplyDays = 0, Saturdays = true, Freight = 6.95m, FreightFreeFrom = 150, PaymentDays = 14, VatPercent = 21, Vat = "NL861220114B01", Carrier = "PostNL" },
        new() { Id = "beskid", Name = "Beskid Hurtownia Techniczna S.A.", Prefix = "BH", Identity = "beskid", TimeZone = "Europe/Warsaw", SupplyDays = 2, TransportDays = 2, Freight = 59, FreightFreeFrom = 1500, PaymentDays = 14, Vat = "PL5470212281", Carrier = "DPD Polska" },
        new() { Id = "bergmann", Name = "Bergmann Handwerkzeuge KG", Prefix = "BM", Identity = "4017556000015", TimeZone = "Europe/Berlin", SupplyDays = 3, TransportDays = 2, Freight = 38, FreightFreeFrom = 1200, PaymentDays = 60, Vat = "DE129273398", Carrier = "Dachser" },
        new() { Id = "central", Name = "Kroon Centraal Magazijn", Prefix = "CW", Identity = "WMS-CENTRAL", TimeZone = "Europe/Amsterdam", SupplyDays = 0, Saturdays = true, Invoices = false, Carrier = "Kroon Transport" },
    ];

    internal TimeZoneInfo Zone => TimeZoneInfo.FindSystemTimeZoneById(TimeZone);

    internal DateOnly AddWorkingDays(DateOnly day, int days)
    {
        int step = Math.Sign(days);
        for (int left = Math.Abs(days); left > 0;)
        {
            day = day.AddDays(step);
            if (Works(day))
            {
                left--;
            }
        }
        return day;
    }

    internal bool Works(DateOnly day) => day.DayOfWeek != DayOfWeek.Sunday && (Saturdays || day.DayOfWeek != DayOfWeek.Saturday);

    internal DateTimeOffset At(DateOnly day, int hour, int minute)
    {
        DateTime local = day.ToDateTime(new TimeOnly(hour, minute));
        return new DateTimeOffset(local, Zone.GetUtcOffset(local));
    }

    internal decimal FreightOf(ReadOrder order) => order.Total < FreightFreeFrom ? Freight : 0;
}
