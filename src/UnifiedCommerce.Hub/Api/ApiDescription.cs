using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace UnifiedCommerce.Hub.Api;

/// <summary>Completes the OpenAPI document with what the end points cannot say of themselves: keys, problems with their findings, examples, webhooks.</summary>
internal static class ApiDescription
{
    private const string Json = "application/json";
    private const string ProblemJson = "application/problem+json";
    private const string Key = "apiKey";

    /// <summary>Completes the document.</summary>
    public static void Complete(OpenApiDocument document)
    {
        document.Info.Title = "UnifiedCommerce hub";
        document.Info.Version = "1";
        document.Info.Description = "Orders in, their truth out. Authenticate with 'Authorization: Bearer uc_...'; on loopback no key is needed until the first one is made. "
            + "Problems are RFC 9457 documents: 'type' ends in a stable code, 'errors' says what was found, where, and what to do. "
            + "Events are read from /api/events with a cursor, or told to webhooks; both give every event at least once, with the same id.";
        document.AddComponent(Key, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A key made in the console under Access, or with --create-key. Its scopes decide what it may do." });
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Key, document)] = [] }];
        if (document.Components?.Schemas?.TryGetValue("ProblemDetails", out var problem) == true && problem is OpenApiSchema shape)
        {
            shape.Description = "RFC 9457.";
            shape.Properties?["errors"] = new OpenApiSchema { Type = JsonSchemaType.Array, Description = "What was found, where, and what to do; absent when 'detail' says it all.", Items = new OpenApiSchemaReference("ProblemFinding", document) };
        }
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (method, operation) in item.Operations ?? [])
            {
                Complete(document, $"{method} {path}", operation);
            }
        }
        document.Webhooks = new Dictionary<string, IOpenApiPathItem>(StringComparer.Ordinal) { ["orderEvent"] = Webhook() };
    }

    private static void Complete(OpenApiDocument document, string name, OpenApiOperation operation)
    {
        operation.Responses ??= [];
        Problem(document, operation.Responses, "401", "No valid API key.");
        Problem(document, operation.Responses, "403", "The key lacks the scope.");
        Problem(document, operation.Responses, "429", "Too many requests; Retry-After says how long to wait.");
        foreach (var (status, response) in operation.Responses)
        {
            if (response is not OpenApiResponse given || given.Content is null)
            {
                continue;
            }
            if (given.Content.TryGetValue(ProblemJson, out var problem) && ProblemExample(status) is { } told)
            {
                problem.Example = told;
            }
            if (given.Content.TryGetValue(Json, out var answer) && Answers.TryGetValue($"{name} {status}", out string? example))
            {
                answer.Example = JsonNode.Parse(example);
            }
        }
        if (operation.RequestBody?.Content?.TryGetValue(Json, out var asked) == true && Requests.TryGetValue(name, out string? request))
        {
            asked.Example = JsonNode.Parse(request);
        }
    }

    private static void Problem(OpenApiDocument document, OpenApiResponses responses, string status, string description) => responses.TryAdd(status, new OpenApiResponse
    {
        Description = description,
        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [ProblemJson] = new() { Schema = new OpenApiSchemaReference("ProblemDetails", document) } },
    });

    private static JsonObject? ProblemExample(string status) => status switch
    {
        "400" => ProblemOf(400, "malformed-json", "The order cannot be read", "Properties are missing: 'channel', 'buyer', 'lines'. Add them. Compare with /api/openapi.json and send it again.", "/ (line 1, byte 15)"),
        "401" => ProblemOf(401, "no-key", "API key needed", "Found no valid API key, expected the header 'Authorization: Bearer uc_...'. An administrator makes keys in the console under Access.", null),
        "403" => ProblemOf(403, "no-scope", "Scope missing", "The key 'portal' has no scope 'orders:write'. Ask the administrator for a key that has it.", null),
        "404" => ProblemOf(404, "not-found", "Not found", "There is no order that this key may see. Check the number and the customer.", null),
        "413" => ProblemOf(413, "too-large", "Too large", "Found more bytes than the installation takes. Split it.", null),
        "422" => ProblemOf(422, "quantity-not-positive", "The order is refused", "Found quantity 0, expected more than zero. To cancel a line, send the order again without it.", "line 1 quantity"),
        "429" => ProblemOf(429, "too-many-requests", "Too many requests", "This key sends more requests than the installation allows. Wait a second, then go on; Api:RequestsPerSecond sets the limit.", null),
        _ => null,
    };

    private static JsonObject ProblemOf(int status, string code, string title, string detail, string? place)
    {
        var problem = new JsonObject { ["type"] = $"urn:unified-commerce:problem:{code}", ["title"] = title, ["status"] = status, ["detail"] = detail };
        if (place is not null)
        {
            problem["errors"] = new JsonArray(new JsonObject { ["code"] = code, ["place"] = place, ["text"] = detail });
        }
        return problem;
    }

    private static OpenApiPathItem Webhook()
    {
        static OpenApiParameter Header(string name, string description) => new() { Name = name, In = ParameterLocation.Header, Required = true, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        var text = new OpenApiSchema { Type = JsonSchemaType.String };
        return new OpenApiPathItem
        {
            Operations = new Dictionary<HttpMethod, OpenApiOperation>
            {
                [HttpMethod.Post] = new OpenApiOperation
                {
                    OperationId = "OrderEvent", Summary = "What the hub posts to a webhook: one event, in order, at least once.",
                    Description = "Standard Webhooks: webhook-signature holds one or more 'v1,' + base64 of HMAC-SHA256 over '{webhook-id}.{webhook-timestamp}.{body}' with the secret (base64 after 'whsec_'); "
                        + "after a rotation the old secret signs too for a day. Refuse timestamps more than five minutes away, and keep webhook-id to drop repeats. "
                        + "Any 2xx is success. Everything else is tried again with growing pauses; when all tries failed the webhook is disabled until it is replayed.",
                    Parameters =
                    [
                        Header("webhook-id", "The event's id: the same when it is told again."),
                        Header("webhook-timestamp", "Seconds since 1970-01-01 UTC."),
                        Header("webhook-signature", "Signatures, separated by blanks."),
                    ],
                    RequestBody = new OpenApiRequestBody
                    {
                        Required = true, Description = "CloudEvents 1.0, structured mode.",
                        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                        {
                            ["application/cloudevents+json"] = new()
                            {
                                Schema = new OpenApiSchema
                                {
                                    Type = JsonSchemaType.Object, Required = new HashSet<string>(StringComparer.Ordinal) { "specversion", "id", "source", "type", "subject", "time", "data" },
                                    Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                                    {
                                        ["specversion"] = text, ["id"] = text, ["source"] = text, ["type"] = text, ["subject"] = text, ["time"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" },
                                        ["datacontenttype"] = text, ["sequence"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Position in the event feed, twenty digits: rises." },
                                        ["data"] = new OpenApiSchema { Type = JsonSchemaType.Object, Description = "As 'data' of /api/events." },
                                    },
                                },
                                Example = JsonNode.Parse(string.Create(CultureInfo.InvariantCulture,
                                    $$"""{"specversion":"1.0","id":"evt_000000000123","source":"/unified-commerce/hub","type":"unified-commerce.order.changed","subject":"W-2603-1001","time":"2026-03-03T08:10:00.0000000Z","datacontenttype":"application/json","sequence":"00000000000000000123","data":{{EventData}}}""")),
                            },
                        },
                    },
                    Responses = new OpenApiResponses { ["2XX"] = new OpenApiResponse { Description = "Taken." } },
                },
            },
        };
    }

    private const string EventData =
        """{"orderNumber":"W-2603-1001","channel":"webshop","version":1,"lines":[{"lineId":"1","item":{"gtin":"5906334010607","supplierSku":"K-10146","label":"K-10146"},"unit":"EA","ordered":2,"cancelled":0,"cancelRequested":0,"confirmed":0,"backordered":0,"shipped":2,"delivered":0,"status":"shipped","reason":"On its way.","tracking":["TR11000004011"]}]}""";

    private const string OrderExample =
        """{"number":"W-2603-1001","customer":"C-10231","channel":"webshop","version":1,"receivedAt":"2026-03-02T07:00:00+00:00","status":"shipped","lines":[{"lineId":"1","item":{"gtin":"5906334010607","supplierSku":"K-10146","label":"K-10146"},"unit":"EA","ordered":2,"cancelled":0,"confirmed":0,"backordered":0,"shipped":2,"delivered":0,"status":"shipped","reason":"On its way.","tracking":["TR11000004011"]}]}""";

    private const string WebhookExample = "\"id\":\"wh_1\",\"url\":\"https://portal.example/hooks/orders\",\"types\":[],\"toldUpTo\":0,\"createdAt\":\"2026-03-02T07:00:00+00:00\"";

    private static readonly Dictionary<string, string> Requests = new(StringComparer.Ordinal)
    {
        ["POST /api/orders"] = """
            {"number":"W-2603-1001","channel":"webshop","buyer":{"id":"C-10231","name":"Klusbedrijf Veldman"},"currency":"EUR",
             "lines":[{"id":"1","item":{"gtin":"5906334010607"},"quantity":{"value":2,"unit":"EA"}}]}
            """,
        ["POST /api/webhooks"] = """{"url":"https://portal.example/hooks/orders","after":0}""",
        ["POST /api/webhooks/{id}/replay"] = """{"after":100}""",
    };

    private static readonly Dictionary<string, string> Answers = new(StringComparer.Ordinal)
    {
        ["POST /api/orders 201"] = """{"number":"W-2603-1001","customer":"C-10231","outcome":"accepted","version":1,"lines":[{"lineId":"1","status":"received","reason":"Received."}],"notes":[]}""",
        ["POST /api/orders 200"] = """{"number":"W-2603-1001","customer":"C-10231","outcome":"replay","version":1,"lines":[{"lineId":"1","status":"shipped","reason":"On its way."}],"notes":[]}""",
        ["GET /api/orders/{number} 200"] = OrderExample,
        ["POST /api/orders/{number}/cancel 200"] = OrderExample,
        ["GET /api/events 200"] = $$"""{"events":[{"sequence":123,"id":"evt_000000000123","type":"order.changed","at":"2026-03-03T08:10:00+00:00","customer":"C-10231","subject":"W-2603-1001","data":{{EventData}}}],"after":123}""",
        ["GET /api/webhooks 200"] = $$"""[{{{WebhookExample}}}]""",
        ["POST /api/webhooks 201"] = $$"""{{{WebhookExample}},"secret":"whsec_..."}""",
        ["POST /api/webhooks/{id}/rotate 200"] = $$"""{{{WebhookExample}},"secret":"whsec_..."}""",
    };
}
