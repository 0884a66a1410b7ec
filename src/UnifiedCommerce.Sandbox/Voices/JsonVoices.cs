using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace UnifiedCommerce.Sandbox.Voices;

/// <summary>Reading and writing JSON, shared by the two suppliers that speak it.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static JsonObject? Parse(byte[] bytes, out string? fault)
    {
        try
        {
            fault = null;
            return JsonNode.Parse(bytes) as JsonObject ?? throw new JsonException("The root is no object.");
        }
        catch (JsonException exception)
        {
            fault = exception.Message;
            return null;
        }
    }

    internal static byte[] Bytes(JsonObject root)
    {
        // A field without a value is left out.
        Prune(root);
        return JsonSerializer.SerializeToUtf8Bytes(root, Options);
    }

    internal static string? Text(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => node.GetValue<string>(),
        JsonValueKind.Number => node.ToJsonString(),
        _ => null,
    };

    internal static decimal Number(JsonNode? node) => Text(node) is { } text && decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out decimal value) ? value : 0;

    internal static DateOnly? Day(JsonNode? node) => Text(node) is { Length: >= 10 } text && DateOnly.TryParseExact(text[..10], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day : null;

    private static void Prune(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (string empty in map.Where(pair => pair.Value is null).Select(pair => pair.Key).ToList())
                {
                    map.Remove(empty);
                }
                foreach (JsonNode? child in map.Select(pair => pair.Value).ToList())
                {
                    Prune(child);
                }
                break;
            case JsonArray list:
                foreach (JsonNode? child in list)
                {
                    Prune(child);
                }
                break;
        }
    }
}

/// <summary>Quickparts' own JSON interface, version 2.</summary>
internal sealed class QuickVoice(SupplierProfile supplier) : SupplierVoice(supplier)
{
    internal override string Extension => ".json";

    internal override string ContentType => "application/json";

    internal override ReadDocument Read(byte[] bytes)
    {
        if (JsonText.Parse(bytes, out string? fault) is not { } root)
        {
            return new ReadDocument { Fault = fault };
        }
        if (JsonText.Text(root["orderReference"]) is not { } number || root["lines"] is not JsonArray lines)
        {
            return new ReadDocument { Fault = "orderReference or lines are missing." };
        }
        return new ReadDocument
        {
            Orders =
            [
                new ReadOrder
                {
                    Number = number,
                    Issued = JsonText.Day(root["orderedAt"]) ?? default,
                    Requested = JsonText.Day(root["deliveryDate"]),
                    Currency = JsonText.Text(root["currency"]) ?? "EUR",
                    ShipTo = JsonText.Text(root["deliverTo"]?["gln"]),
                    Lines = [.. lines.Select(line => new ReadLine((int)JsonText.Number(line?["line"]), JsonText.Text(line?["gtin"]), JsonText.Text(line?["article"]), JsonText.Text(line?["yourArticle"]),
                        JsonText.Number(line?["quantity"]), JsonText.Text(line?["unit"]) ?? "EA", JsonText.Number(line?["price"]), JsonText.Number(line?["per"]) is > 0 and var per ? per : 1))],
                },
            ],
        };
    }

    /// <summary>The body of the HTTP answer.</summary>
    internal byte[] Received(OrderPlan plan, Stamp stamp) => JsonText.Bytes(new JsonObject
    {
        ["type"] = "orderReceived",
        ["id"] = $"QP-{Digits(plan)}-0",
        ["orderReference"] = plan.Order.Number,
        ["orderNumber"] = OrderNumber(plan),
        ["at"] = Iso(stamp),
        ["status"] = "received",
    });

