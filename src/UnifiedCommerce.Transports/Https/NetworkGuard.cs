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

    /// <summary>Addresses that lead into this machine, its network or its provider's metadata.</summary>
    public static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            byte[] wide = address.GetAddressBytes();
            // 64:ff9b::/96 (RFC 6052) and 2002::/16 (RFC 3056) carry an IPv4 address inside.
            return IPAddress.IsLoopback(address) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6LinkLocal || address.IsIPv6SiteLocal
                || address.IsIPv6Multicast || address.IsIPv6UniqueLocal || wide is [0x00, 0x64, 0xff, 0x9b, ..] or [0x20, 0x02, ..];
        }
        byte[] bytes = address.GetAddressBytes();
        return bytes switch
        {
            [0 or 10 or 127, ..] => true,
            [100, >= 64 and <= 127, ..] => true,
            [169, 254, ..] => true,
            [172, >= 16 and <= 31, ..] => true,
            [192, 168, ..] => true,
            [192, 0, 0, _] => true,
            [198, 18 or 19, ..] => true,
            [>= 224, ..] => true,
            _ => false,
        };
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool allowPrivateNetwork, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = IPAddress.TryParse(target.Host, out IPAddress? literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        IPAddress[] allowed = [.. addresses.Where(address => allowPrivateNetwork || !IsPrivate(address))];
        if (allowed.Length == 0)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, addresses.Length == 0
                ? $"{target.Host} has no address."
                : $"{target.Host} is at {addresses[0]}, inside a private network, which this partner's transport does not allow.");
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
