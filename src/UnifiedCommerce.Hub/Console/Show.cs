using System.Globalization;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Hub.Console;

/// <summary>How values read in the console: the trade's words, the house's time zone, thin numbers.</summary>
public static class Show
{
    private static readonly CultureInfo s_culture = CreateCulture();

    /// <summary>An amount with two decimals: <c>1 234.50</c>.</summary>
    public static string Money(decimal amount) => amount.ToString("#,0.00", s_culture);
    /// <summary>An amount with its currency.</summary>
    public static string Money(decimal amount, string? currency) => $"{Money(amount)} {currency}".TrimEnd();
    /// <summary>An amount, or a dash.</summary>
    public static string Money(decimal? amount) => amount is { } value ? Money(value) : "–";
    /// <summary>A quantity without trailing zeros.</summary>
    public static string Quantity(decimal quantity) => quantity.ToString("#,0.###", s_culture);
    /// <summary>A quantity, or nothing when it is zero.</summary>
    public static string Some(decimal quantity) => quantity == 0 ? "" : Quantity(quantity);
    /// <summary>A count.</summary>
    public static string Count(long count) => count.ToString("#,0", s_culture);
    /// <summary>How far from the best a plan can be at most; what rounds to nothing is not called nothing.</summary>
    public static string Gap(decimal share) => share >= 0.0005m ? Percent(share) : "< 0.1 %";

    /// <summary>A rate as percent.</summary>
    public static string Percent(decimal rate) => (rate * 100).ToString("0.0", s_culture) + " %";
    /// <summary>A date.</summary>
    public static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", s_culture) ?? "";
    /// <summary>A moment in a time zone, to the minute.</summary>
    public static string Moment(DateTimeOffset? moment, TimeZoneInfo zone) => moment is { } at ? TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy-MM-dd HH:mm", s_culture) : "";
    /// <summary>A moment in a time zone, to the second.</summary>
    public static string MomentExact(DateTimeOffset? moment, TimeZoneInfo zone) => moment is { } at ? TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy-MM-dd HH:mm:ss", s_culture) : "";
    /// <summary>The beginning of a hash, enough to tell versions apart.</summary>
    public static string Hash(string sha256) => sha256.Length > 12 ? sha256[..12] : sha256;
    /// <summary>A size in bytes.</summary>
    public static string Size(long bytes) => bytes < 10_000 ? $"{Count(bytes)} B" : bytes < 10_000_000 ? $"{Count(bytes / 1000)} kB" : $"{Count(bytes / 1_000_000)} MB";
    /// <summary>A duration in words: <c>4 h</c>, <c>2 days</c>.</summary>
    public static string Duration(TimeSpan? duration) => duration switch
    {
        null => "–",
        { TotalDays: >= 2 } value => $"{value.TotalDays:0.#} days",
        { TotalHours: >= 1 } value => $"{value.TotalHours:0.#} h",
        { TotalMinutes: >= 1 } value => $"{value.TotalMinutes:0.#} min",
        { } value => $"{value.TotalSeconds:0.#} s",
    };

    /// <summary>A stored state as words; one that only a newer version knows is shown as it is, with the reason.</summary>
    public static string Words<T>(StateWord<T> state) where T : struct, Enum => state.Known is null ? $"{Words(state.Word)} (only a newer version of the hub knows this)" : Words(state.Word);

    /// <summary>A stored document's kind in the trade's words.</summary>
    public static string Kind(StateWord<DocumentKind> kind) => kind.Known is { } known ? Kind(known) : Words(kind);

    /// <summary>The tone of a stored purchase order's status; what this version does not know asks for attention.</summary>
    public static string Tone(StateWord<PurchaseStatus> status) => status.Known is { } known ? Tone(known) : "warn";

    /// <summary>The tone of a stored document's state.</summary>
    public static string Tone(StateWord<DocumentState> state) => state.Known is { } known ? Tone(known) : "warn";

    /// <summary>The tone of a stored dispatch's state.</summary>
    public static string Tone(StateWord<DispatchState> state) => state.Known is { } known ? Tone(known) : "warn";

    /// <summary>The tone of a stored acknowledgement's state.</summary>
    public static string Tone(StateWord<AcknowledgementState> state) => state.Known is { } known ? Tone(known) : "warn";

    /// <summary>The state that a list is asked for, or null for all.</summary>
    public static StateWord<T>? Asked<T>(string? word) where T : struct, Enum => string.IsNullOrWhiteSpace(word) ? null : new StateWord<T>(word.Trim());

    /// <summary>An enum's name as words: <c>AwaitingApproval</c> is <c>awaiting approval</c>.</summary>
    public static string Words(Enum value) => Words(value.ToString());
    /// <summary>A name as words: camel case and kebab case are taken apart.</summary>
    public static string Words(string name)
    {
        var words = new System.Text.StringBuilder(name.Length + 8);
        for (int index = 0; index < name.Length; index++)
        {
            char letter = name[index];
            if (char.IsUpper(letter) && index > 0 && char.IsLower(name[index - 1]))
            {
                words.Append(' ');
            }
            words.Append(letter is '-' or '_' ? ' ' : char.ToLowerInvariant(letter));
        }
        return words.ToString();
    }