    internal override byte[] Answer(OrderPlan plan, Stamp stamp) => JsonText.Bytes(new JsonObject
    {
        ["type"] = "orderResponse",
        ["id"] = $"QP-{Digits(plan)}-1",
        ["orderReference"] = plan.Order.Number,
        ["orderNumber"] = OrderNumber(plan),
        ["at"] = Iso(stamp),
        ["status"] = plan.Scenario == Scenario.OrderReject ? "rejected" : plan.Lines.All(line => line.Verdict == LineVerdict.Accepted) ? "accepted" : "changed",
        ["reason"] = plan.Reason,
        ["currency"] = plan.Order.Currency,
        ["lines"] = new JsonArray([.. plan.Lines.Select(line => (JsonNode)new JsonObject
        {
            ["line"] = line.Ordered.Position,
            ["article"] = line.Item,
            ["gtin"] = line.Gtin,
            ["status"] = line.Verdict switch
            {
                LineVerdict.Accepted => "accepted",
                LineVerdict.Backordered => "backordered",
                LineVerdict.Substituted => "substituted",
                LineVerdict.Rejected => "rejected",
                _ => "changed",
            },
            ["replaces"] = line.SubstituteItem is null ? null : line.Ordered.Item,
            ["quantity"] = line.Verdict switch { LineVerdict.Rejected => line.Ordered.Quantity, LineVerdict.Backordered => line.Later, _ => line.Now },
            ["unit"] = line.Ordered.Unit,
            ["later"] = line.Verdict == LineVerdict.Partial ? line.Later : 0,
            ["price"] = line.Verdict == LineVerdict.Rejected ? null : line.Price,
            ["per"] = line.Verdict == LineVerdict.Rejected ? null : line.Ordered.Basis,
            ["deliveryDate"] = (line.LaterArrives ?? line.Arrives) is { } day ? Iso(day) : null,
            ["reason"] = line.Reason,
        })]),
    });

    internal override byte[] Despatch(OrderPlan plan, Shipment shipment, Stamp stamp) => JsonText.Bytes(new JsonObject
    {
        ["type"] = "shipment",
        ["id"] = DespatchNumber(plan, shipment),
        ["orderReference"] = plan.Order.Number,
        ["at"] = Iso(stamp),
        ["shippedAt"] = Iso(stamp),
        ["expected"] = Iso(shipment.Arrives),
        ["carrier"] = Supplier.Carrier,
        ["tracking"] = Tracking(plan, shipment),
        ["parcels"] = new JsonArray(new JsonObject { ["id"] = "1", ["sscc"] = Sscc(plan, shipment), ["tracking"] = Tracking(plan, shipment) }),
        ["lines"] = new JsonArray([.. shipment.Lines.Select(line => (JsonNode)new JsonObject
        {
            ["line"] = line.Answer.Ordered.Position,
            ["article"] = line.Answer.Item,
            ["gtin"] = line.Answer.Gtin,
            ["quantity"] = line.Quantity,
            ["unit"] = line.Answer.Ordered.Unit,
            ["parcel"] = "1",
        })]),
    });

    internal override byte[] Bill(OrderPlan plan, Shipment shipment, Stamp stamp)
    {
        Figures figures = FiguresOf(plan, shipment);
        return JsonText.Bytes(new JsonObject
        {
            ["type"] = "invoice",
            ["id"] = InvoiceNumber(plan, shipment),
            ["orderReference"] = plan.Order.Number,
            ["shipment"] = DespatchNumber(plan, shipment),
            ["date"] = Iso(Day(stamp)),
            ["due"] = Iso(Day(stamp).AddDays(Supplier.PaymentDays)),
            ["currency"] = plan.Order.Currency,
            ["lines"] = new JsonArray([.. figures.Lines.Select(line => (JsonNode)new JsonObject
            {
                ["line"] = line.Shipped.Answer.Ordered.Position,
                ["article"] = line.Shipped.Answer.Item,
                ["gtin"] = line.Shipped.Answer.Gtin,
                ["quantity"] = line.Shipped.Quantity,
                ["unit"] = line.Shipped.Answer.Ordered.Unit,
                ["price"] = line.Price,
                ["per"] = line.Shipped.Answer.Ordered.Basis,
                ["amount"] = line.Amount,
                ["vatPercent"] = Supplier.VatPercent,
            })]),
            ["charges"] = figures.Freight > 0 ? new JsonArray(new JsonObject { ["code"] = "FC", ["reason"] = "Freight", ["amount"] = figures.Freight }) : new JsonArray(),
            ["linesTotal"] = figures.LinesTotal,
            ["net"] = figures.Net,
            ["vat"] = figures.Vat,
            ["total"] = figures.Total,
        });
    }
}

/// <summary>The warehouse system: transfer orders, pick confirmations, goods issues.</summary>
internal sealed class WarehouseVoice(SupplierProfile supplier) : SupplierVoice(supplier)
{
    internal override string Extension => ".json";

