using Microsoft.Playwright;

namespace UnifiedCommerce.Browser.Tests;

/// <summary>What every page keeps to, so that everybody can work with it: see <c>page-rules.js</c>.</summary>
public sealed class PageRulesTests(ConsoleFixture console) : IClassFixture<ConsoleFixture>
{
    private static readonly string s_rules = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "page-rules.js"));

    // Beside the pages of the menu: one of each kind of detail page, and what people see when there is nothing.
    private string[] Details =>
    [
        "/orders/1", "/orders/999999", "/runs?all=true", $"/runs/{console.RunId}", $"/purchases/{console.PurchaseId}", $"/documents/{console.QuarantinedId}", $"/dispatches/{console.DispatchId}",
        "/partners/nordhandel", "/partners/nordhandel/versions", "/partners/nordhandel/mapping?file=nordhandel%2Finvoice.edifact.map", "/jobs?stage=Queued", $"/jobs/{console.JobId}", "/schedules",
        "/tasks?closed=true", "/search?q=W-1001", "/search?q=nothing-has-this-key", "/documents?text=nothing-has-this-name",
    ];

    [BrowserFact]
    public async Task Every_page_can_be_read_and_used_by_everybody()
    {
        var page = await console.OpenAsync("/");
        string[] menu = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('nav.side a')].map(each => each.getAttribute('href'))");
        Assert.True(menu.Length >= 14, $"found {menu.Length} links in the menu");
        var breaches = new List<string>();
        foreach (var colours in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = colours });
            foreach (int width in (int[])[1280, 390])
            {
                await page.SetViewportSizeAsync(width, 900);
                foreach (string path in menu.Concat(Details))
                {
                    var answer = await page.GotoAsync(path);
                    Assert.True(answer!.Status == 200, $"{path}: {answer.Status}");
                    // What is folded is part of the page.
                    await page.EvaluateAsync("document.querySelectorAll('main details').forEach(each => each.open = true)");
                    breaches.AddRange((await page.EvaluateAsync<string[]>($"({s_rules})()")).Select(breach => $"{path} at {width}, {colours}: {breach}"));
                }
            }
        }
        Assert.True(breaches.Count == 0, string.Join('\n', breaches));
    }

    [BrowserFact]
    public async Task The_keyboard_reaches_every_action_in_the_order_of_the_page_and_shows_where_it_is()
    {
        foreach (string path in (string[])["/tasks", "/orders", "/orders/1", $"/purchases/{console.PurchaseId}", $"/documents/{console.QuarantinedId}", "/partners/nordhandel", "/access", "/validator", "/jobs?stage=Queued"])
        {
            var page = await console.OpenAsync(path);
            // What a person expects to reach, by its place on the page; hidden fields and links of the menu aside.
            int expected = await page.EvaluateAsync<int>("""
                () => {
                  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter((each) => each.checkVisibility());
                  all.forEach((each, index) => each.dataset.place = index);
                  return all.length;
                }
                """);
            var places = new List<int>();
            for (int press = 0; press < expected; press++)
            {
                await page.Keyboard.PressAsync("Tab");
                var (place, seen) = Split(await page.EvaluateAsync<string>("""
                    () => {
                      const each = document.activeElement;
                      const style = getComputedStyle(each);
                      return `${each.dataset?.place ?? -1} ${style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2}`;
                    }
                    """));
                Assert.True(place >= 0, $"{path}: after {press} of {expected} steps the keyboard is nowhere");
                Assert.True(seen, $"{path}: nothing shows that the keyboard is on place {place}");
                places.Add(place);
            }
            Assert.Equal(Enumerable.Range(0, expected), places);
            await page.Context.CloseAsync();
        }

        static (int Place, bool Seen) Split(string told) => (int.Parse(told.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), told.EndsWith("true", StringComparison.Ordinal));
    }

    [BrowserFact]
    public async Task A_question_before_a_risky_action_is_left_with_Escape_and_nothing_happens()
    {
        var page = await console.OpenAsync("/partners/bergmann");
        string? asked = null;
        page.Dialog += (_, dialog) =>
        {
            asked = dialog.Message;
            // What Escape does in the browser's own dialog.
            _ = dialog.DismissAsync();
        };
        await page.Locator("form[action='/do/partners/stop']").GetByLabel("Reason").FillAsync("a slip of the hand");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        Assert.StartsWith("Stop it?", asked, StringComparison.Ordinal);
        Assert.Equal(0, await page.GetByRole(AriaRole.Button, new() { Name = "Start again" }).CountAsync());
        Assert.Equal("a slip of the hand", await page.Locator("form[action='/do/partners/stop']").GetByLabel("Reason").InputValueAsync());
    }

    [BrowserFact]
    public async Task Fresh_rows_leave_the_keyboard_where_it_was()
    {
        var page = await console.OpenAsync("/orders");
        await page.GetByRole(AriaRole.Link, new() { Name = "W-1001" }).FocusAsync();
        using var http = new HttpClient { BaseAddress = new Uri(console.Address) };
        using var content = new StringContent("""{ "number": "FRESH-1", "channel": "webshop", "buyer": { "id": "C-9" }, "lines": [ { "id": "1", "item": { "manufacturerPart": "MP-1" }, "quantity": { "value": 1, "unit": "EA" } } ] }""", System.Text.Encoding.UTF8, "application/json");
        using var taken = await http.PostAsync("/api/orders", content);
        Assert.True(taken.IsSuccessStatusCode);
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "FRESH-1" })).ToBeVisibleAsync(new() { Timeout = 30_000 });
        Assert.Equal("W-1001", await page.EvaluateAsync<string>("document.activeElement.textContent"));
    }

    [BrowserFact]
    public async Task A_refused_file_says_beside_its_field_what_is_wrong()
    {
        var page = await console.OpenAsync("/validator");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Choose a file");
        var field = page.GetByLabel("File of a supplier or customer");
        await Assertions.Expect(field).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(field).ToHaveAttributeAsync("aria-describedby", "trouble");
    }

    [BrowserFact]
    public async Task A_mistyped_address_is_answered_with_a_page_that_leads_on()
    {
        var page = await console.OpenAsync("/");
        var answer = await page.GotoAsync("/no-such-page");
        Assert.Equal(404, answer!.Status);
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("There is no such page");
        await page.Locator("main").GetByRole(AriaRole.Link, new() { Name = "home" }).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("What flows");
    }

    /// <summary>A page that breaks each rule once: a rule that lets it pass guards nothing.</summary>
    [BrowserFact]
    public async Task Each_rule_finds_what_breaks_it()
    {
        var page = await console.OpenAsync("/orders");
        foreach (var (rule, harm) in (IEnumerable<(string, string)>)
        [
            ("heading", "document.querySelector('main').append(document.createElement('h1'))"),
            ("heading", "document.querySelector('main').append(document.createElement('h4'))"),
            ("title", "document.title = 'UnifiedCommerce'"),
            ("language", "document.documentElement.removeAttribute('lang')"),
            ("landmark", "document.querySelector('nav').removeAttribute('aria-label'); document.querySelectorAll('nav').forEach(each => each.removeAttribute('aria-label'))"),
            ("caption", "document.querySelector('table caption').remove()"),
            ("scope", "document.querySelector('th').removeAttribute('scope')"),
            ("scope", "document.querySelector('th').textContent = ''"),
            ("numbers", "document.querySelector('td.n').style.textAlign = 'left'"),
            ("label", "document.querySelector('main input').labels[0].replaceWith(document.querySelector('main input'))"),
            ("label", "document.querySelector('main button').textContent = ''"),
            ("label", "document.querySelector('main svg').removeAttribute('aria-label')"),
            ("label", "document.querySelector('main input').setAttribute('aria-describedby', 'nowhere')"),
            ("error", "document.querySelector('main input').setAttribute('aria-invalid', 'true')"),
            ("status", "document.querySelector('main').insertAdjacentHTML('beforeend', '<p class=notice>done</p>')"),
            ("id", "document.querySelector('main').insertAdjacentHTML('beforeend', '<p id=q>twice</p>')"),
            ("tabindex", "document.querySelector('main a').tabIndex = 3"),
            ("keyboard", "document.querySelector('main p, main div').setAttribute('onclick', '1')"),
            ("keyboard", "document.querySelector('.table').removeAttribute('tabindex'); document.querySelector('.table').style.width = '60px'"),
            ("width", "document.querySelector('h1').style.width = '3000px'"),
            ("cut", "Object.assign(document.querySelector('h1').style, { width: '20px', overflow: 'hidden', whiteSpace: 'nowrap' })"),
            ("contrast", "document.querySelector('main th').style.color = 'rgb(150, 150, 150)'"),
        ])
        {
            await page.GotoAsync("/orders");
            Assert.Empty(await page.EvaluateAsync<string[]>($"({s_rules})()"));
            await page.EvaluateAsync(harm);
            string[] found = await page.EvaluateAsync<string[]>($"({s_rules})()");
            Assert.True(found.Any(breach => breach.StartsWith(rule + ":", StringComparison.Ordinal)), $"{rule}: nothing found after {harm}; found {string.Join("; ", found)}");
        }
    }
}
