using System.Text;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Tests.Mapping;

public sealed class EdifactMappingTests
{
    [Fact]
    public void A_purchase_order_is_written_as_an_interchange_and_read_back_the_same()
    {
        MessageMapping mapping = Samples.Base("eancom-d96a/purchase-order");
        WriteResult written = mapping.Write(Samples.PurchaseOrder(), Samples.EdifactContext());
        Assert.Empty(written.Diagnostics);
        string text = Encoding.Latin1.GetString(written.Bytes.Span);
        Assert.StartsWith("UNB+UNOC:3+8719326000015:14+4031902000016:14+260302:0930+42'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+4500000017+9'", text, StringComparison.Ordinal);
        Assert.Contains("FTX+AAI+++Lieferung nur vormittags, O?'Neil anrufen'", text, StringComparison.Ordinal);
        Assert.Contains("LIN+2++4006381333948:EN'PIA+1+NH-1002:SA'QTY+21:2.5:KGM'DTM+2:20260309:102'PRI+AAA:1250:::100:KGM'", text, StringComparison.Ordinal);
        PurchaseOrder read = mapping.ReadOne<PurchaseOrder>(written.Bytes);
        Assert.Equal(written.Bytes.ToArray(), mapping.Write(read, Samples.EdifactContext()).Bytes.ToArray());
        Assert.Equal(1250m, read.Lines[1].NetPrice);
        Assert.Equal(100m, read.Lines[1].PriceBasis);
        Assert.Equal("KGM", read.Lines[1].Quantity.Unit);
    }
}
