using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace UnifiedCommerce.Transports.Https;

/// <summary>Keeps configured addresses from reaching places inside the installation (C29): the name is resolved once, the address
/// is checked, and that very address is connected to.</summary>
public static class NetworkGuard
{
    /// <summary>A handler that follows no redirect, keeps no cookie, uses no proxy, speaks TLS 1.2 or newer (C30), and refuses loopback,
    /// private, link-local and metadata addresses unless allowed.</summary>
    public static SocketsHttpHandler CreateHandler(bool allowPrivateNetwork, TimeSpan connectTimeout) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = connectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        MaxResponseHeadersLength = 64,
        SslOptions = new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 },
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, allowPrivateNetwork, cancellationToken),
    };

    /// <summary>True for an address of the public internet; false for one that leads into this machine, its network or its provider's metadata.</summary>
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
            return $"found the host '{uri.Host}', expected one on the public internet; the setting that allows private addresses allows others";
        }
        return null;
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool allowPrivateNetwork, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = IPAddress.TryParse(target.Host, out IPAddress? literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        IPAddress[] allowed = [.. addresses.Where(address => allowPrivateNetwork || IsPublic(address))];
        // A name with one address outside and one inside is a trap: it is not called at all.
        if (allowed.Length == 0 || (!allowPrivateNetwork && allowed.Length < addresses.Length))
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, addresses.Length == 0
                ? $"{target.Host} has no address."
                : $"{target.Host} is at {addresses.First(address => !IsPublic(address))}, in a private network and not on the public internet, which is not allowed here; it was not called.");
        }
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
