using System.Diagnostics;
using System.Net;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.EndToEnd.Tests.Journeys;
using UnifiedCommerce.Hub.Console;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>What a person sees of a document.</summary>
public sealed class ConsoleDocumentTests
{
    [Fact]
    public async Task An_EDI_document_is_shown_segment_by_segment_in_words_beside_what_the_hub_made_of_it()
    {
        await using var hub = await RunningHub.StartAsync();
        string text = await File.ReadAllTextAsync(Path.Combine(Workbench.Samples, "orders", "greatlakes", "850-1.x12"));
        string page = WebUtility.HtmlDecode(await PageAsync(hub, "greatlakes", "850-1.x12", text));
        Assert.Contains("850 0001: Purchase order 004010", page, StringComparison.Ordinal);
        Assert.Contains("BEG*00*SA*GL88120**20260302~", page, StringComparison.Ordinal);
        Assert.Contains("Beginning of the purchase order", page, StringComparison.Ordinal);
        Assert.Contains("Kind of order <b>SA</b> = Stand-alone order", page, StringComparison.Ordinal);
        // The mapping names no place for the department: it is marked where it stands.
        Assert.Matches("REF\\*DP\\*046~</code>.{0,200}not mapped", page.ReplaceLineEndings(" "));
        Assert.Contains("<dt>Number</dt><dd>GL88120</dd>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Markup_inside_a_document_is_text()
    {
        await using var hub = await RunningHub.StartAsync();
        string text = (await File.ReadAllTextAsync(Path.Combine(Workbench.Samples, "orders", "greatlakes", "850-1.x12"))).Replace("REF*DP*046~", "REF*DP*<img src=x>~", StringComparison.Ordinal);
        string page = await PageAsync(hub, "greatlakes", "evil.x12", text);
        Assert.DoesNotContain("<img src=x", page, StringComparison.Ordinal);
        Assert.Contains("&lt;img src=x&gt;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_of_another_format_or_of_great_length_is_shown_as_it_is()
    {
        Assert.Empty(ExplainedDocument.Of("{ \"a\": 1 }"u8.ToArray(), null, null).Segments);
        Assert.Empty(ExplainedDocument.Of(new byte[1_000_000], null, null).Segments);
        Assert.Equal(["UNB", "BGM"], ExplainedDocument.Of("UNB+UNOC:3+A+B+260302:0945+1'BGM+220+1+9'"u8.ToArray(), null, null).Segments.Select(segment => segment.Words.Tag));
    }

    private static async Task<string> PageAsync(RunningHub hub, string partner, string name, string text)
    {
        using (var answer = await hub.PostAsync($"/api/partners/{partner}/documents", text, "application/octet-stream", idempotency: name))
        {
            Assert.True(answer.IsSuccessStatusCode, $"found {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var row = (await hub.Service<IViews>().DocumentsAsync(new DocumentFilter(), new PageRequest(null, 10), CancellationToken.None)).Items.FirstOrDefault(candidate => !candidate.Outbound);
            if (row is not null && row.State != DocumentState.Received)
            {
                using var page = await hub.GetAsync($"/documents/{row.Id}");
                Assert.Equal(HttpStatusCode.OK, page.StatusCode);
                return await page.Content.ReadAsStringAsync();
            }
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(1), "The document was not read within a minute.");
            await Task.Delay(50);
        }
    }
}
