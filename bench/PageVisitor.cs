using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace CodingAgent.Bench;

/// <summary>Somebody who is signed in to the pages of a service.</summary>
internal sealed partial class PageVisitor : IDisposable
{
    public const int Rounds = 30;

    private const int WarmUps = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private PageVisitor(HttpClient http) => Http = http;

    public HttpClient Http { get; }

    /// <summary>Signs in once the pages are there.</summary>
    /// <exception cref="InvalidOperationException">They do not come, or let nobody in.</exception>
    public static async Task<PageVisitor> SignInAsync(Uri service)
    {
        var http = new HttpClient { BaseAddress = service };
        // Deliveries are taken before the pages are there.
        var started = Stopwatch.GetTimestamp();
        var page = "";
        while (page.Length == 0)
        {
            using var shown = await http.GetAsync("/ui/sign-in");
            if (shown.IsSuccessStatusCode)
                page = await shown.Content.ReadAsStringAsync();
            else if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"pages: after a minute the pages still answer {(int)shown.StatusCode}."));
            else
                await Task.Delay(100);
        }

        var token = Token().Match(page).Groups["token"].Value;
        using var form = new FormUrlEncodedContent([new("Key", WebhookPeer.ApiKey), new("_handler", "sign-in"), new("__RequestVerificationToken", token)]);
        using var answer = await http.PostAsync("/ui/sign-in", form);
        return answer.RequestMessage?.RequestUri?.AbsolutePath == "/ui" ? new PageVisitor(http)
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"pages: signing in was answered {(int)answer.StatusCode}."));
    }

    /// <summary>How long a page takes to its first byte and to its last, in milliseconds by the 95th percentile, and how large it is.</summary>
    public async Task<(double First, double Whole, int Bytes)> MeasureAsync(string path)
    {
        var (firsts, wholes, bytes) = (new Samples(), new Samples(), 0);
        for (var round = -WarmUps; round < Rounds; round++)
        {
            var asked = Stopwatch.GetTimestamp();
            using var answer = await Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            await using var stream = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[1]);
            var first = Stopwatch.GetElapsedTime(asked);
            using var rest = new MemoryStream();
            await stream.CopyToAsync(rest);
            var whole = Stopwatch.GetElapsedTime(asked);
            bytes = (int)rest.Length + 1;
            if (round < 0)
                continue;
            firsts.Add(first);
            wholes.Add(whole);
        }

        return (firsts.Percentile(0.95), wholes.Percentile(0.95), bytes);
    }

    public void Dispose() => Http.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Token();
}
