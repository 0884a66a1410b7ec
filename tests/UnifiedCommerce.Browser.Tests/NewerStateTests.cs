using Microsoft.Data.Sqlite;
using Microsoft.Playwright;

namespace UnifiedCommerce.Browser.Tests;

/// <summary>Two versions of the hub work on one store for a while: what only the newer one knows is shown by the older, and left alone.</summary>
public sealed class NewerStateTests(ConsoleFixture console) : IClassFixture<ConsoleFixture>
{
    private const string Word = "ParkedAtTheBorder";

    [BrowserFact]
    public async Task A_state_of_a_newer_version_is_shown_with_a_hint_and_nothing_is_done_with_it()
    {
        var page = await console.OpenAsync("/");
        await using (var database = new SqliteConnection($"Data Source={console.Database}"))
        {
            await database.OpenAsync();
            await using var command = database.CreateCommand();
            command.CommandText = $"""
                update purchases set status = '{Word}' where id = {console.PurchaseId};
                update documents set state = '{Word}' where id = {console.QuarantinedId};
                update dispatches set state = '{Word}', acknowledgement = '{Word}' where id = {console.DispatchId};
                """;
            Assert.Equal(3, await command.ExecuteNonQueryAsync());
        }
        foreach (string path in (string[])
        [
            "/purchases", $"/purchases?status={Word}", $"/purchases/{console.PurchaseId}", "/documents", $"/documents?state={Word}", $"/documents/{console.QuarantinedId}",
            "/dispatches", $"/dispatches?state={Word}", $"/dispatches/{console.DispatchId}",
        ])
        {
            var answer = await page.GotoAsync(path);
            Assert.True(answer!.Status == 200, $"{path}: {answer.Status}");
            string text = await page.Locator("main").InnerTextAsync();
            Assert.True(text.Contains(Word, StringComparison.Ordinal) || text.Contains("parked at the border", StringComparison.Ordinal), $"{path} does not show the state: {text}");
            Assert.True(text.Contains("newer version", StringComparison.Ordinal), $"{path} does not say who knows it: {text}");
        }
        foreach (string path in (string[])["/", "/orders", "/orders/1", "/orders/2", "/orders/3", $"/runs/{console.RunId}", "/partners", "/partners/nordhandel", "/savings", "/search?q=W-1001", "/jobs"])
        {
            var answer = await page.GotoAsync(path);
            Assert.True(answer!.Status == 200, $"{path}: {answer.Status}");
        }
        // The page that a person still had open offers the buttons of before.
        await page.GotoAsync("/tasks?kind=quarantined-document");
        await page.GetByRole(AriaRole.Button, new() { Name = "Read it again" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Nothing was done");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("newer version");
    }
}
