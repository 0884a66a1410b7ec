using System.Globalization;
using System.Security.Cryptography;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Partners;

/// <summary>What reading a partner.yaml gave.</summary>
/// <param name="Partner">The partner; null when there is an error.</param>
/// <param name="Diagnostics">What was found, with file and line.</param>
public sealed record PartnerReading(Partner? Partner, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>Reads <c>mappings/&lt;id&gt;/partner.yaml</c>, strictly: a field it does not know is an error with a proposal.</summary>
public static class PartnerFile
{
    /// <summary>The file's name in a partner's folder.</summary>
    public const string FileName = "partner.yaml";

    /// <summary>Reads the partner of a folder. The folder's name must be the partner's id.</summary>
    public static PartnerReading Load(string folder)
    {
        string file = Path.Combine(folder, FileName);
        return File.Exists(file)
            ? Read(File.ReadAllBytes(file), file, folder)
            : new PartnerReading(null, [Diagnostic.Error("missing-file", file, $"There is no {FileName}. Write one, or remove the folder.")]);
    }

    /// <summary>Reads the bytes of a partner.yaml.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="file">Its name in diagnostics.</param>
    /// <param name="folder">Its folder, whose name must be the id; empty: none.</param>
    /// <param name="exists">Whether the folder has a file of this name; null: looks on disk.</param>
    public static PartnerReading Read(byte[] bytes, string file, string folder, Func<string, bool>? exists = null)
    {
        exists ??= name => folder.Length == 0 || File.Exists(Path.Combine(folder, name));
        YamlReading reading = new(file);
        YamlSection? root = YamlSection.Root(reading, bytes);
        if (root is null)
        {
            return new PartnerReading(null, reading.Diagnostics);
        }
        Partner partner = ReadPartner(root, reading, folder, exists) with
        {
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            Folder = folder,
        };
        root.Done();
        return new PartnerReading(reading.HasErrors ? null : partner, reading.Diagnostics);
    }

    private static Partner ReadPartner(YamlSection root, YamlReading reading, string folder, Func<string, bool> exists)
    {
        string id = root.Required("id");
        string folderName = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        if (id.Length > 0 && !IsId(id))
        {
            root.Impossible("id", $"found `{id}`, expected lower-case letters, digits and hyphens, at most 40.");
        }
        else if (id.Length > 0 && folderName.Length > 0 && id != folderName)
        {
            root.Impossible("id", $"found `{id}` in folder `{folderName}`, expected the folder's name.");
        }
        root.Missing("role", 0);
        PartnerRole role = root.Choice("role", PartnerRole.Distributor);
        IReadOnlyList<string> behind = root.List("behind", "a partner id", text => (IsId(text), text));
        YamlSection? transport = root.Section("transport");
        Partner partner = new()
        {
            Id = id,
            Name = root.Required("name"),
            Role = role,
            State = root.Choice("state", GoLiveState.Draft),
            Watch = root.Whole("watch", 0, 1000) ?? 10,
            Country = Fields.Country(root, "country") ?? root.Missing("country", ""),
            TimeZone = Fields.TimeZone(root, "timeZone"),
            Behind = behind,
            Party = Fields.Party(root, "party"),
            Envelope = Envelope(root, needed: transport is not null),
            Transport = transport is null ? null : Transport(transport),
            Documents = Documents(root.Section("documents"), reading, exists),
            Deadlines = Deadlines(root.Section("deadlines")),
            Calendar = Calendar(root.Section("calendar")),
            Purchasing = Purchasing(root.Section("purchasing")),
            Tolerances = Tolerances(root.Section("tolerances")),
            Terms = root.Sections("terms", TermsFields.Read),
            Constants = Constants(root.Section("constants")),
        };
        YamlSection? acknowledgements = root.Section("acknowledgements");
        if (acknowledgements is not null)
        {
            partner = partner with
            {
                AcknowledgesIn = acknowledgements.Choice("in", AcknowledgementWords, TechnicalAcknowledgement.None),
                AcknowledgesOut = acknowledgements.Choice("out", AcknowledgementWords, TechnicalAcknowledgement.None),
            };
            acknowledgements.Done();
        }
        CheckTogether(root, partner);
        return partner;
    }

    private static readonly (string, TechnicalAcknowledgement)[] AcknowledgementWords =
    [
        ("none", TechnicalAcknowledgement.None), ("contrl", TechnicalAcknowledgement.Contrl), ("997", TechnicalAcknowledgement.X12997),
        ("999", TechnicalAcknowledgement.X12999), ("http", TechnicalAcknowledgement.Http),
    ];

    private static void CheckTogether(YamlSection root, Partner partner)
    {
        if (partner.Behind.Count > 0 && partner.Role != PartnerRole.Manufacturer)
        {
            root.Impossible("behind", $"found {string.Join(", ", partner.Behind)} for a {YamlSection.Camel(partner.Role.ToString())}, expected it only for a manufacturer.");
        }
        if (partner.Behind.Contains(partner.Id))
        {
            root.Impossible("behind", "the partner is behind itself.");
        }
        bool sells = partner.Role is PartnerRole.Distributor or PartnerRole.Warehouse || (partner.Role == PartnerRole.Manufacturer && partner.Behind.Count == 0);
        if (sells && partner.Terms.Count == 0)
        {
            root.Report("missing-field", "terms", "is missing: we buy from this partner, and without terms nothing can be routed to it.");
        }
        if (!sells && partner.Terms.Count > 0)
        {
            root.Impossible("terms", "we do not buy from this partner directly, so terms would never be used. Remove them, or the `behind` list.");
        }
        if (partner.Documents.Count > 0 && partner.Transport is null)
        {
            root.Impossible("documents", "documents need a `transport` to travel on.");
        }
        List<PurchaseTerms> ordered = [.. partner.Terms.OrderBy(terms => terms.ValidFrom)];
        for (int i = 1; i < ordered.Count; i++)
        {
            if (ordered[i - 1].ValidTo is not { } end || end >= ordered[i].ValidFrom)
            {
                root.Report("overlapping-terms", "terms", string.Create(CultureInfo.InvariantCulture,
                    $"the terms from {ordered[i - 1].ValidFrom:yyyy-MM-dd} still hold on {ordered[i].ValidFrom:yyyy-MM-dd}, when the next begin. End them with `validTo: {ordered[i].ValidFrom.AddDays(-1):yyyy-MM-dd}`."));
            }
        }
    }

    private static EnvelopeIdentity Envelope(YamlSection root, bool needed)
    {
        YamlSection? section = root.Section("envelope");
        if (section is null)
        {
            return needed ? root.Missing("envelope", new EnvelopeIdentity(null, "", null, "")) : new EnvelopeIdentity(null, "", null, "");
        }
        EnvelopeIdentity envelope = new(section.Text("theirQualifier"), section.Required("theirId"), section.Text("ourQualifier"), section.Required("ourId"), section.Flag("test"))
        {
            TheirGroupId = section.Text("theirGroupId"),
            OurGroupId = section.Text("ourGroupId"),
        };
        foreach (string name in (string[])["theirId", "ourId"])
        {
            // X12.5 ISA06/ISA08 hold 15 characters, ISO 9735 0004/0010 hold 35.
            string value = name == "theirId" ? envelope.TheirId : envelope.OurId;
            if (value.Length > 35 || value.Any(char.IsControl))
            {
                section.Impossible(name, "expected at most 35 printable characters.");
            }
        }
        section.Done();
        return envelope;
    }

    private static PartnerTransport Transport(YamlSection section)
    {
        section.Missing("kind", 0);
        string kind = section.Choice("kind", [("folder", "folder"), ("https", "https")], "folder");
        PartnerTransport standard = new() { Kind = kind };
        PartnerTransport transport = standard with
        {
            Outbox = Folder(section, "outbox"),
            Inbox = Folder(section, "inbox"),
            Url = Address(section, "url"),
            ProbeUrl = section.Text("probeUrl"),
            Secret = section.Text("secret"),
            AllowPrivateNetwork = section.Flag("allowPrivateNetwork"),
            MaxBytes = section.Whole("maxBytes", 1, 1024 * 1024 * 1024) ?? standard.MaxBytes,
            Concurrency = section.Whole("concurrency", 1, 64) ?? standard.Concurrency,
            InOrder = section.Flag("inOrder"),
            FileName = section.Text("fileName") ?? standard.FileName,
            Timeout = section.Span("timeout") ?? standard.Timeout,
        };
        if (kind == "folder")
        {
            if (transport.Outbox is null && transport.Inbox is null)
            {
                section.Missing("outbox", 0);
            }
            Refuse(section, "a folder", "url", "probeUrl", "secret");
        }
        else
        {
            if (transport.Url is null)
            {
                section.Missing("url", 0);
            }
            else if (transport.Url.Scheme == Uri.UriSchemeHttp && !transport.AllowPrivateNetwork)
            {
                section.Impossible("url", $"found `{transport.Url}`, expected https. Plain http is only for loopback and private networks, with `allowPrivateNetwork: true`.");
            }
            Refuse(section, "https", "outbox", "inbox");
        }
        if (transport.ProbeUrl is { } probe && (!probe.Contains("{number}", StringComparison.Ordinal)
            || !Uri.TryCreate(probe.Replace("{number}", "0", StringComparison.Ordinal), UriKind.Absolute, out Uri? address) || !IsWeb(address)))
        {
            section.Impossible("probeUrl", $"found `{probe}`, expected an http(s) address that holds {{number}}.");
        }
        if (!transport.FileName.Contains("{key}", StringComparison.Ordinal) || transport.FileName.AsSpan().IndexOfAny("/\\:*?\"<>|\0") >= 0 || transport.FileName[0] == '.')
        {
            section.Impossible("fileName", $"found `{transport.FileName}`, expected a plain file name that holds {{key}}, such as PO_{{key}}.edi.");
        }
        if (transport.Timeout <= TimeSpan.Zero || transport.Timeout > TimeSpan.FromMinutes(10))
        {
            section.Impossible("timeout", "expected from 1s to 10m.");
        }
        section.Done();
        return transport;
    }

    private static void Refuse(YamlSection section, string kind, params string[] names)
    {
        foreach (string name in names.Where(section.Has))
        {
            section.Impossible(name, $"has no meaning for {kind} transport. Remove it.");
        }
    }

    private static string? Folder(YamlSection section, string name)
    {
        string? text = section.Text(name);
        if (text is not null && (text.Contains('\0', StringComparison.Ordinal) || text.Split('/', '\\').Contains("..")))
        {
            section.Impossible(name, $"found `{text}`, expected a folder below the data directory or an absolute one, without `..`.");
        }
        return text;
    }

    private static Uri? Address(YamlSection section, string name) =>
        section.Value<Uri?>(name, null, "an http(s) address without user and password", text =>
            (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && IsWeb(uri), uri));

    private static bool IsWeb(Uri uri) => (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp) && uri.UserInfo.Length == 0;

    private static Dictionary<DocumentKind, PartnerDocument> Documents(YamlSection? section, YamlReading reading, Func<string, bool> exists)
    {
        Dictionary<DocumentKind, PartnerDocument> documents = [];
        if (section is null)
        {
            return documents;
        }
        foreach (DocumentKind kind in Enum.GetValues<DocumentKind>().Where(kind => kind is not (DocumentKind.Unknown or DocumentKind.Acknowledgement)))
        {
            string name = YamlSection.Camel(kind.ToString());
            PartnerDocument? document = null;
            if (section.IsSection(name) && section.Section(name) is { } inner)
            {
                document = new PartnerDocument(inner.Required("mapping"), inner.List("treatAsError", "a diagnostic code", text => (text.Length > 0, text)));
                inner.Done();
            }
            else if (section.Text(name) is { } mapping)
            {
                document = new PartnerDocument(mapping, []);
            }
            if (document is null)
            {
                continue;
            }
            if (document.Mapping.AsSpan().IndexOfAny("/\\:\0") >= 0 || document.Mapping.StartsWith('.'))
            {
                section.Impossible(name, $"found `{document.Mapping}`, expected the name of a file in the partner's own folder.");
                continue;
            }
            if (document.Mapping.Length > 0 && !exists(document.Mapping))
            {
                reading.Warn("missing-mapping", section.PlaceOf(name), $"`{section.PathOf(name)}`: there is no file `{document.Mapping}` in the folder. Write the mapping; until then these documents are quarantined or not sent.");
            }
            documents[kind] = document;
        }
        section.Done();
        return documents;
    }

    private static PartnerDeadlines Deadlines(YamlSection? section)
    {
        PartnerDeadlines standard = new();
        if (section is null)
        {
            return standard;
        }
        PartnerDeadlines deadlines = new()
        {
            Acknowledged = section.SpanOrNever("acknowledged", standard.Acknowledged),
            Answered = section.SpanOrNever("answered", standard.Answered),
            Despatched = section.SpanOrNever("despatched", standard.Despatched),
            Invoiced = section.SpanOrNever("invoiced", standard.Invoiced),
        };
        section.Done();
        return deadlines;
    }

    private static SupplyCalendar Calendar(YamlSection? section)
    {
        SupplyCalendar standard = new();
        if (section is null)
        {
            return standard;
        }
        SupplyCalendar calendar = new()
        {
            WorkingDays = section.Has("workingDays") ? Days(section, "workingDays") : Asked(section, "workingDays", standard.WorkingDays),
            Holidays = section.List("holidays", "a date such as 2026-05-01", YamlSection.ParseDate).Select(day => day!.Value).ToHashSet(),
            CutOff = section.Time("cutOff") ?? standard.CutOff,
            DeliveryDays = Days(section, "deliveryDays"),
            SupplyDays = section.Whole("supplyDays", 0, 365) ?? standard.SupplyDays,
            TransportDays = section.Whole("transportDays", 0, 90) ?? standard.TransportDays,
            BackorderDays = section.Whole("backorderDays", 0, 365),
            StockFresh = section.Span("stockFresh") ?? standard.StockFresh,
        };
        if (calendar.WorkingDays.Count == 0)
        {
            section.Impossible("workingDays", "found none, expected at least one day.");
        }
        if (calendar.BackorderDays < calendar.SupplyDays)
        {
            section.Impossible("backorderDays", $"found {calendar.BackorderDays}, expected at least supplyDays ({calendar.SupplyDays}).");
        }
        section.Done();
        return calendar;
    }

    private static T Asked<T>(YamlSection section, string name, T value)
    {
        section.Text(name);
        return value;
    }

    private static IReadOnlyList<DayOfWeek> Days(YamlSection section, string name) =>
        section.List(name, "monday to sunday", text =>
        {
            int index = Array.FindIndex(Enum.GetValues<DayOfWeek>(), day => YamlSection.Camel(day.ToString()) == text);
            return (index >= 0, (DayOfWeek)Math.Max(index, 0));
        });

    private static PurchasePolicy Purchasing(YamlSection? section)
    {
        PurchasePolicy standard = new();
        if (section is null)
        {
            return standard;
        }
        PurchasePolicy policy = new()
        {
            Approval = section.Choice("approval", ApprovalRule.Auto),
            ApprovalAbove = section.Number("approvalAbove") ?? 0,
            ToStock = section.Flag("toStock", standard.ToStock),
            Direct = section.Flag("direct"),
            MissingLineRejected = section.Flag("missingLineRejected"),
            Stopped = section.Flag("stopped"),
            PreferencePenalty = section.Rate("preferencePenalty") ?? 0,
            Changes = section.Flag("changes"),
        };
        if (section.Has("approvalAbove") != (policy.Approval == ApprovalRule.Above))
        {
            section.Impossible("approvalAbove", "goes with `approval: above`, and only with it.");
        }
        if (policy is { ToStock: false, Direct: false })
        {
            section.Impossible("toStock", "the partner delivers neither to stock nor direct, so nothing could be bought. Use `stopped: true` to stop it.");
        }
        section.Done();
        return policy;
    }

    private static Tolerances Tolerances(YamlSection? section)
    {
        Tolerances standard = new();
        if (section is null)
        {
            return standard;
        }
        Tolerances tolerances = new()
        {
            PricePercent = section.Number("pricePercent", most: 100) ?? standard.PricePercent,
            PriceAmount = section.Number("priceAmount") ?? standard.PriceAmount,
            CataloguePercent = section.Number("cataloguePercent", most: 1000) ?? standard.CataloguePercent,
            InvoiceAmount = section.Number("invoiceAmount") ?? standard.InvoiceAmount,
        };
        section.Done();
        return tolerances;
    }

    private static Dictionary<string, string> Constants(YamlSection? section)
    {
        Dictionary<string, string> constants = new(StringComparer.Ordinal);
        if (section is null)
        {
            return constants;
        }
        foreach ((string key, _) in section.Keys())
        {
            if (section.Text(key) is { } value)
            {
                constants[key] = value;
            }
        }
        section.Done();
        return constants;
    }

    private static bool IsId(string text) => text.Length is > 0 and <= 40 && char.IsAsciiLetterLower(text[0]) && text[^1] != '-'
        && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');
}
