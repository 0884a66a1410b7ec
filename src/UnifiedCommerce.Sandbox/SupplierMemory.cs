using System.Globalization;
using System.Security.Cryptography;
using UnifiedCommerce.Sandbox.Voices;

namespace UnifiedCommerce.Sandbox;

/// <summary>What became of a delivery.</summary>
internal enum Taken
{
    New,
    /// <summary>The same delivery again: harmless.</summary>
    Known,
    /// <summary>A purchase order that is held already came under another name.</summary>
    Doubled,
    /// <summary>The name or key was used for other bytes.</summary>
    Conflict,
    Unreadable,
}

/// <summary>All suppliers' memory: what they hold, what they will send. Thread safe; survives a kill at any instant.</summary>
internal sealed class SupplierMemory : IDisposable
{
    private readonly Lock gate = new();
    private readonly Journal journal;
    private readonly int seed;
    private readonly Dictionary<string, SupplierProfile> suppliers;
    private readonly Dictionary<string, SupplierVoice> voices;
    private readonly Dictionary<(string Supplier, string Item), (string Item, string Gtin)> substitutes;
    private readonly Dictionary<(string Supplier, string Delivery), string> deliveries = [];
    private readonly HashSet<(string Supplier, string Delivery)> archived = [];
    private readonly Dictionary<(string Supplier, string Number), (OrderPlan Plan, HeldPurchaseOrder Held)> orders = [];
    private readonly HashSet<(string Supplier, string Change)> changes = [];
    private readonly List<DoubledPurchaseOrder> doubled = [];
    private readonly List<UnreadableDocument> unreadable = [];
    private readonly Dictionary<string, DueDocument> pending = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DueDocument> sent = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> controls = new(StringComparer.Ordinal);

    internal SupplierMemory(string path, int seed, IReadOnlyList<SupplierProfile> suppliers, Dictionary<(string Supplier, string Item), (string Item, string Gtin)> substitutes)
    {
        this.seed = seed;
        this.suppliers = suppliers.ToDictionary(supplier => supplier.Id, StringComparer.Ordinal);
        this.substitutes = substitutes;
        voices = suppliers.ToDictionary(supplier => supplier.Id, SupplierVoice.Of, StringComparer.Ordinal);
        journal = new Journal(path);
        foreach (Entry entry in journal.Load())
        {
            Apply(entry);
        }
    }

    internal DateTimeOffset? NextDueAt
    {
        get
        {
            lock (gate)
            {
                return pending.Count == 0 ? null : pending.Values.Min(document => document.Due);
            }
        }
    }

    internal SupplierVoice VoiceOf(string supplier) => voices[supplier];

    internal OrderPlan? Find(string supplier, string number)
    {
        lock (gate)
        {
            return orders.TryGetValue((supplier, number), out var found) ? found.Plan : null;
        }
    }

    internal IReadOnlyList<string> NotArchived(string supplier)
    {
        lock (gate)
        {
            return [.. deliveries.Keys.Where(delivery => delivery.Supplier == supplier && !archived.Contains(delivery)).Select(delivery => delivery.Delivery)];
        }
    }

    internal void Archive(string supplier, string delivery)
    {
        lock (gate)
        {
            if (!archived.Contains((supplier, delivery)))
            {
                Record(new Entry.Archived(supplier, delivery));
            }
        }
    }

    /// <summary>Takes a delivery in. Returns the plans of its purchase orders when they are new or known.</summary>
    internal (Taken Taken, IReadOnlyList<OrderPlan> Plans, string? Fault) Take(string supplier, string delivery, byte[] bytes, DateTimeOffset now)
    {
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        ReadDocument document = voices[supplier].Read(bytes);
        lock (gate)
        {
            if (deliveries.TryGetValue((supplier, delivery), out string? known) && !archived.Contains((supplier, delivery)))
            {
                return known == sha256 ? (Taken.Known, Plans(supplier, document), null) : Conflict(supplier, delivery, known, sha256, document);
            }
            string? fault = document.Fault ?? document.Orders.Select(FaultOf).FirstOrDefault(found => found is not null);
            if (fault is not null)
            {
                Record(new Entry.Unreadable(new UnreadableDocument(supplier, delivery, fault), sha256));
                return (Taken.Unreadable, [], fault);
            }
            if (document.IsAcknowledgement)
            {
                return (Taken.New, [], null);
            }
            foreach (ReadChange change in document.Changes.Where(change => !changes.Contains((supplier, change.Number))))
            {
                TakeChange(supplier, delivery, sha256, bytes, change, now);
            }
            ReadOrder[] fresh = [.. document.Orders.Where(order => !orders.ContainsKey((supplier, order.Number)))];
            foreach (ReadOrder again in document.Orders.Where(order => orders.ContainsKey((supplier, order.Number))))
            {
                HeldPurchaseOrder first = orders[(supplier, again.Number)].Held;
                Record(new Entry.Doubled(new DoubledPurchaseOrder(supplier, again.Number, first.Delivery, first.Sha256, delivery, sha256)));
            }
            if (fresh.Length > 0)
            {
                Record(new Entry.Received(supplier, delivery, sha256, now, fresh, Schedule(supplier, delivery, bytes, fresh, now)));
            }
            return (fresh.Length < document.Orders.Count ? Taken.Doubled : Taken.New, Plans(supplier, document), null);
        }
    }

