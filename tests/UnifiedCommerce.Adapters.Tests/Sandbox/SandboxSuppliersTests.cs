using System.Net;
using System.Text;
using UnifiedCommerce.Adapters.Tests.Transports;
using UnifiedCommerce.Sandbox;

namespace UnifiedCommerce.Adapters.Tests.Sandbox;

public sealed class SandboxSuppliersTests : IDisposable
{
    private const string Order = """
        UNA:+.? '
        UNB+UNOC:3+8719326000015:14+4031902000016:14+260302:0915+42'
        UNH+1+ORDERS:D:96A:UN:EAN008'
        BGM+220+PO-000012+9'
        DTM+137:20260302:102'
        NAD+BY+8719326000015::9'
        NAD+SU+4031902000016::9'
        NAD+DP+8719326000022::9'
        CUX+2:EUR:9'
        LIN+1++4017556010014:EN'
        PIA+1+NH-1001:SA'
        QTY+21:40:PCE'
        PRI+AAA:4.15:::1:PCE'
        UNS+S'
        CNT+2:1'
        UNT+14+1'
        UNZ+1+42'
        """;

    private readonly string root = Directory.CreateTempSubdirectory("uc-sandbox-").FullName;
    private readonly SteppedTime time = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.FromHours(1)));

    private string Out => Path.Combine(root, "partners", "nordhandel", "out");

    private string In => Path.Combine(root, "partners", "nordhandel", "in");

    [Fact]
    public async Task A_purchase_order_is_acknowledged_answered_shipped_and_billed_in_that_order()
    {
        await using SandboxSuppliers suppliers = await StartAsync();
        Put("ORDERS_PO-000012-v1.edi", Order);
        await suppliers.RunDueAsync(time.Now, CancellationToken.None);
        Assert.Empty(Sent());

        List<string> kinds = [];
        while (suppliers.NextDueAt is { } next)
        {
            time.Step(next - time.Now);
            await suppliers.RunDueAsync(time.Now, CancellationToken.None);
            kinds.AddRange(Sent().Select(name => name.Split('_')[0]).Except(kinds));
        }

        Assert.Equal(["acknowledge", "answer", "despatch", "invoice"], kinds);
        Assert.Equal(166m, Assert.Single(suppliers.Report().Held).Total);
        Assert.True(File.Exists(Path.Combine(Out, "archive", "ORDERS_PO-000012-v1.edi")));
    }

    [Fact]
    public async Task The_same_purchase_order_under_another_name_is_reported_as_doubled()
    {
        await using SandboxSuppliers suppliers = await StartAsync();
        Put("one.edi", Order);
        await suppliers.RunDueAsync(time.Now, CancellationToken.None);
        Put("two.edi", Order.Replace("+42'", "+43'", StringComparison.Ordinal));
        await suppliers.RunDueAsync(time.Now, CancellationToken.None);
        Put("one.edi", Order);
        await suppliers.RunDueAsync(time.Now, CancellationToken.None);

        SandboxReport report = suppliers.Report();
        Assert.Equal("one.edi", Assert.Single(report.Held).Delivery);
        Assert.Equal(["two.edi", "one.edi"], report.Doubled.Select(doubled => doubled.Delivery));
        Assert.NotEqual(report.Doubled[0].FirstSha256, report.Doubled[0].Sha256);
    }

    [Fact]
    public async Task What_cannot_be_read_is_reported()
    {
        await using SandboxSuppliers suppliers = await StartAsync();
        Put("broken.edi", Order.Replace("QTY+21:40:PCE'\n", "", StringComparison.Ordinal));
        Put("noise.edi", "hello");
        await suppliers.RunDueAsync(time.Now, CancellationToken.None);

        Assert.Equal(["broken.edi", "noise.edi"], suppliers.Report().Unreadable.Select(what => what.Delivery));
        Assert.Empty(suppliers.Report().Held);
    }

    [Fact]
    public async Task A_killed_run_goes_on_with_the_same_bytes_and_doubles_nothing()
    {
        Dictionary<string, byte[]> whole = await RunAsync(Path.Combine(root, "whole"), kill: false);
        Dictionary<string, byte[]> broken = await RunAsync(Path.Combine(root, "broken"), kill: true);

        Assert.Equal(whole.Keys.Order(), broken.Keys.Order());
        Assert.All(whole, file => Assert.Equal(file.Value, broken[file.Key]));
    }

    [Fact]
    public async Task A_torn_last_line_of_the_journal_did_not_happen()
    {
        await using (SandboxSuppliers suppliers = await StartAsync())
        {
            Put("one.edi", Order);
            await suppliers.RunDueAsync(time.Now, CancellationToken.None);
        }
        await File.AppendAllTextAsync(Path.Combine(root, "sandbox", "journal.jsonl"), "{\"$type\":\"done\",\"Id\":\"nordh", CancellationToken.None);

        await using SandboxSuppliers again = await StartAsync();
        Assert.Single(again.Report().Held);
        Assert.Empty(again.Report().Doubled);
    }

    [Fact]
    public void A_plan_depends_on_seed_and_order_alone()
    {
        ReadOrder order = new() { Number = "PO-000012", Issued = new DateOnly(2026, 3, 2), Currency = "EUR", Lines = [new ReadLine(1, "4017556010014", "NH-1001", null, 40, "PCE", 4.15m, 1)] };
        SupplierProfile supplier = SupplierProfile.Samples[0];

        OrderPlan first = Behaviour.Plan(7, supplier, order, _ => null);
        OrderPlan second = Behaviour.Plan(7, supplier, order, _ => null);

        Assert.Equal(first.Scenario, second.Scenario);
        Assert.Equal(first.Lines, second.Lines);
        Assert.Equal(first.AnswerAfter, second.AnswerAfter);
        Scenario[] mix = [.. Enumerable.Range(1, 500).Select(n => Behaviour.Plan(7, supplier, order with { Number = $"PO-{n:000000}" }, _ => ("NH-1", "4017556010014")).Scenario)];
        Assert.Equal(Enum.GetValues<Scenario>().Order(), mix.Distinct().Order());
        Assert.InRange(mix.Count(scenario => scenario == Scenario.Accept), 180, 290);
    }

    [Fact]
    public async Task An_http_supplier_takes_an_order_once_whatever_is_repeated()
    {
        await using SandboxSuppliers suppliers = await StartAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(suppliers, "PO-000012-v1", QuickOrder(40), token: "wrong"));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(suppliers, "PO-000012-v1", QuickOrder(40)));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(suppliers, "PO-000012-v1", QuickOrder(40)));
        Assert.Empty(suppliers.Report().Doubled);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await PostAsync(suppliers, "PO-000012-v1", QuickOrder(41)));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(suppliers, "PO-000012-v2", QuickOrder(40)));
        Assert.Equal(2, suppliers.Report().Doubled.Count);
        Assert.Single(suppliers.Report().Held);
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(suppliers, "PO-000013-v1", "{\"orderReference\":"));
    }

    [Fact]
    public async Task Faults_on_the_suppliers_side_hold_what_they_promise()
    {
        await using SandboxSuppliers suppliers = await StartAsync();

        suppliers.SetFault("quickparts", SandboxFault.ServerError, 1);
        Assert.Equal(HttpStatusCode.InternalServerError, await PostAsync(suppliers, "PO-000001-v1", QuickOrder(1)));
        suppliers.SetFault("quickparts", SandboxFault.Refuse, 1);
        await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync(suppliers, "PO-000001-v1", QuickOrder(1)));
        Assert.Empty(suppliers.Report().Held);
        suppliers.SetFault("quickparts", SandboxFault.DropAnswer, 1);
        await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync(suppliers, "PO-000001-v1", QuickOrder(1)));
        Assert.Single(suppliers.Report().Held);
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(suppliers, "PO-000001-v1", QuickOrder(1)));
        Assert.Empty(suppliers.Report().Doubled);

        suppliers.SetFault("nordhandel", SandboxFault.StopReading);
        Put("one.edi", Order);
        Assert.Equal(0, (await suppliers.RunDueAsync(time.Now, CancellationToken.None)).Collected);
    }

    [Fact]
    public async Task An_answer_that_the_hub_does_not_take_stays_due()
    {
        await using SandboxSuppliers suppliers = await StartAsync();
        await PostAsync(suppliers, "PO-000012-v1", QuickOrder(40));
        time.Step(TimeSpan.FromDays(30));

        SandboxRun run = await suppliers.RunDueAsync(time.Now, CancellationToken.None);

        Assert.True(run.Failed > 0 && run.Reason is not null);
        Assert.Equal(run.Failed, suppliers.Report().Pending);
    }

    [Fact]
    public async Task A_cancellation_before_the_goods_leave_is_agreed_and_nothing_is_shipped()
    {
        await using SandboxSuppliers suppliers = await StartAsync();
        Put("one.edi", Order);
        await suppliers.RunDueAsync(time.Now, CancellationToken.None);
        time.Step(TimeSpan.FromHours(4));
        await suppliers.RunDueAsync(time.Now, CancellationToken.None);
        Put("two.edi", """
            UNB+UNOC:3+8719326000015:14+4031902000016:14+260302:1215+43'
            UNH+1+ORDCHG:D:96A:UN:EAN008'
            BGM+230+PO-000012-C1+1'
            DTM+137:20260302:102'
            RFF+ON:PO-000012'
            LIN+1+2+4017556010014:EN'
            QTY+21:0:PCE'
            UNS+S'
            UNT+8+1'
            UNZ+1+43'
            """);
        await suppliers.RunDueAsync(time.Now, CancellationToken.None);
        time.Step(TimeSpan.FromDays(30));
        await suppliers.RunDueAsync(time.Now, CancellationToken.None);

        Assert.DoesNotContain(Sent(), name => name.StartsWith("despatch", StringComparison.Ordinal));
        string answer = File.ReadAllText(Path.Combine(In, Assert.Single(Sent(), name => name.StartsWith("answer-change", StringComparison.Ordinal))));
        Assert.Contains("RFF+ACD:PO-000012-C1'", answer, StringComparison.Ordinal);
        Assert.Contains("LIN+1+7+", answer, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(root, true);

    private async Task<Dictionary<string, byte[]>> RunAsync(string folder, bool kill)
    {
        SteppedTime clock = new(time.Now);
        SandboxOptions options = new() { Root = folder, Time = clock, Seed = 3 };
        SandboxSuppliers suppliers = await SandboxSuppliers.StartAsync(options, CancellationToken.None);
        for (int n = 1; n <= 12; n++)
        {
            string text = Order.Replace("PO-000012", $"PO-{n:000000}", StringComparison.Ordinal).ReplaceLineEndings("\n");
            await File.WriteAllTextAsync(Path.Combine(folder, "partners", "nordhandel", "out", $"{n}.edi"), text, CancellationToken.None);
        }
        await suppliers.RunDueAsync(clock.Now, CancellationToken.None);
        for (int step = 0; suppliers.NextDueAt is { } next; step++)
        {
            clock.Step(next - clock.Now);
            await suppliers.RunDueAsync(clock.Now, CancellationToken.None);
            if (kill && step % 3 == 0)
            {
                // Nothing is written at the end: disposing only closes the file, as a kill does.
                await suppliers.DisposeAsync();
                suppliers = await SandboxSuppliers.StartAsync(options, CancellationToken.None);
            }
        }
        Assert.Empty(suppliers.Report().Doubled);
        Assert.Equal(12, suppliers.Report().Held.Count);
        await suppliers.DisposeAsync();
        return Directory.GetFiles(Path.Combine(folder, "partners", "nordhandel", "in")).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);
    }

    private Task<SandboxSuppliers> StartAsync() => SandboxSuppliers.StartAsync(
        new SandboxOptions { Root = root, Time = time, Seed = AcceptingSeed, OwnToken = _ => "token" }, CancellationToken.None);

    private static int AcceptingSeed { get; } = Enumerable.Range(1, 100).First(seed => Behaviour.Plan(seed, SupplierProfile.Samples[0],
        new ReadOrder { Number = "PO-000012", Issued = new DateOnly(2026, 3, 2), Currency = "EUR", Lines = [new ReadLine(1, null, "NH-1001", null, 40, "PCE", 4.15m, 1)] }, _ => null).Scenario == Scenario.Accept);

    private void Put(string name, string text) => File.WriteAllText(Path.Combine(Out, name), text.ReplaceLineEndings("\n"));

    private string[] Sent() => [.. Directory.GetFiles(In).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private static string QuickOrder(int quantity) => $$"""
        {"orderReference":"PO-000012","orderedAt":"2026-03-02T09:15:00+01:00","currency":"EUR","lines":[{"line":1,"article":"QP-1001","quantity":{{quantity}},"unit":"EA","price":4.15,"per":1}]}
        """;

    private static async Task<HttpStatusCode> PostAsync(SandboxSuppliers suppliers, string key, string body, string token = "token")
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Post, suppliers.AddressOf(new Uri("http://127.0.0.1:8091/quickparts/v2/orders")))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Idempotency-Key", key);
        request.Headers.Authorization = new("Bearer", token);
        using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
        return response.StatusCode;
    }
}
