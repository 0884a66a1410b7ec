using System.Net;
using System.Text.Json.Nodes;
using UnifiedCommerce.Hub.Hosting;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>What a shop, a portal and an ERP notice of the API.</summary>
public sealed class ApiTests : IAsyncLifetime
{
    private RunningHub _hub = null!;

    public async Task InitializeAsync() => _hub = await RunningHub.StartAsync(HubRoles.Web);

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task A_new_order_is_created_and_the_portal_shows_it_without_any_purchase_data()
    {
        using var answer = await _hub.PostAsync("/api/orders", _hub.Order("A-1"));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal("accepted", (string?)body["outcome"]);
        Assert.Equal("unknown-article", (string?)body["notes"]![0]!["code"]);

        using var shown = await _hub.GetAsync(answer.Headers.Location!.ToString());
        string text = await shown.Content.ReadAsStringAsync();
        Assert.Equal("inClarification", (string?)JsonNode.Parse(text)!["status"]);
        foreach (string secret in (string[])["price", "supplier\"", "partner", "cost", "term", "peg", "purchase"])
        {
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
        }
        var events = await _hub.GetJsonAsync("/api/events?after=0");
        Assert.Equal("order.received", (string?)events["events"]![0]!["type"]);
        Assert.Equal("A-1", (string?)events["events"]![0]!["subject"]);
    }

