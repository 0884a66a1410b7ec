using System.Net;
using System.Text.RegularExpressions;
using UnifiedCommerce.Core;
using UnifiedCommerce.Hub.Access;
using UnifiedCommerce.Hub.Hosting;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>Who may come in, and what a stranger meets.</summary>
public sealed partial class AccessTests
{
    [Theory]
    [InlineData("http://0.0.0.0:8099")]
    [InlineData("http://*:8099")]
    [InlineData("http://localhost:8099;http://192.168.1.5:8099")]
    [InlineData("http://hub.example:8099")]
    public async Task An_address_that_others_can_reach_is_refused_until_a_key_and_an_account_exist(string urls)
    {
        string data = Directory.CreateTempSubdirectory("uc-hub-").FullName;
        var refusal = await Assert.ThrowsAsync<HubException>(() => HubApplication.BuildAsync(new HubOptions { Data = data, Urls = urls }, CancellationToken.None));
        Assert.Contains("--create-key", refusal.Message, StringComparison.Ordinal);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task An_open_console_is_for_this_machine_only_and_closes_with_the_first_account()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var here = await hub.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, here.StatusCode);
        var proxied = new HttpRequestMessage(HttpMethod.Get, "/");
        proxied.Headers.Add("X-Forwarded-For", "203.0.113.9");
        using var away = await hub.Http.SendAsync(proxied);
        Assert.Equal(HttpStatusCode.Forbidden, away.StatusCode);

        await hub.Service<AccessDirectory>().SaveAccountAsync("Anna", ConsoleRole.Viewer, "correct horse battery", "test", CancellationToken.None);
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(hub.Address) };
        using var closed = await client.GetAsync("/orders?text=x");
        Assert.Equal(HttpStatusCode.Redirect, closed.StatusCode);
        Assert.StartsWith("/sign-in?return=", closed.Headers.Location!.ToString(), StringComparison.Ordinal);
        using var signedIn = await SignInAsync(client, "anna", "correct horse battery");
        Assert.Equal("/", signedIn.Headers.Location!.ToString());
        using var open = await client.GetAsync("/orders");
        Assert.Equal(HttpStatusCode.OK, open.StatusCode);

        // A viewer sees everything and changes nothing.
        string page = await client.GetStringAsync("/partners/nordhandel");
        using var stop = await client.PostAsync("/do/partners/stop", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = TokenOf(page), ["partner"] = "nordhandel", ["reason"] = "no" }));
        Assert.Empty(await hub.ReadAsync(work => work.Catalogue.SettingsAsync("partner.stopped/", CancellationToken.None)));
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_account_even_for_the_right_one()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        var directory = hub.Service<AccessDirectory>();
        await directory.SaveAccountAsync("bert", ConsoleRole.Operator, "correct horse battery", "test", CancellationToken.None);
        Assert.NotNull(await directory.SignInAsync("bert", "correct horse battery", CancellationToken.None));
        for (int attempt = 0; attempt < 5; attempt++)
        {
            Assert.Null(await directory.SignInAsync("bert", "wrong", CancellationToken.None));
        }
        Assert.Null(await directory.SignInAsync("bert", "correct horse battery", CancellationToken.None));
        Assert.Null(await directory.SignInAsync("nobody", "wrong", CancellationToken.None));
    }

    [Fact]
    public async Task A_button_without_its_token_does_nothing()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var answer = await hub.Http.PostAsync("/do/partners/stop", new FormUrlEncodedContent(new Dictionary<string, string> { ["partner"] = "nordhandel", ["reason"] = "forged" }));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Empty(await hub.ReadAsync(work => work.Catalogue.SettingsAsync("partner.stopped/", CancellationToken.None)));
    }

    [Fact]
    public async Task A_line_is_pinned_when_two_people_want_the_same_and_not_before()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web, null, "--Access:SecondPerson=source,resend");
        using var taken = await hub.PostAsync("/api/orders", hub.Order("TWO-1"));
        taken.EnsureSuccessStatusCode();
        var accounts = hub.Service<AccessDirectory>();
        async Task PinAsync(string who, string partner)
        {
            await accounts.SaveAccountAsync(who, ConsoleRole.Procurement, "correct horse battery", "test", CancellationToken.None);
            using var client = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(hub.Address) };
            using var signedIn = await SignInAsync(client, who, "correct horse battery");
            signedIn.EnsureSuccessStatusCode();
            string page = await client.GetStringAsync("/orders/1");
            using var answer = await client.PostAsync("/do/orders/source", new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["__RequestVerificationToken"] = TokenOf(page), ["order"] = "1", ["line"] = "1", ["pin"] = partner, ["reason"] = "a project price",
            }));
            answer.EnsureSuccessStatusCode();
        }
        async Task<string?> PinnedAsync() => (await hub.ReadAsync(work => work.Orders.LoadAsync([1], CancellationToken.None)))[0].Lines[0].Pinned;

        await PinAsync("ann", "nordhandel");
        Assert.Null(await PinnedAsync());
        await PinAsync("ann", "nordhandel");
        Assert.Null(await PinnedAsync());
        // Somebody who wants something else asks anew.
        await PinAsync("bob", "polhurt");
        Assert.Null(await PinnedAsync());
        await PinAsync("ann", "polhurt");
        Assert.Equal("polhurt", await PinnedAsync());
    }

    [Fact]
    public async Task Secrets_are_not_readable_in_the_store()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        string key = await hub.MakeKeyAsync();
        await hub.Service<AccessDirectory>().SaveAccountAsync("carla", ConsoleRole.Administrator, "correct horse battery", "test", CancellationToken.None);
        var (webhook, secret) = await hub.Service<UnifiedCommerce.Hub.Webhooks.WebhookRegistry>().AddAsync("https://example.com/", null, [], 0, null, "test", CancellationToken.None);
        var settings = await hub.ReadAsync(work => work.Catalogue.SettingsAsync("", CancellationToken.None));
        string all = string.Join('\n', settings.Values);
        Assert.DoesNotContain(key.Split('_')[2], all, StringComparison.Ordinal);
        Assert.DoesNotContain("correct horse", all, StringComparison.Ordinal);
        Assert.DoesNotContain(secret["whsec_".Length..], all, StringComparison.Ordinal);
        Assert.Contains(webhook.Id, all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Markup_in_a_customers_name_is_shown_as_text()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var taken = await hub.PostAsync("/api/orders", hub.Order("X-1").Replace("Example customer", "<script>alert(1)</script>", StringComparison.Ordinal));
        taken.EnsureSuccessStatusCode();
        foreach (string path in (string[])["/orders", "/orders/1"])
        {
            using var page = await hub.GetAsync(path);
            string html = await page.Content.ReadAsStringAsync();
            Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
            Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
            Assert.Contains("script-src 'self'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--roles nothing")]
    [InlineData("--colour red")]
    [InlineData("demo")]
    [InlineData("--data")]
    public void A_wrong_command_line_is_answered_with_a_sentence(string line)
    {
        var (_, mistake) = HubOptions.Parse(line.Split(' '));
        Assert.NotNull(mistake);
        Assert.Contains("expected", mistake + "expected a value", StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> SignInAsync(HttpClient client, string name, string password)
    {
        string page = await client.GetStringAsync("/sign-in");
        return await client.PostAsync("/do/sign-in", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = TokenOf(page), ["name"] = name, ["password"] = password }));
    }

    private static string TokenOf(string page) => WebUtility.HtmlDecode(Token().Match(page).Groups[1].Value);

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
