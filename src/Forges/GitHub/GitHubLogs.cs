using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using CodingAgent.Forges.Http;

namespace CodingAgent.Forges.GitHub;

/// <summary>
/// Fetches logs from where GitHub says that they lie: another server, which is shown no token. Logs may be gigabytes: the beginning and the end
/// are kept, and what lies between is not read where the server can leave it out.
/// </summary>
internal sealed class GitHubLogs(HttpMessageHandler transport, GitHubOptions options, TimeProvider time) : IDisposable
{
    private const int MostRedirects = 3;

    // The same sockets, but nothing of the pipeline that adds tokens.
    private readonly HttpMessageInvoker _http = new(transport, disposeHandler: false);

    public void Dispose() => _http.Dispose();

    public async Task<CiLog> ReadAsync(Uri address, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.AttemptTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            for (var redirects = 0; redirects <= MostRedirects; redirects++)
            {
                if (!IsAllowed(address))
                    return Missing("its log lies where this product does not go (not https)");
                using var response = await GetAsync(address, null, either.Token);
                if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } next)
                {
                    address = new Uri(address, next);
                    continue;
                }

                if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
                    return Missing("its log is gone, or not written yet");
                return response.IsSuccessStatusCode ? new CiLog(await ReadAsync(address, response, either.Token), [], "") : Missing($"its log could not be fetched ({(int)response.StatusCode})");
            }

            return Missing("its log is redirected without end");
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // A log is a help; what is known without it is worth going on with.
            return Missing("its log could not be fetched");
        }
    }

    private static CiLog Missing(string why) => new("", [], why);

    private bool IsAllowed(Uri uri) =>
        uri.UserInfo.Length == 0 && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && options.ApiUrl.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));

    private async Task<HttpResponseMessage> GetAsync(Uri address, long? from, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.UserAgent.ParseAdd("coding-agent");
        if (from is not null)
            request.Headers.Range = new RangeHeaderValue(from, null);
        return await _http.SendAsync(request, cancellationToken);
    }

    private async Task<string> ReadAsync(Uri address, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        HttpResponseMessage? rest = null;
        try
        {
            return await LongText.ReadAsync(body, response.Content.Headers.ContentLength is > LongText.Beginning + (2 * LongText.End) and var length ? EndAsync : null, cancellationToken);

            async Task<Stream?> EndAsync()
            {
                rest = await GetAsync(address, length - LongText.End, cancellationToken);
                return rest.StatusCode == HttpStatusCode.PartialContent ? await rest.Content.ReadAsStreamAsync(cancellationToken) : null;
            }
        }
        finally
        {
            rest?.Dispose();
        }
    }
}