    /// <summary>The first letter in upper case.</summary>
    public static string Title(string words) => words.Length == 0 ? words : char.ToUpperInvariant(words[0]) + words[1..];

    /// <summary>A format as it writes itself.</summary>
    public static string Format(UnifiedCommerce.Core.Mapping.MessageSyntax syntax) => syntax switch
    {
        UnifiedCommerce.Core.Mapping.MessageSyntax.Unknown => "not recognised",
        UnifiedCommerce.Core.Mapping.MessageSyntax.X12 => "X12",
        _ => syntax.ToString().ToUpperInvariant(),
    };

    /// <summary>A field's name as the trade writes it: <c>supplierSku</c> is <c>Supplier article</c>, <c>gtin</c> is <c>GTIN</c>.</summary>
    public static string Field(string name) => Title(string.Join(' ', Words(name).Split(' ').Select(word => word switch
    {
        "gtin" or "gln" or "vat" or "iban" or "bic" => word.ToUpperInvariant(),
        "sku" => "article",
        _ => word,
    })));

    /// <summary>A document's kind in the trade's words.</summary>
    public static string Kind(DocumentKind kind) => kind == DocumentKind.Unknown ? "not recognised" : Words(kind);

    /// <summary>The tone of a purchase order's status: good, info, warn, bad or quiet.</summary>
    public static string Tone(PurchaseStatus status) => status switch
    {
        PurchaseStatus.Fulfilled => "good",
        PurchaseStatus.Answered or PurchaseStatus.Acknowledged or PurchaseStatus.Sent or PurchaseStatus.Released => "info",
        PurchaseStatus.AwaitingApproval => "warn",
        PurchaseStatus.Escalated or PurchaseStatus.Rejected => "bad",
        _ => "quiet",
    };

    /// <summary>The tone of a document's state.</summary>
    public static string Tone(DocumentState state) => state switch
    {
        DocumentState.Applied => "good",
        DocumentState.Quarantined => "bad",
        DocumentState.Partly or DocumentState.Waiting => "warn",
        DocumentState.Received or DocumentState.Outbound or DocumentState.Tested => "info",
        _ => "quiet",
    };

    /// <summary>The tone of a dispatch's state.</summary>
    public static string Tone(DispatchState state) => state switch
    {
        DispatchState.Confirmed => "good",
        DispatchState.Sent or DispatchState.Prepared or DispatchState.Sending => "info",
        DispatchState.Unknown => "warn",
        DispatchState.Held or DispatchState.Failed => "bad",
        _ => "quiet",
    };

    /// <summary>The tone of a partner's go-live state.</summary>
    public static string Tone(GoLiveState state) => state switch
    {
        GoLiveState.Live => "good",
        GoLiveState.Watched => "warn",
        GoLiveState.Testing => "info",
        _ => "quiet",
    };

    /// <summary>The tone of an acknowledgement's state.</summary>
    public static string Tone(AcknowledgementState state) => state switch
    {
        AcknowledgementState.Accepted => "good",
        AcknowledgementState.AcceptedWithErrors or AcknowledgementState.Awaited => "warn",
        AcknowledgementState.Rejected or AcknowledgementState.Overdue => "bad",
        _ => "quiet",
    };

    /// <summary>The tone of a job's stage.</summary>
    public static string Tone(JobStage stage) => stage switch
    {
        JobStage.Succeeded => "good",
        JobStage.Failed => "bad",
        JobStage.Processing => "info",
        JobStage.Scheduled or JobStage.Queued => "quiet",
        _ => "warn",
    };

    /// <summary>The tone of a customer's status.</summary>
    public static string Tone(CustomerStatus status) => status switch
    {
        CustomerStatus.Delivered or CustomerStatus.Shipped => "good",
        CustomerStatus.Confirmed or CustomerStatus.Ordered or CustomerStatus.PartlyShipped => "info",
        CustomerStatus.Backordered or CustomerStatus.InClarification => "warn",
        _ => "quiet",
    };

    /// <summary>The stages of lines with their class in bars and what they mean, in the order of the journey.</summary>
    public static IEnumerable<(string Stage, string Meaning, long Count)> Stages(LineStages stages) =>
    [
        ("held", "wait for a person", stages.Held),
        ("open", "on no purchase order yet", stages.Open),
        ("awaiting", "ordered, not answered", stages.Awaiting),
        ("backordered", "come later", stages.Backordered),
        ("confirmed", "confirmed, not shipped", stages.Confirmed),
        ("shipped", "on their way", stages.Shipped),
        ("received", "arrived", stages.Received),
        ("cancelled", "cancelled", stages.Cancelled),
    ];

    private static CultureInfo CreateCulture()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberGroupSeparator = "\u202f";
        return CultureInfo.ReadOnly(culture);
    }
}
