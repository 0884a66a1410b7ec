using System.Text;
using UnifiedCommerce.Core.Mapping;

namespace UnifiedCommerce.Core.Tests.Mapping;

/// <summary>Messages that say two things: never one of them in silence.</summary>
public sealed class ContradictionTests
{
    [Theory]
    [InlineData("polhurt", "invoice.xml", "<cbc:PriceAmount currencyID=\"PLN\">", "<cbc:PriceAmount currencyID=\"EUR\">", "EUR", "PLN", "DocumentCurrencyCode")]
    [InlineData("polhurt", "invoice.xml", "<cbc:PayableAmount currencyID=\"PLN\">", "<cbc:PayableAmount currencyID=\"EUR\">", "EUR", "PLN", "DocumentCurrencyCode")]
    [InlineData("bergmann", "invoice.edi", "MOA+203:166.00'", "MOA+203:166.00:PLN'", "PLN", "EUR", "CUX")]
    [InlineData("bergmann", "invoice.edi", "PRI+AAA:4.15:::1:PCE'", "PRI+AAA:4.15:::1:PCE'CUX+2:PLN:4'", "PLN", "EUR", "CUX")]
    [InlineData("midwest", "order-response.x12", "PO1*2*", "CUR*SE*CAD~\nPO1*2*", "CAD", "USD", "CUR")]
    [InlineData("beskid", "invoice.csv", "PLN", "EUR", "EUR", "PLN", "")]
    public void A_currency_that_contradicts_the_one_before_refuses_the_message_and_names_both_places(string partner, string sample, string right, string wrong, string found, string before, string place)
    {
        MappingSet mappings = MappingSet.Load(Samples.Mappings, partner);
        string text = File.ReadAllText(Path.Combine(Samples.Mappings, partner, "samples", sample));
        Assert.DoesNotContain(mappings.Read(Encoding.UTF8.GetBytes(text)).Messages[0].Diagnostics, diagnostic => diagnostic.Code == "currency-differs");

        // The last one, so that the header names the right one.
        int at = text.LastIndexOf(right, StringComparison.Ordinal);
        ReadResult read = mappings.Read(Encoding.UTF8.GetBytes(text[..at] + wrong + text[(at + right.Length)..]));

        Diagnostic said = read.Messages[0].Diagnostics.First(diagnostic => diagnostic.Code == "currency-differs");
        Assert.Equal(Severity.Error, said.Severity);
        Assert.Contains($"Found currency {found} here and {before} at ", said.Text, StringComparison.Ordinal);
        Assert.Contains(place, said.Text, StringComparison.Ordinal);
        Assert.NotEmpty(said.Place);
    }

    [Theory]
    [InlineData("bergmann", "invoice.edi", "CNT+2:2'", "CNT+2:3'")]
    [InlineData("midwest", "order-response.x12", "CTT*5~", "CTT*6~")]
    public void A_line_count_that_does_not_fit_is_told(string partner, string sample, string right, string wrong)
    {
        string text = File.ReadAllText(Path.Combine(Samples.Mappings, partner, "samples", sample));
        Assert.Contains(right, text, StringComparison.Ordinal);
        ReadResult read = MappingSet.Load(Samples.Mappings, partner).Read(Encoding.UTF8.GetBytes(text.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.Contains(read.Messages[0].Diagnostics, diagnostic => diagnostic.Code == "total-differs");
    }
}
