namespace UnifiedCommerce.Core.Partners;

/// <summary>Fields that partner.yaml and house.yaml share.</summary>
internal static class Fields
{
    // ISO 4217 active codes of countries and funds that trade uses; metals and test codes left out.
    private static readonly HashSet<string> Currencies = [.. (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK " +
        "DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR " +
        "KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB " +
        "PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD " +
        "TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG").Split(' ')];

    internal static bool IsCurrency(string text) => Currencies.Contains(text);

    internal static string? Currency(YamlSection section, string name)
    {
        string? text = section.Text(name);
        if (text is null || IsCurrency(text))
        {
            return text;
        }
        section.Impossible(name, $"found `{text}`, expected an ISO 4217 code such as EUR.{Suggestion.DidYouMean(text, Currencies)}");
        return "EUR";
    }

    internal static string? Country(YamlSection section, string name)
    {
        string? text = section.Text(name);
        if (text is not null && (text.Length != 2 || !text.All(char.IsAsciiLetterUpper)))
        {
            section.Impossible(name, $"found `{text}`, expected an ISO 3166-1 alpha-2 code such as NL.");
        }
        return text;
    }

    internal static TimeZoneInfo TimeZone(YamlSection section, string name)
    {
        string? text = section.Text(name);
        if (text is null)
        {
            return section.Missing(name, TimeZoneInfo.Utc);
        }
        if (TimeZoneInfo.TryFindSystemTimeZoneById(text, out TimeZoneInfo? zone) && (text.Contains('/', StringComparison.Ordinal) || text == "UTC"))
        {
            return zone;
        }
        section.Impossible(name, $"found `{text}`, expected an IANA time zone such as Europe/Amsterdam.");
        return TimeZoneInfo.Utc;
    }

    internal static Party Party(YamlSection parent, string name)
    {
        YamlSection? section = parent.Section(name);
        if (section is null)
        {
            return parent.Missing(name, new Party());
        }
        Party party = new()
        {
            Gln = section.Text("gln"),
            Id = section.Text("id"),
            Scheme = section.Text("scheme"),
            Name = section.Text("name"),
            VatNumber = section.Text("vatNumber"),
            Contact = section.Text("contact"),
            Address = Address(section.Section("address")),
        };
        if (party.Gln is { } gln && !IsGln(gln))
        {
            section.Impossible("gln", $"found `{gln}`, expected 13 digits with a valid check digit.");
        }
        if (party.Gln is null && party.Id is null && party.Name is null)
        {
            section.Missing("gln", 0);
        }
        section.Done();
        return party;
    }

    private static Address? Address(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }
        Address address = new()
        {
            Street = section.Text("street"),
            PostalCode = section.Text("postalCode"),
            City = section.Text("city"),
            Region = section.Text("region"),
            Country = Country(section, "country"),
        };
        section.Done();
        return address;
    }

    // GS1 General Specifications 7.9: weights 3 and 1 from the right.
    private static bool IsGln(string text) => text.Length == 13 && text.All(char.IsAsciiDigit)
        && text.Select((digit, index) => (digit - '0') * (index % 2 == 0 ? 1 : 3)).Sum() % 10 == 0;
}
