using Microsoft.Playwright;

namespace UnifiedCommerce.Browser.Tests;

/// <summary>A person clicks through the console.</summary>
public sealed class ConsoleTests(ConsoleFixture console) : IClassFixture<ConsoleFixture>
{
    private string[] Paths =>
    [
        "/", "/tasks", "/orders", "/orders/1", "/runs", "/runs?all=true", $"/runs/{console.RunId}", "/purchases", $"/purchases/{console.PurchaseId}", "/invoices", "/documents",
        $"/documents/{console.QuarantinedId}", "/dispatches", "/partners", "/partners/nordhandel", "/savings", "/sell-through", "/jobs", "/jobs?stage=Queued", "/schedules", "/audit", "/access",
        "/start", "/search?q=W-1001", "/search?q=nothing-has-this-key", "/orders/999999",
    ];

    [BrowserFact]
    public async Task Every_page_opens_without_an_error_and_fits_a_screen_of_1280_pixels_and_a_phone()
    {
        var page = await console.OpenAsync("/");
        foreach (int width in (int[])[1280, 390])
        {
            await page.SetViewportSizeAsync(width, 900);
            foreach (string path in Paths)
            {
                var answer = await page.GotoAsync(path);
                Assert.True(answer!.Status == 200, $"{path}: {answer.Status}");
                Assert.True(await page.Locator("h1").First.IsVisibleAsync(), $"{path} has no heading");
                int excess = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
                Assert.True(excess <= 0, $"{path} at {width}: {excess} pixels wider than the screen");
            }
        }
        Assert.Empty(console.Errors);
    }

    [BrowserFact]
    public async Task The_menu_leads_to_every_page()
    {
        var page = await console.OpenAsync("/");
        string[] names = [.. await page.Locator("nav.side a").AllTextContentsAsync()];
        Assert.True(names.Length >= 14, $"found {names.Length} links in the menu");
        for (int index = 0; index < names.Length; index++)
        {
            await page.Locator("nav.side a").Nth(index).ClickAsync();
            Assert.Equal(1, await page.Locator("nav.side a[aria-current=page]").CountAsync());
        }
    }

    [BrowserFact]
    public async Task A_search_by_order_number_leads_to_the_life_line_and_to_the_decision()
    {
        var page = await console.OpenAsync("/");
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("W-1001");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Link, new() { Name = "W-1001" }).First.ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("Bouwbedrijf <Jansen>");
        string life = await page.Locator(".line").InnerTextAsync();
        Assert.Contains("came in through webshop", life, StringComparison.Ordinal);
        Assert.Contains("Purchase order", life, StringComparison.Ordinal);
        await page.Locator(".line").GetByRole(AriaRole.Link, new() { Name = "decided" }).First.ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("Why these distributors");
        string text = await page.Locator("main").InnerTextAsync();
        foreach (string word in (string[])["Goods", "Freight", "Cash cost", "Hammer drill 750 W", "Van der Meer"])
        {
            Assert.Contains(word, text, StringComparison.Ordinal);
        }
        await page.GetByText("How to replay this decision").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Solve it again" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("byte for byte");
    }

    [BrowserFact]
    public async Task A_line_in_decimals_is_explained_in_the_units_that_were_ordered()
    {
        var page = await console.OpenAsync($"/runs/{console.RunId}");
        string text = (await page.Locator("main").InnerTextAsync()).ReplaceLineEndings(" ");
        Assert.Contains("Cable 3 x 1.5, by the metre (K-4) 12.5 needed", text, StringComparison.Ordinal);
        // Sold by the whole metre.
        Assert.Contains("13 from Nordhandel Werkzeuge GmbH (12.5 needed)", text, StringComparison.Ordinal);
        // Nobody has stock of this one: the price list tells the unit.
        Assert.Contains("Chain 6 mm, by the metre (K-5) 7.25 needed", text, StringComparison.Ordinal);
        Assert.Contains("Hammer drill 750 W (K-1)", text, StringComparison.Ordinal);
        Assert.DoesNotContain("12500", text, StringComparison.Ordinal);
        Assert.DoesNotContain("13000", text, StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task A_buyer_matches_an_article_and_the_task_is_gone()
    {
        var page = await console.OpenAsync("/tasks?kind=unmatched-article");
        await page.GetByLabel("Article", new() { Exact = true }).First.FillAsync("K-3");
        await page.GetByRole(AriaRole.Button, new() { Name = "Match", Exact = true }).First.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("K-3");
        Assert.Equal(0, await page.Locator("article.task").CountAsync());
        await page.GotoAsync("/audit");
        Assert.Contains("local", await page.Locator("table").InnerTextAsync(), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task An_operator_stops_and_starts_a_partner()
    {
        var page = await console.OpenAsync("/partners/vandermeer");
        page.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        await page.Locator("form[action='/do/partners/stop']").GetByLabel("Reason").FillAsync("their warehouse moves");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("their warehouse moves");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start again" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("started");
    }

    [BrowserFact]
    public async Task A_quarantined_document_shows_its_bytes_beside_what_was_found_and_is_dismissed_with_a_reason()
    {
        var page = await console.OpenAsync($"/documents/{console.QuarantinedId}");
        await Assertions.Expect(page.Locator("pre")).ToContainTextAsync("BGM+231+<b>+29'");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("expected RFF");
        await page.GetByLabel("Reason").FillAsync("a test of theirs");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("dismissed");
    }

    [BrowserFact]
    public async Task The_page_can_be_used_with_the_keyboard_and_in_the_dark()
    {
        var page = await console.OpenAsync("/orders", colours: ColorScheme.Dark);
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to the content", await page.EvaluateAsync<string>("document.activeElement.textContent"));
        string dark = await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        await page.Locator("[data-theme-switch]").ClickAsync();
        string light = await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Assert.NotEqual(dark, light);
        await page.ReloadAsync();
        Assert.Equal(light, await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    [BrowserFact]
    public async Task A_page_left_open_shows_what_came_in_since()
    {
        var page = await console.OpenAsync("/");
        string before = await page.Locator("#home .tile b").First.InnerTextAsync();
        using var http = new HttpClient { BaseAddress = new Uri(console.Address) };
        using var content = new StringContent("""{ "number": "LATER-1", "channel": "webshop", "buyer": { "id": "C-9" }, "lines": [ { "id": "1", "item": { "manufacturerPart": "MP-1" }, "quantity": { "value": 1, "unit": "EA" } } ] }""", System.Text.Encoding.UTF8, "application/json");
        using var taken = await http.PostAsync("/api/orders", content);
        Assert.True(taken.IsSuccessStatusCode);
        await Assertions.Expect(page.Locator("#home .tile b").First).Not.ToHaveTextAsync(before, new() { Timeout = 20_000 });
    }
}
