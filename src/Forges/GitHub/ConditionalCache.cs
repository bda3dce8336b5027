using Microsoft.Extensions.Caching.Memory;
using Octokit.Caching;
using Octokit.Internal;

namespace CodingAgent.Forges.GitHub;

/// <summary>
/// Answers that GitHub may confirm with a 304, which its rate limit does not count. Octokit asks with their entity tags and reads them
/// again. Pages of lists are not kept: a full page stays the same when another one follows it, and then its old link says that it is the last.
/// </summary>
internal sealed class ConditionalCache : IResponseCache, IDisposable
{
    private const int LongestAnswer = 256 * 1024;
    private readonly MemoryCache _answers = new(new MemoryCacheOptions { SizeLimit = 16 * 1024 * 1024 });

    /// <inheritdoc/>
    public Task<CachedResponse.V1?> GetAsync(IRequest request) => Task.FromResult(_answers.Get<CachedResponse.V1>(KeyOf(request)));

    /// <inheritdoc/>
    public Task SetAsync(IRequest request, CachedResponse.V1 cachedResponse)
    {
        var isPage = request.Endpoint.OriginalString.Contains("page=", StringComparison.Ordinal) || cachedResponse.ApiInfo.Links.Count > 0;
        if (!isPage && cachedResponse is { ApiInfo.Etag.Length: > 0, Body: string { Length: <= LongestAnswer } body })
            _answers.Set(KeyOf(request), cachedResponse, new MemoryCacheEntryOptions { Size = body.Length });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => _answers.Dispose();

    private static Uri KeyOf(IRequest request) => new(request.BaseAddress, request.Endpoint);
}