    internal IReadOnlyList<DueDocument> DueAt(DateTimeOffset now)
    {
        lock (gate)
        {
            return [.. pending.Values.Where(document => document.Due <= now).OrderBy(document => document.Due).ThenBy(document => document.Supplier, StringComparer.Ordinal).ThenBy(document => document.Control)];
        }
    }

    internal void Done(DueDocument document)
    {
        lock (gate)
        {
            if (pending.ContainsKey(document.Id))
            {
                Record(new Entry.Done(document.Id));
            }
        }
    }

    internal SandboxReport Report()
    {
        lock (gate)
        {
            return new SandboxReport(
                [.. orders.Values.Select(order => order.Held).OrderBy(held => held.Partner, StringComparer.Ordinal).ThenBy(held => held.Number, StringComparer.Ordinal)],
                [.. doubled], [.. unreadable],
                sent.Values.GroupBy(document => document.Kind, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal), pending.Count);
        }
    }

    public void Dispose() => journal.Dispose();

    private void TakeChange(string supplier, string delivery, string sha256, byte[] bytes, ReadChange change, DateTimeOffset now)
    {
        List<DueDocument> due = [];
        List<string> withdrawn = [];
        if (Acknowledgement(supplier, delivery, bytes, change.OrderNumber, now) is { } acknowledgement)
        {
            due.Add(acknowledgement);
        }
        if (orders.TryGetValue((supplier, change.OrderNumber), out var held))
        {
            OrderPlan plan = held.Plan;
            bool gone = sent.Values.Any(document => document.Supplier == supplier && document.Order == change.OrderNumber && document.Kind == "despatch");
            bool agreed = !gone && plan.Scenario is not (Scenario.OrderReject or Scenario.Silence);
            if (agreed)
            {
                bool Cancelled(int position) => change.CancelsAll || change.Cancelled.Contains(position);
                bool all = plan.Order.Lines.All(line => Cancelled(line.Position));
                withdrawn.AddRange(pending.Values.Where(document => document.Supplier == supplier && document.Order == change.OrderNumber
                    && (document.Kind is "despatch" or "invoice" || (all && document.Kind == "answer"))).Select(document => document.Id));
                OrderPlan rest = plan with
                {
                    Shipments = [.. plan.Shipments.Select(shipment => shipment with { Lines = [.. shipment.Lines.Where(line => !Cancelled(line.Answer.Ordered.Position))] }).Where(shipment => shipment.Lines.Count > 0)],
                };
                due.AddRange(Goods(supplier, rest, now.AddHours(1), "-" + change.Number));
            }
            DateTimeOffset at = now.AddMinutes(45);
            long control = NextControl(supplier);
            if (voices[supplier].AnswerChange(plan, change, agreed, new Stamp(control, at)) is { } answer)
            {
                due.Add(Document(supplier, change.OrderNumber, "answer-change", change.Number, at, control, answer));
            }
        }
        Record(new Entry.Changed(supplier, delivery, sha256, change.Number, withdrawn, due));
    }

    private List<DueDocument> Schedule(string supplier, string delivery, byte[] bytes, ReadOrder[] fresh, DateTimeOffset now)
    {
        List<DueDocument> due = [];
        if (Acknowledgement(supplier, delivery, bytes, fresh[0].Number, now) is { } acknowledgement)
        {
            due.Add(acknowledgement);
        }
        foreach (ReadOrder order in fresh)
        {
            OrderPlan plan = PlanOf(supplier, order);
            if (plan.Scenario == Scenario.Silence)
            {
                continue;
            }
            DateTimeOffset at = now + plan.AnswerAfter;
            long control = NextControl(supplier);
            due.Add(Document(supplier, order.Number, "answer", "", at, control, voices[supplier].Answer(plan, new Stamp(control, at))));
            due.AddRange(Goods(supplier, plan, at.AddMinutes(30), ""));
        }
        return due;
    }

