using System.Globalization;
using System.Text;
using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Chaos.Simulation;

/// <summary>How a partner's side treats the same document twice.</summary>
internal enum Reach
{
    /// <summary>A file of a fixed name: a second one of that name is refused, and one can look whether it is there.</summary>
    Folder,
    /// <summary>A request with an idempotency key: a repeat gets the old answer, and one can ask.</summary>
    Https,
    /// <summary>Like e-mail: a repeat is a second order, and nobody can tell whether the first arrived.</summary>
    Blind,
}

/// <summary>A partner on the other side: what really arrived, and what it answers.</summary>
internal sealed class SimulatedPartner(string id, Reach reach, Random random)
{
    public string Id => id;
    public Reach Reach => reach;
    public bool Down { get; set; }

    /// <summary>What arrived: name or key, and the bytes, once per arrival that counts.</summary>
    public List<(string Name, byte[] Bytes)> Arrived { get; } = [];
    /// <summary>Answers that wait to be fetched: name and bytes.</summary>
    public List<(string Name, byte[] Bytes)> Answers { get; } = [];

    /// <summary>All that it ever put out for us.</summary>
    public List<(string Name, byte[] Bytes)> Published { get; } = [];

    /// <summary>What it said of our interchanges, by their control numbers, and of those that we never sent.</summary>
    public Dictionary<string, AcknowledgementState> Said { get; } = new(StringComparer.Ordinal);

    /// <summary>How often the hub acknowledged its interchanges, by their control numbers.</summary>
    public Dictionary<string, int> Acknowledged { get; } = new(StringComparer.Ordinal);

    readonly Queue<PurchaseOrder> _toAnswer = new();
    readonly Queue<string> _toAcknowledge = new();
    int _documents;

    void Publish((string Name, byte[] Bytes) answer)
    {
        Answers.Add(answer);
        Published.Add(answer);
    }

    /// <summary>True when the document is in.</summary>
    public bool Has(string name) => Arrived.Exists(arrival => arrival.Name == name);

    public void Receive(string name, byte[] bytes)
    {
        if (reach != Reach.Blind && Has(name))
        {
            if (!Arrived.Find(arrival => arrival.Name == name).Bytes.AsSpan().SequenceEqual(bytes))
                Arrived.Add((name + " with other bytes", bytes));
            return;
        }
        Arrived.Add((name, bytes));
        var sent = JsonSerializer.Deserialize<SentDocument>(bytes, CanonicalJson.Options)!;
        if (sent.Acknowledges is { } ours)
            Acknowledged[ours] = Acknowledged.GetValueOrDefault(ours) + 1;
        else if (SimulatedHouse.Acknowledges(id))
            _toAcknowledge.Enqueue(sent.Control);
        if (sent is { Kind: DocumentKind.PurchaseOrder, Order: { } order })
            _toAnswer.Enqueue(order);
    }

    /// <summary>Says which interchanges came: most as accepted, some as unreadable, some twice, some not at all, and some that we never sent.</summary>
    void Acknowledge()
    {
        while (_toAcknowledge.TryDequeue(out var control))
        {
            var fate = random.Next(14);
            if (fate == 0)
                continue;
            Say(control, fate == 1 ? AcknowledgementState.Rejected : AcknowledgementState.Accepted);
            if (fate == 2)
                Say(control, AcknowledgementState.Accepted);
            if (fate == 3)
                Say($"9{control}", AcknowledgementState.Accepted);
        }
    }

    void Say(string control, AcknowledgementState state)
    {
        Said[control] = state;
        Publish(($"{++_documents:D4}.json", JsonSerializer.SerializeToUtf8Bytes(
            new ReceivedDocument(id, _documents, nameof(DocumentKind.Acknowledgement), JsonSerializer.SerializeToElement(new SaidOfOurs(control, state), CanonicalJson.Options)), CanonicalJson.Options)));
    }

