using System.Net;
using System.Net.Sockets;

namespace UnifiedCommerce.Hub.Webhooks;

/// <summary>Keeps calls to addresses that strangers give away from this machine and its network (C29): the name is resolved, every address is
/// checked, and the connection goes to a checked address.</summary>
public static class AddressGuard
{
    /// <summary>True for an address of the public internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        byte[] bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return bytes switch
            {
                [0 or 10 or 127, ..] => false,
                [100, >= 64 and <= 127, ..] => false,   // carrier-grade NAT, RFC 6598
                [169, 254, ..] => false,                // link-local and cloud metadata
                [172, >= 16 and <= 31, ..] => false,
                [192, 168, ..] or [192, 0, 0 or 2, _] => false,
                [198, 18 or 19, ..] or [198, 51, 100, _] or [203, 0, 113, _] => false,
                [>= 224, ..] => false,                  // multicast, reserved, broadcast
                _ => true,
            };
        }
        if (address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6UniqueLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Loopback))
        {
            return false;
        }
        return bytes switch
        {
            // Addresses that carry an IPv4 address inside: NAT64, 6to4, and the deprecated compatible form.
            [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..] => IsPublic(new IPAddress(bytes.AsSpan(12, 4))),
            [0x20, 0x02, ..] => IsPublic(new IPAddress(bytes.AsSpan(2, 4))),
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] => false,
            [0x20, 0x01, 0x0d, 0xb8, ..] or [0x20, 0x01, 0, 0, ..] => false,
            [var first, ..] => (first & 0xe0) == 0x20,  // global unicast is 2000::/3
            _ => false,
        };
    }

    /// <summary>Says what is wrong with an address that somebody wants to have called; null when nothing is.</summary>
    public static string? Mistake(string url, bool allowPrivate)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || url.Length > 2000)
        {
            return "expected an absolute address such as https://example.com/hooks, of at most 2000 characters";
        }
        if (uri.Scheme != Uri.UriSchemeHttps && !(allowPrivate && uri.Scheme == Uri.UriSchemeHttp))
        {
            return $"found the scheme '{uri.Scheme}', expected https";
        }
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            return "found a user name or a fragment in the address, expected neither";
        }
        string host = uri.Host.Trim('[', ']');
        if (!allowPrivate && (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && !IsPublic(address))))
        {
            return $"found the host '{uri.Host}', expected one on the public internet; Webhooks:AllowPrivate=true allows others";
        }
        return null;
    }

    /// <summary>A handler that connects to checked addresses only, follows no redirect and uses no proxy.</summary>
    public static SocketsHttpHandler CreateHandler(bool allowPrivate) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        MaxResponseHeadersLength = 32,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
            var allowed = addresses.Where(address => allowPrivate || IsPublic(address)).ToArray();
            if (allowed.Length == 0 || (!allowPrivate && allowed.Length < addresses.Length))
            {
                throw new HttpRequestException($"The name {context.DnsEndPoint.Host} resolves to an address that is not on the public internet; it was not called.");
            }
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
