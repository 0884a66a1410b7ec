using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Xml;

namespace UnifiedCommerce.Transports.Https;

/// <summary>Whether the body of a 2xx answer can come from the partner's interface.</summary>
internal static class AnswerBody
{
    internal const string Html = "its body is a web page";

    /// <summary>What is wrong with a body; null when nothing is.</summary>
    internal static string? Fault(string? mediaType, byte[] body)
    {
        ReadOnlySpan<byte> start = body.AsSpan().TrimStart("\uFEFF \r\n\t"u8);
        string type = mediaType ?? "";
        if (type.Contains("html", StringComparison.OrdinalIgnoreCase) || Begins(start, "<!doctype html") || Begins(start, "<html"))
        {
            return Html;
        }
        if (start.IsEmpty)
        {
            return null;
        }
        try
        {
            if (type.Contains("json", StringComparison.OrdinalIgnoreCase) || start[0] is (byte)'{' or (byte)'[')
            {
                using JsonDocument document = JsonDocument.Parse(start.ToArray());
            }
            else if (type.Contains("xml", StringComparison.OrdinalIgnoreCase) || start[0] == '<')
            {
                XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
                using MemoryStream stream = new(body);
                using XmlReader reader = XmlReader.Create(stream, settings);
                while (reader.Read())
                {
                }
            }
            return null;
        }
        catch (Exception exception) when (exception is JsonException or XmlException)
        {
            return $"its body cannot be read: {exception.Message.TrimEnd('.')}";
        }
    }

    /// <summary>The beginning of a body for a message to a person.</summary>
    internal static string Excerpt(byte[]? body)
    {
        string text = body is null ? "" : Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 300)));
        return string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim();
    }

    private static bool Begins(ReadOnlySpan<byte> body, string with) =>
        body.Length >= with.Length && Encoding.ASCII.GetString(body[..with.Length]).Equals(with, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A body that remembers whether any of it may have left the house.</summary>
internal sealed class DocumentContent : HttpContent
{
    private readonly byte[] bytes;

    internal DocumentContent(byte[] bytes, string contentType)
    {
        this.bytes = bytes;
        Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        Headers.ContentLength = bytes.Length;
    }

    internal bool Left { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Left = true;
        await stream.WriteAsync(bytes, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}