    /// <summary>Answers what is not answered yet: order response, despatch, invoice; sometimes twice, sometimes in the wrong order.</summary>
    public void Answer(DateTimeOffset now)
    {
        // Sometimes the answer comes before the acknowledgement (an 855 before the 997).
        var late = random.Next(4) == 0;
        if (!late)
            Acknowledge();
        while (_toAnswer.TryDequeue(out var order))
        {
            var fate = random.Next(10);
            if (fate == 0)
                continue;
            var documents = new List<object>();
            var lines = order.Lines.Select(line => (Line: line, Status: fate == 1 ? LineStatus.Rejected : random.Next(6) switch
            {
                0 => LineStatus.Rejected, 1 => LineStatus.Backordered, _ => LineStatus.Accepted,
            })).ToList();
            documents.Add(new OrderResponse
            {
                Number = $"R-{order.Number}", OrderNumber = order.Number, SupplierOrderNumber = $"S{order.Number}", Issued = now,
                Status = lines.TrueForAll(line => line.Status == LineStatus.Accepted) ? ResponseStatus.Accepted
                    : lines.TrueForAll(line => line.Status == LineStatus.Rejected) ? ResponseStatus.Rejected : ResponseStatus.Conditional,
                Supplier = order.Supplier,
                Lines = [.. lines.Select(line => new OrderResponseLine
                {
                    Position = line.Line.Position, Item = line.Line.Item, Status = line.Status, NetPrice = line.Line.NetPrice,
                    Quantity = line.Status == LineStatus.Accepted ? line.Line.Quantity : null,
                    BackorderedQuantity = line.Status == LineStatus.Backordered ? line.Line.Quantity : null,
                })],
            });
            var shipped = lines.Where(line => line.Status == LineStatus.Accepted).Select(line => line.Line).ToList();
            if (shipped.Count > 0)
            {
                documents.Add(new DespatchAdvice
                {
                    Number = $"D-{order.Number}", Issued = now, Shipped = now, OrderNumber = order.Number, Supplier = order.Supplier, TrackingNumber = $"T{order.Number}",
                    Lines = [.. shipped.Select(line => new DespatchLine { OrderNumber = order.Number, Position = line.Position, Item = line.Item, Quantity = line.Quantity })],
                });
                documents.Add(new Invoice
                {
                    Number = $"I-{order.Number}", Issued = DateOnly.FromDateTime(now.UtcDateTime), OrderNumber = order.Number, Supplier = order.Supplier, Currency = order.Currency,
                    Lines = [.. shipped.Select(line => new InvoiceLine
                    {
                        OrderNumber = order.Number, Position = line.Position, Item = line.Item, Quantity = line.Quantity, NetPrice = line.NetPrice, Amount = line.Amount,
                    })],
                    LineTotal = shipped.Sum(line => line.Amount), NetTotal = shipped.Sum(line => line.Amount), PayableTotal = shipped.Sum(line => line.Amount),
                });
            }
            if (random.Next(4) == 0)
                documents.Reverse();
            foreach (var document in documents)
            {
                var bytes = JsonSerializer.SerializeToUtf8Bytes(new ReceivedDocument(id, ++_documents, document.GetType().Name, JsonSerializer.SerializeToElement(document, CanonicalJson.Options)), CanonicalJson.Options);
                Publish(($"{_documents:D4}.json", bytes));
                if (random.Next(5) == 0)
                    Publish(($"{_documents:D4}-again.json", bytes));
            }
            if (random.Next(8) == 0)
                Publish(($"{++_documents:D4}-broken.json", Encoding.UTF8.GetBytes("{\"kind\":\"Invo")));
        }
        if (late)
            Acknowledge();
    }
}

/// <summary>What the simulated codec writes.</summary>
internal sealed record SentDocument(DocumentKind Kind, string Control, PurchaseOrder? Order, OrderChange? Change, string? Acknowledges = null);

/// <summary>What a technical acknowledgement says.</summary>
internal sealed record SaidOfOurs(string Control, AcknowledgementState State);

/// <summary>What the simulated codec reads.</summary>
internal sealed record ReceivedDocument(string Sender, int Control, string Kind, JsonElement Document);

/// <summary>Codec and mapping are other rooms with their own tests; here documents are their canonical JSON.</summary>
internal sealed class SimulatedCodec : IDocumentRenderer, IDocumentDecoder
{
    public bool NeedsControlNumber(Core.Partners.Partner partner, DocumentKind kind) => true;

    public RenderedDocument Render(Core.Partners.Partner partner, DocumentKind kind, object document, string controlNumber, DateTimeOffset now) => new(
        JsonSerializer.SerializeToUtf8Bytes(new SentDocument(kind, controlNumber, document as PurchaseOrder, document as OrderChange), CanonicalJson.Options), "application/json", "simulated", []);

    public DecodedDocument Decode(Core.Partners.Partner? partner, StoredDocument document)
    {
        try
        {
            var received = JsonSerializer.Deserialize<ReceivedDocument>(document.Bytes, CanonicalJson.Options)!;
            IReadOnlyList<string> keys = [string.Create(CultureInfo.InvariantCulture, $"control:{received.Sender}:{received.Control}")];
            if (received.Kind == nameof(DocumentKind.Acknowledgement))
            {
                var said = received.Document.Deserialize<SaidOfOurs>(CanonicalJson.Options)!;
                return new DecodedDocument
                {
                    Format = "json", Sender = received.Sender, ControlKeys = keys, Acknowledgements = [new ReceivedAcknowledgement(said.Control, null, null, said.State, $"{said.State}.")],
                };
            }
            var number = received.Control.ToString(CultureInfo.InvariantCulture);
            object? canonical = received.Kind switch
            {
                nameof(OrderResponse) => received.Document.Deserialize<OrderResponse>(CanonicalJson.Options),
                nameof(DespatchAdvice) => received.Document.Deserialize<DespatchAdvice>(CanonicalJson.Options),
                nameof(Invoice) => received.Document.Deserialize<Invoice>(CanonicalJson.Options),
                _ => null,
            };
            return new DecodedDocument
            {
                Format = "json", Sender = received.Sender, ControlKeys = keys,
                WriteAcknowledgement = !SimulatedHouse.Acknowledges(received.Sender) ? null
                    : (control, _) => JsonSerializer.SerializeToUtf8Bytes(new SentDocument(DocumentKind.Acknowledgement, control, null, null, number), CanonicalJson.Options),
                Messages = [new DecodedMessage { Kind = Enum.Parse<DocumentKind>(received.Kind), Document = canonical, MappingVersion = "simulated" }],
            };
        }
        catch (JsonException broken)
        {
            return new DecodedDocument { Format = "json", Diagnostics = [Diagnostic.Error("json", "document", broken.Message)] };
        }
    }
}
