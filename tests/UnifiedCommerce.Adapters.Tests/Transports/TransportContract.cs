using System.Security.Cryptography;
using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Adapters.Tests.Transports;

/// <summary>What every outbound channel does, whatever carries the bytes.</summary>
public abstract class TransportContract
{
    [Fact]
    public async Task A_document_arrives_byte_for_byte()
    {
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB+UNOC:3'\r\n\0ÿ'");

        SendResult result = await Channel.SendAsync(Partner, dispatch, default);

        Assert.IsType<SendResult.Sent>(result);
        Assert.Equal(dispatch.Bytes, Assert.Single(await ReceivedAsync()));
    }

    [Fact]
    public async Task Sending_again_is_evidence_and_not_a_second_document()
    {
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB'");
        await Channel.SendAsync(Partner, dispatch, default);

        SendResult again = await Channel.SendAsync(Partner, dispatch with { Attempt = 2, Fence = 9 }, default);

        Assert.IsType<SendResult.Sent>(again);
        Assert.Single(await ReceivedAsync());
    }

    [Fact]
    public async Task Eight_workers_with_one_dispatch_deliver_one_document()
    {
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB'");

        SendResult[] results = await Task.WhenAll(Enumerable.Range(1, 8).Select(fence => Task.Run(() => Channel.SendAsync(Partner, dispatch with { Fence = fence }, default))));

        Assert.All(results, result => Assert.IsType<SendResult.Sent>(result));
        Assert.Single(await ReceivedAsync());
    }

    [Fact]
    public async Task A_probe_finds_nothing_before_sending_and_the_document_after()
    {
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB'");

        Assert.IsType<ProbeResult.Absent>(await Channel.ProbeAsync(Partner, dispatch, default));
        await Channel.SendAsync(Partner, dispatch, default);
        Assert.IsType<ProbeResult.Present>(await Channel.ProbeAsync(Partner, dispatch, default));
    }

    [Fact]
    public async Task Frozen_bytes_that_changed_are_never_sent()
    {
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB'") with { Bytes = [1, 2, 3] };

        await Assert.ThrowsAsync<HubException>(() => Channel.SendAsync(Partner, dispatch, default));
        Assert.Empty(await ReceivedAsync());
    }

    [Fact]
    public async Task A_partner_without_an_address_fails_and_is_not_retried()
    {
        Partner lost = Partner with { Transport = new PartnerTransport { Kind = Channel.Kind } };

        SendResult.Failed failed = Assert.IsType<SendResult.Failed>(await Channel.SendAsync(lost, DispatchOf("PO-000001-v1", "UNB'"), default));

        Assert.False(failed.Retryable);
    }

    protected abstract IOutboundChannel Channel { get; }

    protected abstract Partner Partner { get; }

    /// <summary>The documents as the partner holds them.</summary>
    protected abstract Task<IReadOnlyList<byte[]>> ReceivedAsync();

    protected static Partner PartnerWith(PartnerTransport transport) => new()
    {
        Id = "acme",
        Name = "Acme",
        Role = PartnerRole.Distributor,
        Country = "NL",
        TimeZone = TimeZoneInfo.Utc,
        Party = new Party { Name = "Acme" },
        Envelope = new EnvelopeIdentity(null, "A", null, "B"),
        Transport = transport,
    };

    protected static Dispatch DispatchOf(string key, string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        return new Dispatch
        {
            Key = key,
            Partner = "acme",
            Kind = DocumentKind.PurchaseOrder,
            FileName = key + ".edi",
            ContentType = "application/edifact",
            Bytes = bytes,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            Attempt = 1,
            Fence = 1,
            PreparedAt = new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero),
        };
    }
}