    private IEnumerable<DueDocument> Goods(string supplier, OrderPlan plan, DateTimeOffset soonest, string suffix)
    {
        SupplierProfile profile = suppliers[supplier];
        foreach (Shipment shipment in plan.Shipments)
        {
            DateTimeOffset leaves = profile.At(shipment.Leaves, 15, plan.Minute);
            leaves = leaves < soonest ? soonest : leaves;
            long control = NextControl(supplier);
            string part = shipment.Number.ToString(CultureInfo.InvariantCulture) + suffix;
            yield return Document(supplier, plan.Order.Number, "despatch", part, leaves, control, voices[supplier].Despatch(plan, shipment, new Stamp(control, leaves)));
            if (profile.Invoices)
            {
                DateOnly day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(leaves, profile.Zone).DateTime);
                DateTimeOffset billed = profile.At(profile.AddWorkingDays(day, 1), 10, plan.Minute);
                control = NextControl(supplier);
                yield return Document(supplier, plan.Order.Number, "invoice", part, billed, control, voices[supplier].Bill(plan, shipment, new Stamp(control, billed)));
            }
        }
    }

    private DueDocument? Acknowledgement(string supplier, string delivery, byte[] bytes, string order, DateTimeOffset now)
    {
        DateTimeOffset at = now.AddMinutes(5);
        long control = NextControl(supplier);
        return voices[supplier].Acknowledge(bytes, new Stamp(control, at)) is { } written ? Document(supplier, order, "acknowledge", delivery, at, control, written) : null;
    }

    private DueDocument Document(string supplier, string order, string kind, string part, DateTimeOffset due, long control, byte[] bytes)
    {
        string safe = string.Concat(order.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        return new DueDocument($"{supplier}/{order}/{kind}/{part}", supplier, order, kind, due, control,
            string.Create(CultureInfo.InvariantCulture, $"{kind}_{safe}_{control}{voices[supplier].Extension}"), bytes);
    }

    private (Taken Taken, IReadOnlyList<OrderPlan> Plans, string? Fault) Conflict(string supplier, string delivery, string known, string sha256, ReadDocument document)
    {
        Record(new Entry.Doubled(new DoubledPurchaseOrder(supplier, document.Orders.Count > 0 ? document.Orders[0].Number : "?", delivery, known, delivery, sha256)));
        return (Taken.Conflict, [], "The name or key was used for other bytes.");
    }

    private List<OrderPlan> Plans(string supplier, ReadDocument document) =>
        [.. document.Orders.Where(order => orders.ContainsKey((supplier, order.Number))).Select(order => orders[(supplier, order.Number)].Plan)];

    private OrderPlan PlanOf(string supplier, ReadOrder order) =>
        Behaviour.Plan(seed, suppliers[supplier], order, item => substitutes.TryGetValue((supplier, item), out var found) ? found : null);

    // A control number that is taken for nothing leaves a gap on the supplier's side; gaps are theirs to explain.
    private long NextControl(string supplier) => controls[supplier] = controls.GetValueOrDefault(supplier, 5000) + 1;

    private static string? FaultOf(ReadOrder order) => order.Number.Length == 0 ? "A purchase order has no number."
        : order.Lines.Count == 0 ? $"Purchase order {order.Number} has no lines."
        : order.Issued == default ? $"Purchase order {order.Number} has no date of issue."
        : order.Lines.FirstOrDefault(line => line.Quantity <= 0 || line.Price <= 0 || line.Position <= 0 || (line.Gtin is null && line.Item is null)) is { } line
            ? $"Line {line.Position} of purchase order {order.Number} lacks quantity, price, position or article."
            : null;

    private void Record(Entry entry)
    {
        journal.Add(entry);
        Apply(entry);
    }

    private void Apply(Entry entry)
    {
        switch (entry)
        {
            case Entry.Received received:
                deliveries[(received.Supplier, received.Delivery)] = received.Sha256;
                foreach (ReadOrder order in received.Orders)
                {
                    OrderPlan plan = PlanOf(received.Supplier, order);
                    orders[(received.Supplier, order.Number)] = (plan,
                        new HeldPurchaseOrder(received.Supplier, order.Number, received.Sha256, order.Lines.Count, order.Total, order.Currency, received.Delivery, received.At, plan.Scenario));
                }
                Await(received.Due);
                break;
            case Entry.Changed changed:
                deliveries.TryAdd((changed.Supplier, changed.Delivery), changed.Sha256);
                changes.Add((changed.Supplier, changed.Change));
                foreach (string id in changed.Withdrawn)
                {
                    pending.Remove(id);
                }
                Await(changed.Due);
                break;
            case Entry.Doubled again:
                deliveries.TryAdd((again.What.Partner, again.What.Delivery), again.What.Sha256);
                doubled.Add(again.What);
                break;
            case Entry.Unreadable what:
                deliveries.TryAdd((what.What.Partner, what.What.Delivery), what.Sha256);
                unreadable.Add(what.What);
                break;
            case Entry.Archived file:
                archived.Add((file.Supplier, file.Delivery));
                break;
            case Entry.Done done when pending.Remove(done.Id, out DueDocument? document):
                sent[done.Id] = document;
                break;
        }
    }

    private void Await(IReadOnlyList<DueDocument> due)
    {
        foreach (DueDocument document in due)
        {
            pending[document.Id] = document;
            controls[document.Supplier] = Math.Max(controls.GetValueOrDefault(document.Supplier, 5000), document.Control);
        }
    }
}
