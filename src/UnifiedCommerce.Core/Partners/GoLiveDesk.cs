using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Partners;

/// <summary>People move partners from draft over testing and watched to live, and back. Every method is one transaction with its audit row.</summary>
public sealed class GoLiveDesk(IStore store, PartnerBookHolder book, PartnerVersions versions, IDocumentRenderer renderer, SecondPerson second, TimeProvider clock)
{
    private const int TestLines = 3;

    /// <summary>Moves a partner: one step on, or any number of steps back.</summary>
    /// <param name="partnerId">The partner.</param>
    /// <param name="to">The state.</param>
    /// <param name="reason">Why.</param>
    /// <param name="user">Who decides.</param>
    /// <param name="secondPerson">A step to watched or live needs two people: the first asks, another confirms.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<DeskResult> MoveAsync(string partnerId, GoLiveState to, string reason, string user, bool secondPerson, CancellationToken cancellationToken)
    {
        if (book.Current.Find(partnerId) is not { } partner)
        {
            return DeskResult.No($"There is no partner {partnerId}.");
        }
        if (string.IsNullOrWhiteSpace(reason))
        {
            return DeskResult.No("Give a reason: it stands beside the state for whoever asks later.");
        }
        if (await RefusedAsync(partner, to, cancellationToken) is { } refused)
        {
            return DeskResult.No(refused);
        }
        if (secondPerson && to > partner.State && to >= GoLiveState.Watched
            && await second.AskAsync($"partner:{partnerId}", $"go-live:{to}", $"set {partner.Name} {Word(to)} ({reason})", (null, null), user, cancellationToken) is { } asked)
        {
            return asked;
        }
        await using var work = await store.BeginAsync(cancellationToken);
        var from = (await PartnerSwitches.ReadAsync(work, cancellationToken)).StateOf(partner);
        var now = clock.GetUtcNow();
        var next = new GoLiveRecord(to, now, user, reason);
        await work.Catalogue.SetSettingAsync(GoLive.Setting + partnerId, Json(next), cancellationToken);
        if (to == GoLiveState.Watched)
        {
            await work.Catalogue.SetSettingAsync(GoLive.Counter(partnerId, GoLive.Orders), null, cancellationToken);
            await work.Catalogue.SetSettingAsync(GoLive.Counter(partnerId, GoLive.Documents), null, cancellationToken);
        }
        await work.Tasks.CloseAsync(GoLive.TaskKey(partnerId), $"{Word(to)} by {user}", now, cancellationToken);
        foreach (var pool in book.Current.House.Pools)
        {
            await work.Routing.WakePoolAsync(pool.Name, now, cancellationToken);
        }
        await work.Audit.AddAsync([new AuditEntry(now, user, "partner.state", $"partner:{partnerId}", Json(new { state = from }), Json(next))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        await versions.LookAsync(cancellationToken);
        return DeskResult.Ok($"{partner.Name} is in {Word(to)}. {Meaning(to, partner)}");
    }

    /// <summary>Why a partner cannot be moved so, or null.</summary>
    private async Task<string?> RefusedAsync(Partner partner, GoLiveState to, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginReadAsync(cancellationToken);
        var from = (await PartnerSwitches.ReadAsync(work, cancellationToken)).StateOf(partner);
        if (to == from)
        {
            return $"{partner.Name} is in {Word(to)} already.";
        }
        if (to > from + 1)
        {
            return $"{partner.Name} is in {Word(from)}; the next step is {Word(from + 1)}. Each step proves something, so none is left out.";
        }
        if (to > from && Missing(partner) is { Count: > 0 } missing)
        {
            return $"{partner.Name} cannot go on to {Word(to)}: {string.Join(" ", missing)}";
        }
        return to < GoLiveState.Watched && from >= GoLiveState.Watched && await work.Purchases.OpenCountAsync(partner.Id, cancellationToken) is > 0 and var open
            ? $"{open} purchase orders to {partner.Name} are open, and their answers would not be read in {Word(to)}. Stop the partner instead, and set it back when they are done."
            : null;
    }

    /// <summary>Writes a test order from the partner's prices (or, when it has none, from its sample) and sends it to the sandbox.</summary>
    public async Task<DeskResult> SendTestOrderAsync(string partnerId, string user, CancellationToken cancellationToken)
    {
        if (book.Current.Find(partnerId) is not { State: GoLiveState.Testing } partner)
        {
            return DeskResult.No($"{partnerId} is not in testing: only a partner in testing gets test orders.");
        }
        if (partner.Transport is null || partner.Role == PartnerRole.Customer)
        {
            return DeskResult.No($"{partner.Name} gets no purchase orders by a channel of its own.");
        }
        var now = clock.GetUtcNow();
        await using var work = await store.BeginAsync(cancellationToken);
        if ((await PartnerSwitches.ReadAsync(work, cancellationToken)).StateOf(partner) != GoLiveState.Testing)
        {
            return DeskResult.No($"{partner.Name} was just moved on from testing. Look again.");
        }
        var number = string.Create(CultureInfo.InvariantCulture, $"TEST-{now:yyMMddHHmmss}");
        if (await TestOrderAsync(work, partner, number, now, cancellationToken) is not { } order)
        {
            return DeskResult.No($"There is nothing to order from {partner.Name}: it has no prices here and no sample purchase-order with its document. Hand in a price catalogue, or add a sample.");
        }
        var counter = PrepareDispatchHandler.CounterOf(partner);
        var control = renderer.NeedsControlNumber(partner, DocumentKind.PurchaseOrder)
            ? (await work.Dispatches.NextControlNumberAsync(counter, number, cancellationToken)).ToString(CultureInfo.InvariantCulture) : null;
        var rendered = renderer.Render(partner, DocumentKind.PurchaseOrder, order, control ?? "1", now);
        if (rendered.Diagnostics.FirstOrDefault(found => found.Severity == Severity.Error) is { } error)
        {
            return DeskResult.No($"The test order cannot be written: {error}");
        }
        var dispatch = PrepareDispatchHandler.New(partner, number, DocumentKind.PurchaseOrder, rendered.Bytes, rendered.ContentType, rendered.MappingVersion, control, now);
        await PrepareDispatchHandler.StoreAsync(work, [dispatch], cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, user, "partner.test-order", $"partner:{partnerId}", null, Json(new { number, dispatch.Sha256, dispatch.MappingVersion }))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok($"Test order {number} with {order.Lines.Count} lines is on its way to the sandbox. It binds nobody: no order line hangs on it.");
    }

    /// <summary>What a partner lacks before anything can be exchanged with it, in plain words.</summary>
    public IReadOnlyList<string> Missing(Partner partner)
    {
        var mappings = versions.MappingsOf(partner);
        List<string> missing = [];
        if (partner.Transport is null && partner.Behind.Count == 0)
        {
            missing.Add("It has no transport.");
        }
        if (partner.Transport is not null && partner.Role != PartnerRole.Customer && mappings.For(DocumentKind.PurchaseOrder) is not { CanWrite: true })
        {
            missing.Add("No mapping writes its purchase orders.");
        }
        if (partner.Role == PartnerRole.Customer && mappings.All.All(mapping => !mapping.CanRead))
        {
            missing.Add("No mapping reads its orders.");
        }
        return missing;
    }

    /// <summary>What a state means, in one sentence.</summary>
    public static string Meaning(GoLiveState state, Partner partner) => state switch
    {
        GoLiveState.Draft => "Nothing is routed or sent to it, and nothing of it is read.",
        GoLiveState.Testing => "Test documents go to the sandbox and carry the test flag where the format has one; its own channel is not touched, and nothing of it is applied.",
        GoLiveState.Watched => partner.Role == PartnerRole.Customer
            ? $"Its orders are applied; the first {partner.Watch} are shown to a person."
            : $"Orders are routed to it; the first {partner.Watch} purchase orders wait for approval, and its first {partner.Watch} documents are shown to a person.",
        _ => "Everything goes by itself, within its approval rule and tolerances.",
    };

    private async Task<PurchaseOrder?> TestOrderAsync(IWork work, Partner partner, string number, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var house = book.Current.House;
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, house.TimeZone).DateTime);
        var prices = (await work.Catalogue.PricesAsync(today, cancellationToken))
            .Where(price => price.Partner == partner.Id && price.ValidFrom <= today && price.Line.BidReference is null).DistinctBy(price => price.Sku).Take(TestLines).ToList();
        if (prices.Count == 0)
        {
            return versions.FilesOf(partner.Id)?.TextOf($"{partner.Id}/samples/purchase-order{MappingCheck.ExpectedEnding}") is { } sample
                ? (PurchaseOrder)DocumentJson.Read(DocumentKind.PurchaseOrder, sample) with { Number = number, Version = 1, Issued = TimeZoneInfo.ConvertTime(now, house.TimeZone), Test = true }
                : null;
        }
        var terms = partner.TermsOn(today);
        return new PurchaseOrder
        {
            Number = number, Issued = TimeZoneInfo.ConvertTime(now, house.TimeZone), Buyer = house.Buyer, Supplier = partner.Party, ShipTo = house.Warehouse, Invoicee = house.Buyer,
            Currency = prices[0].Currency, RequestedDelivery = today.AddDays(14), Contract = terms?.Contract, PaymentDays = terms?.PaymentDays, Test = true, Note = "Test order, please do not deliver",
            Lines = [.. prices.Where(price => price.Currency == prices[0].Currency).Select((price, index) => new PurchaseOrderLine
            {
                Position = index + 1, Item = price.Line.Item with { BuyerSku = price.Sku }, Quantity = new Quantity(Math.Max(price.Line.MinimumQuantity ?? 1, price.Line.Multiple ?? 1), price.Line.Unit ?? "EA"),
                NetPrice = price.Line.Price, PriceBasis = price.Line.PriceBasis, RequestedDelivery = today.AddDays(14),
            })],
        };
    }

    private static string Word(GoLiveState state) => state.ToString().ToLowerInvariant();

    private static string Json(object value) => JsonSerializer.Serialize(value, CanonicalJson.Options);
}
