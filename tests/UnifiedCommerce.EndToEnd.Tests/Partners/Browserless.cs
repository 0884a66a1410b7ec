using System.Net;
using System.Text.RegularExpressions;

namespace UnifiedCommerce.EndToEnd.Tests.Partners;

/// <summary>A person at the console without scripts: pages, forms with their tokens, uploads.</summary>
internal sealed partial class Browserless(RunningHub hub) : IDisposable
{
    private readonly HttpClient _client = new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(hub.Address) };

    public Task<string> OpenAsync(string path) => _client.GetStringAsync(new Uri(path, UriKind.Relative));

    /// <summary>Presses a button: posts its form and gives the page that follows.</summary>
    public async Task<string> PressAsync(string page, string action, params (string Name, string Value)[] fields)
    {
        string token = TokenOf(await OpenAsync(page));
        using var form = new FormUrlEncodedContent(fields.Append(("__RequestVerificationToken", token)).ToDictionary(field => field.Item1, field => field.Item2));
        using var answer = await _client.PostAsync(new Uri(action, UriKind.Relative), form);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return await OpenAsync(page);
    }

    /// <summary>Drops a file into the validator.</summary>
    public async Task<string> CheckAsync(string name, byte[] bytes, string partner = "")
    {
        string page = await OpenAsync("/validator");
        using var form = new MultipartFormDataContent
        {
            { new StringContent(TokenOf(page)), "__RequestVerificationToken" }, { new StringContent("check-file"), "_handler" }, { new StringContent(partner), "For" },
            { new ByteArrayContent(bytes), "File", name },
        };
        using var answer = await _client.PostAsync(new Uri("/validator", UriKind.Relative), form);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
    }

    public void Dispose() => _client.Dispose();

    private static string TokenOf(string page) => Token().Match(page).Groups[1].Value;

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}