    internal override string ContentType => "application/json";

    internal override ReadDocument Read(byte[] bytes)
    {
        if (JsonText.Parse(bytes, out string? fault) is not { } root)
        {
            return new ReadDocument { Fault = fault };
        }
        if (JsonText.Text(root["number"]) is not { } number || root["lines"] is not JsonArray lines)
        {
            return new ReadDocument { Fault = "number or lines are missing." };
        }
        return new ReadDocument
        {
            Orders =
            [
                new ReadOrder
                {
                    Number = number,
                    Issued = JsonText.Day(root["issued"]) ?? default,
                    Requested = JsonText.Day(root["needBy"]),
                    Currency = JsonText.Text(root["currency"]) ?? "EUR",
                    ShipTo = JsonText.Text(root["to"]?["gln"]),
                    Lines = [.. lines.Select(line => new ReadLine((int)JsonText.Number(line?["position"]), JsonText.Text(line?["gtin"]), JsonText.Text(line?["sku"]), JsonText.Text(line?["sku"]),
                        JsonText.Number(line?["quantity"]), JsonText.Text(line?["unit"]) ?? "EA", JsonText.Number(line?["price"]), JsonText.Number(line?["per"]) is > 0 and var per ? per : 1))],
                },
            ],
        };
    }

    internal override byte[] Answer(OrderPlan plan, Stamp stamp) => JsonText.Bytes(new JsonObject
    {
        ["document"] = "pickConfirmation",
        ["number"] = $"CW-{Digits(plan)}",
        ["transferOrder"] = plan.Order.Number,
        ["issued"] = Iso(stamp),
        ["status"] = plan.Scenario == Scenario.OrderReject ? "rejected" : plan.Lines.All(line => line.Verdict == LineVerdict.Accepted) ? "accepted" : "conditional",
        ["reason"] = plan.Reason is null ? null : "Shelf is being counted",
        ["lines"] = new JsonArray([.. plan.Lines.SelectMany(Picks)]),
    });

    internal override byte[] Despatch(OrderPlan plan, Shipment shipment, Stamp stamp) => JsonText.Bytes(new JsonObject
    {
        ["document"] = "goodsIssue",
        ["number"] = DespatchNumber(plan, shipment),
        ["transferOrder"] = plan.Order.Number,
        ["issued"] = Iso(stamp),
        ["expected"] = Iso(shipment.Arrives),
        ["carrier"] = Supplier.Carrier,
        ["route"] = Tracking(plan, shipment),
        ["lines"] = new JsonArray([.. shipment.Lines.Select(line => (JsonNode)new JsonObject
        {
            ["position"] = line.Answer.Ordered.Position,
            ["sku"] = line.Answer.Item,
            ["gtin"] = line.Answer.Gtin,
            ["quantity"] = line.Quantity,
            ["unit"] = line.Answer.Ordered.Unit,
        })]),
    });

    internal override byte[] Bill(OrderPlan plan, Shipment shipment, Stamp stamp) => throw new InvalidOperationException("A warehouse sends no invoices; its profile says so.");

    // Part now, the rest later: two picks of one position.
    private static IEnumerable<JsonNode> Picks(AnswerLine line)
    {
        JsonObject Pick(string status, decimal quantity, DateOnly? ready) => new()
        {
            ["position"] = line.Ordered.Position,
            ["sku"] = line.Item,
            ["gtin"] = line.Gtin,
            ["status"] = status,
            ["quantity"] = quantity,
            ["unit"] = line.Ordered.Unit,
            ["ready"] = ready is { } day ? Iso(day) : null,
            ["reason"] = line.Reason,
        };
        if (line.Verdict == LineVerdict.Rejected)
        {
            yield return Pick("rejected", line.Ordered.Quantity, null);
            yield break;
        }
        if (line.Now > 0)
        {
            yield return Pick(line.Verdict == LineVerdict.Substituted ? "substituted" : line.Verdict == LineVerdict.Partial ? "changed" : "accepted", line.Now, line.Arrives);
        }
        if (line.Later > 0)
        {
            yield return Pick("backordered", line.Later, line.LaterArrives);
        }
    }
}