    [Fact]
    public async Task The_same_number_with_the_same_content_is_a_replay_and_with_other_content_a_change()
    {
        using var first = await _hub.PostAsync("/api/orders", _hub.Order("A-2"));
        using var again = await _hub.PostAsync("/api/orders", _hub.Order("A-2"));
        using var other = await _hub.PostAsync("/api/orders", _hub.Order("A-2", quantity: 5));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Contains("\"replay\"", await again.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        var changed = JsonNode.Parse(await other.Content.ReadAsStringAsync())!;
        Assert.Equal("changed", (string?)changed["outcome"]);
        Assert.Equal(2, (int)changed["version"]!);
    }

    [Fact]
    public async Task An_idempotency_key_repeats_its_answer_and_refuses_another_body()
    {
        string order = _hub.Order("A-3");
        using var first = await _hub.PostAsync("/api/orders", order, idempotency: "k-1");
        using var again = await _hub.PostAsync("/api/orders", order, idempotency: "k-1");
        using var other = await _hub.PostAsync("/api/orders", _hub.Order("A-4"), idempotency: "k-1");
        Assert.Equal(first.StatusCode, again.StatusCode);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal("true", Assert.Single(again.Headers.GetValues("Idempotent-Replayed")));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        using var unknown = await _hub.GetAsync("/api/orders/A-4");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Twenty_senders_of_one_order_at_once_make_one_order()
    {
        string order = _hub.Order("A-5");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(index => _hub.PostAsync("/api/orders", order, idempotency: index % 2 == 0 ? "same" : null)));
        Assert.All(answers, answer => Assert.True(answer.IsSuccessStatusCode, $"found {answer.StatusCode}"));
        Assert.Single((await _hub.GetJsonAsync("/api/orders"))["items"]!.AsArray());
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Theory]
    [InlineData("quantity zero", "\"value\": 2", "\"value\": 0", HttpStatusCode.UnprocessableEntity, "quantity")]
    [InlineData("a negative quantity", "\"value\": 2", "\"value\": -2", HttpStatusCode.UnprocessableEntity, "quantity")]
    [InlineData("an unknown currency", "\"EUR\"", "\"XXQ\"", HttpStatusCode.UnprocessableEntity, "currency")]
    [InlineData("an unknown unit", "\"unit\": \"EA\"", "\"unit\": \"QQQ\"", HttpStatusCode.UnprocessableEntity, "unit")]
    [InlineData("a number in quotes", "\"value\": 2", "\"value\": \"2\"", HttpStatusCode.BadRequest, "/lines/0/quantity")]
    [InlineData("a field that does not exist", "\"unit\": \"EA\"", "\"unit\": \"EA\", \"price\": 1", HttpStatusCode.BadRequest, "price")]
    [InlineData("a state that only the hub sets", "\"channel\"", "\"status\": \"shipped\", \"channel\"", HttpStatusCode.BadRequest, "status")]
    [InlineData("no lines", "\"lines\": [", "\"none\": [", HttpStatusCode.BadRequest, "none")]
    [InlineData("null where a line is expected", "\"lines\": [", "\"lines\": [ null,", HttpStatusCode.BadRequest, "/lines/0")]
    [InlineData("a property twice", "\"channel\"", "\"number\": \"X\", \"channel\"", HttpStatusCode.BadRequest, "number")]
    [InlineData("cut-off JSON", "\"lines\"", "\"lin", HttpStatusCode.BadRequest, "line ")]
    public async Task A_wrong_order_is_refused_and_the_answer_says_what_and_where(string what, string right, string wrong, HttpStatusCode expected, string place)
    {
        string body = _hub.Order("B-1").Replace(right, wrong, StringComparison.Ordinal);
        using var answer = await _hub.PostAsync("/api/orders", body);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{what}: found {answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains(place, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("UnifiedCommerce.", text, StringComparison.Ordinal);
        Assert.Empty((await _hub.GetJsonAsync("/api/orders"))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_need_by_date_in_the_past_is_refused()
    {
        string body = _hub.Order("B-2").Replace("\"requestedDelivery\": \"2", "\"requestedDelivery\": \"1", StringComparison.Ordinal);
        using var answer = await _hub.PostAsync("/api/orders", body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_above_ten_megabytes_is_refused_before_it_is_read()
    {
        using var answer = await _hub.PostAsync("/api/orders", new string(' ', 11 * 1024 * 1024));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("Split", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_of_a_foreign_page_cannot_make_an_order()
    {
        using var answer = await _hub.PostAsync("/api/orders", _hub.Order("B-3"), "text/plain");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        var rebound = new HttpRequestMessage(HttpMethod.Get, "/api/orders");
        rebound.Headers.Host = "attacker.example";
        using var refused = await _hub.Http.SendAsync(rebound);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task With_a_key_in_place_calls_without_one_are_refused_and_a_bound_key_sees_its_customer_only()
    {
        using var one = await _hub.PostAsync("/api/orders", _hub.Order("C-1", "C-1"));
        using var two = await _hub.PostAsync("/api/orders", _hub.Order("C-2", "C-2"));
        string key = await _hub.MakeKeyAsync("C-1", "orders:read", "events:read");
        using var none = await _hub.GetAsync("/api/orders");
        using var wrong = await _hub.GetAsync("/api/orders", key[..^1] + (key[^1] == '0' ? '1' : '0'));
        Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);

        Assert.Equal("C-1", (string?)(await _hub.GetJsonAsync("/api/orders/C-1", key))["number"]);
        foreach (string path in (string[])["/api/orders/C-2", "/api/orders/C-2?customer=C-2", "/api/orders?customer=C-2", "/api/backorders?customer=C-2", "/api/events?customer=C-2", "/api/sales-invoices?customer=C-2"])
        {
            using var foreign = await _hub.GetAsync(path, key);
            Assert.True(foreign.StatusCode == HttpStatusCode.NotFound, $"{path}: found {foreign.StatusCode}");
        }
        Assert.Single((await _hub.GetJsonAsync("/api/orders", key))["items"]!.AsArray());
        Assert.Single((await _hub.GetJsonAsync("/api/events", key))["events"]!.AsArray());
        using var forbidden = await _hub.PostAsync("/api/orders", _hub.Order("C-3", "C-1"), key: key);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
    }

    [Fact]
    public async Task Sales_invoices_come_in_as_csv_and_as_json_and_the_customer_sees_what_is_open()
    {
        const string Csv = """
            number,customer,issued,due,currency,total,open,order_number,line_id,quantity,amount
            SI-1,C-1,2026-03-02,2026-04-01,EUR,167.22,167.22,A-1,1,2,71.14
            SI-1,C-1,2026-03-02,2026-04-01,EUR,167.22,167.22,A-1,"2",6,96.08
            SI-2,C-1,2026-03-03,,EUR,10.00,0,A-2,1,1,10.00
            """;
        using var taken = await _hub.PostAsync("/api/sales-invoices", Csv, "text/csv");
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        var open = await _hub.GetJsonAsync("/api/sales-invoices?customer=C-1&open=true");
        Assert.Equal("SI-1", (string?)Assert.Single(open.AsArray())!["number"]);
        Assert.Equal(2, open[0]!["lines"]!.AsArray().Count);
        using var paid = await _hub.PostAsync("/api/sales-invoices", """[{ "number": "SI-1", "customer": "C-1", "issued": "2026-03-02", "currency": "EUR", "total": 167.22, "open": 0, "lines": [] }]""");
        Assert.Equal(HttpStatusCode.NoContent, paid.StatusCode);
        Assert.Empty((await _hub.GetJsonAsync("/api/sales-invoices?customer=C-1&open=true")).AsArray());
        using var wrong = await _hub.PostAsync("/api/sales-invoices", Csv.Replace("71.14", "71,14", StringComparison.Ordinal).Replace("2026-03-03", "3 March", StringComparison.Ordinal), "text/csv");
        string text = await wrong.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        Assert.Contains("line 4 issued", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_description_of_the_API_names_every_end_point()
    {
        var document = await _hub.GetJsonAsync("/api/openapi.json");
        string[] paths = [.. document["paths"]!.AsObject().Select(path => path.Key)];
        foreach (string path in (string[])["/api/orders", "/api/orders/{number}", "/api/orders/{number}/history", "/api/backorders", "/api/events", "/api/sales-invoices", "/api/webhooks"])
        {
            Assert.Contains(path, paths);
        }
        Assert.DoesNotContain(paths, path => path.StartsWith("/do/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_description_of_the_API_shows_problems_keys_examples_and_webhooks_as_they_are()
    {
        var document = await _hub.GetJsonAsync("/api/openapi.json");
        var submit = document["paths"]!["/api/orders"]!["post"]!;
        Assert.Equal("#/components/schemas/ProblemFinding", document["components"]!["schemas"]!["ProblemDetails"]!["properties"]!["errors"]!["items"]!["$ref"]!.ToString());
        Assert.Equal("bearer", document["components"]!["securitySchemes"]!["apiKey"]!["scheme"]!.ToString());
        foreach (string status in (string[])["400", "401", "403", "413", "422", "429"])
        {
            var example = submit["responses"]![status]!["content"]!["application/problem+json"]!["example"]!;
            Assert.Equal(status, example["status"]!.ToString());
            Assert.StartsWith("urn:unified-commerce:problem:", example["type"]!.ToString(), StringComparison.Ordinal);
        }
        // The example of a request is one that the hub takes, and the answer has the members of its example.
        using var taken = await _hub.PostAsync("/api/orders", submit["requestBody"]!["content"]!["application/json"]!["example"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.Created, taken.StatusCode);
        var answer = System.Text.Json.Nodes.JsonNode.Parse(await taken.Content.ReadAsStringAsync())!.AsObject();
        Assert.Equal(submit["responses"]!["201"]!["content"]!["application/json"]!["example"]!.AsObject().Select(member => member.Key), answer.Select(member => member.Key));
        var feed = await _hub.GetJsonAsync("/api/events?after=0");
        Assert.Equal(document["paths"]!["/api/events"]!["get"]!["responses"]!["200"]!["content"]!["application/json"]!["example"]!.AsObject().Select(member => member.Key), feed.AsObject().Select(member => member.Key));
        var told = document["webhooks"]!["orderEvent"]!["post"]!;
        Assert.Equal(["webhook-id", "webhook-timestamp", "webhook-signature"], told["parameters"]!.AsArray().Select(header => header!["name"]!.ToString()));
        Assert.Equal("unified-commerce.order.changed", told["requestBody"]!["content"]!["application/cloudevents+json"]!["example"]!["type"]!.ToString());
    }

    [Fact]
    public async Task Health_and_metrics_answer()
    {
        foreach (string path in (string[])["/health/startup", "/health/live", "/health/ready"])
        {
            using var answer = await _hub.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        using var taken = await _hub.PostAsync("/api/orders", _hub.Order("M-1"));
        using var metrics = await _hub.GetAsync("/metrics");
        // Other hubs of this test process count on the same meter.
        Assert.Matches("hub_orders_taken_total\\{outcome=\"accepted\"\\} [1-9]", await metrics.Content.ReadAsStringAsync());
    }
}
