using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Mcp.Egress;

namespace CodingAgent.Mcp.Pages;

/// <summary>
/// Reads pages of documentation from the hosts of a list, by the rules of the egress proxy: names are looked up here, special-purpose
/// addresses are left out, and the connection goes to an address that was judged. Only GET over TLS, without cookies; each redirect is judged
/// anew. What it returns was written by strangers.
/// </summary>
public sealed class PageReader : IDisposable
{
    private const int LongestAddress = 300;
    private const int LongestQuery = 100;
    private const int MostRedirects = 5;
    private const int LargestPage = 2 << 20;
    private const int MostKept = 32;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ParseLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(15);

    private readonly PageReaderOptions _options;
    private readonly EgressPolicy _policy;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (Page Page, DateTimeOffset At)> _kept = new(StringComparer.Ordinal);

    /// <summary>Asks nobody yet.</summary>
    /// <param name="options">Hosts, and how to get there.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="ArgumentException">The list is empty.</exception>
    public PageReader(PageReaderOptions options, TimeProvider time)
    {
        if (options.Hosts.Count == 0) throw new ArgumentException("There is no host to read pages from.", nameof(options));
        (_options, _time) = (options, time);
        var egress = options.Egress with { Allowed = options.Hosts, Credentials = null };
        _policy = new EgressPolicy(egress);
        _http = new HttpClient(EgressClient.Handler(egress, _policy, time))
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("coding-agent", null));
        _http.DefaultRequestHeaders.Accept.ParseAdd("text/markdown, text/plain, text/html;q=0.9, application/json;q=0.8, */*;q=0.1");
    }

    /// <summary>The hosts, as the operator wrote them.</summary>
    public IReadOnlyList<HostRule> Hosts => _options.Hosts;

    /// <summary>Reads a page, or the copy of the last quarter of an hour.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PageException">It cannot be had; the message says why, in words for a model.</exception>
    public async Task<Page> ReadAsync(string address, CancellationToken cancellationToken)
    {
        var uri = Judge(address, null);
        lock (_gate)
        {
            if (_kept.TryGetValue(uri.AbsoluteUri, out var kept) && _time.GetUtcNow() - kept.At < Fresh) return kept.Page;
        }

        using var limit = new CancellationTokenSource(Limit, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var page = await FetchAsync(uri, stop.Token);
            Keep(uri.AbsoluteUri, page);
            return page;
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new PageException($"{uri.Host} did not answer within {Limit.TotalSeconds:0} seconds.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException or AuthenticationException or DecoderFallbackException)
        {
            throw new PageException($"{uri.Host} cannot be read: {WordsOf(e)}.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<Page> FetchAsync(Uri uri, CancellationToken stop)
    {
        for (var hops = 0; ; hops++)
        {
            using var answer = await _http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, stop);
            if ((int)answer.StatusCode is 301 or 302 or 303 or 307 or 308)
            {
                if (hops == MostRedirects) throw new PageException($"{uri.Host} redirects more than {MostRedirects} times.");
                uri = Judge(answer.Headers.Location?.OriginalString ?? throw new PageException($"{uri.Host} redirects to nowhere."), uri);
                continue;
            }

            if (!answer.IsSuccessStatusCode) throw new PageException(string.Create(CultureInfo.InvariantCulture, $"{uri.Host} answers {(int)answer.StatusCode}."));
            var type = answer.Content.Headers.ContentType;
            var kind = type?.MediaType?.ToLowerInvariant() ?? "";
            if (!IsText(kind)) throw new PageException($"{uri.Host} answers with {(kind.Length is 0 or > 60 ? "no type of text" : kind)}; only text is read.");
            var bytes = await BytesAsync(uri, answer, stop);
            var text = kind is "text/html" or "application/xhtml+xml" ? await HtmlAsync(bytes, type!.CharSet, uri, stop) : EncodingOf(type?.CharSet).GetString(bytes);
            return new Page(uri, text.ReplaceLineEndings("\n").TrimStart('\ufeff'), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
    }

    private async Task<string> HtmlAsync(byte[] bytes, string? charset, Uri uri, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(ParseLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            return await Task.Run(() => HtmlText.OfAsync(bytes, charset, uri, either.Token), either.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new PageException($"The page of {uri.Host} takes longer than {ParseLimit.TotalSeconds:0} seconds to read.", e);
        }
    }

    /// <summary>An address that may be asked for.</summary>
    /// <param name="text">What somebody wrote.</param>
    /// <param name="from">The page that redirects there; null for the first.</param>
    private Uri Judge(string text, Uri? from)
    {
        var what = from is null ? "The address" : $"{from.Host} redirects to an address that";
        // A long one carries something.
        if (text.Length > LongestAddress) throw new PageException($"{what} is longer than {LongestAddress} characters.");
        if (text.Any(c => c <= ' ' || c == '\\' || char.IsControl(c))) throw new PageException($"{what} holds a blank, a backslash or a control character.");
        if (!(from is null ? Uri.TryCreate(text, UriKind.Absolute, out var uri) : Uri.TryCreate(from, text, out uri)) || uri.Scheme != Uri.UriSchemeHttps)
            throw new PageException($"{what} is no https address.");
        if (uri.UserInfo.Length > 0) throw new PageException($"{what} names a user.");
        if (uri.Query.Length > LongestQuery) throw new PageException($"{what} has a query of more than {LongestQuery} characters.");
        var host = HostName.Normalize(uri.IdnHost) ?? throw new PageException($"{what} names no host.");
        return _policy.Opens(host, uri.Port, tls: true)
            ? new UriBuilder(uri) { Host = host, Fragment = "" }.Uri
            : throw new PageException($"{(from is null ? "" : $"{from.Host} redirects there: ")}{host} is not on this operator's list ({_policy.Refusal(host, uri.Port) ?? "port not open"}); pages can be read from {string.Join(", ", Hosts)}.");
    }

    private static async Task<byte[]> BytesAsync(Uri uri, HttpResponseMessage answer, CancellationToken stop)
    {
        // Counted after decompression, whatever was announced.
        await using var body = await answer.Content.ReadAsStreamAsync(stop);
        using var kept = new MemoryStream();
        var chunk = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(chunk, stop)) > 0)
        {
            if (kept.Length + read > LargestPage) throw new PageException($"The page of {uri.Host} is larger than {LargestPage >> 20} MB.");
            kept.Write(chunk, 0, read);
        }

        return kept.ToArray();
    }

    private void Keep(string address, Page page)
    {
        lock (_gate)
        {
            _kept[address] = (page, _time.GetUtcNow());
            if (_kept.Count > MostKept) _kept.Remove(_kept.MinBy(k => k.Value.At).Key);
        }
    }

    private static bool IsText(string kind) =>
        kind.StartsWith("text/", StringComparison.Ordinal) || kind is "application/json" or "application/xml" or "application/xhtml+xml" or "application/yaml" or "application/toml"
        || (kind.StartsWith("application/", StringComparison.Ordinal) && (kind.EndsWith("+json", StringComparison.Ordinal) || kind.EndsWith("+xml", StringComparison.Ordinal)));

    private static Encoding EncodingOf(string? charset)
    {
        try
        {
            return charset is null ? Encoding.UTF8 : Encoding.GetEncoding(charset.Trim('"'));
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }

    // Fixed words or our own: what a stranger's server made an exception say is not passed on.
    private static string WordsOf(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is EgressRefusedException) return inner.Message;
            if (inner is AuthenticationException) return "its certificate is not trusted";
        }

        return e is InvalidDataException ? "its answer is not what it says it is" : "it does not answer, or broke off";
    }
}

/// <summary>Where pages may be read from.</summary>
/// <param name="Hosts">The list.</param>
/// <param name="Egress">How to get there: ranges, proxy in front, certificates. Its own hosts and credentials do not count.</param>
public sealed record PageReaderOptions(IReadOnlyList<HostRule> Hosts, EgressOptions Egress);

/// <summary>One page.</summary>
/// <param name="Address">Where it was in the end.</param>
/// <param name="Text">Its text; of HTML what a reader sees, in Markdown's marks. Untrusted.</param>
/// <param name="Sha256">Of its bytes, so that a changed page can be told from the same one.</param>
public sealed record Page(Uri Address, string Text, string Sha256);

/// <summary>A page cannot be had; the message is for a model.</summary>
public sealed class PageException(string message, Exception? inner = null) : Exception(message, inner);
