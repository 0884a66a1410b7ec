using System.Text;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Core.Tests.House;

public sealed class ArticleFileTests
{
    [Fact]
    public void An_article_is_read_with_its_packs()
    {
        var (articles, found) = ArticleFile.Read(Encoding.UTF8.GetBytes("""
            sku,name,unit,gtin,pack_unit,pack_factor,pack_gtin,substitutes
            K-1,"Screws, 4x40",EA,4017556010014,BX,100,14017556010011,K-2 K-3
            K-1,again,EA,4017556010014,PF,4000,,
            """), "articles.csv");
        Assert.Empty(found);
        var article = Assert.Single(articles);
        Assert.Equal("Screws, 4x40", article.Name);
        Assert.Equal([100m, 4000m], article.Packs.Select(pack => pack.UnitFactor));
        Assert.Equal(["K-2", "K-3"], article.Substitutes);
    }

    [Fact]
    public void A_wrong_check_digit_names_the_line_and_leaves_out_the_row_alone()
    {
        var (articles, found) = ArticleFile.Read(Encoding.UTF8.GetBytes("sku;name;unit;gtin\nK-1;Pliers;EA;4017556010015\nK-2;Saw;EA;\n"), "articles.csv");
        Assert.Equal("K-2", Assert.Single(articles).Sku);
        var wrong = Assert.Single(found);
        Assert.Equal(("gtin-check-digit", "articles.csv:2"), (wrong.Code, wrong.Place));
        Assert.Contains("expected 4", wrong.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_column_is_named() =>
        Assert.Contains("unit is missing", ArticleFile.Read("sku,name\nK-1,x\n"u8.ToArray(), "a.csv").Diagnostics[0].Text, StringComparison.Ordinal);
}
