using System.Collections.Concurrent;
using System.Net;
using CodingAgent.Forges.GitHub.Webhooks;

namespace CodingAgent.Forges.GitHub;

/// <content>
/// What GitHub could not deliver, which it never tries again by itself. An app sees the record of its own webhook; of a repository's only who administers it.
/// https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
/// </content>
public sealed partial class GitHubForge : IForgeDeliveries
{
    // Each costs a call, and what is left comes up again with the next sweep.
    private const int MostRedelivered = 200;
    private const int MostPagesOfRecord = 50;

    // Asked again once a day: somebody may have made the account an administrator.
    private static readonly TimeSpan HiddenFor = TimeSpan.FromDays(1);
    private readonly ConcurrentDictionary<RepoRef, DateTimeOffset> _hidden = new();

    /// <inheritdoc/>
    public ForgeKind Forge => ForgeKind.GitHub;

    /// <inheritdoc/>
    public async Task<int> RedeliverAsync(ForgeWishes wishes, DateTimeOffset since, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wishes);
        if (wishes.WebhookPath is not { } path)
            return 0;
        if (_app is not null)
            return await RedeliverAsync(_app.Api.Calls, null, "app/hook/deliveries", since, cancellationToken);
        var asked = 0;
        foreach (var repo in wishes.Repositories.Where(r => !_hidden.TryGetValue(r, out var until) || until <= _time.GetUtcNow()))
        {
            try
            {
                foreach (var hook in await _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.Repository.Hooks.GetAll(repo.Owner, repo.Name)))
                {
                    if (GitHubDiagnosis.UrlOf(hook)?.AbsolutePath.TrimEnd('/').EndsWith(path, StringComparison.OrdinalIgnoreCase) == true)
                        asked += await RedeliverAsync(_api, repo, $"repos/{repo.FullName}/hooks/{hook.Id}/deliveries", since, cancellationToken);
                }
            }
            catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.Gone)
            {
                _hidden[repo] = _time.GetUtcNow() + HiddenFor;
            }
        }

        return asked;
    }

    private static async Task<int> RedeliverAsync(GitHubApi api, RepoRef? repo, string where, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var missed = Missed(await ListDeliveriesAsync(api, repo, where, since, cancellationToken)).Take(MostRedelivered).ToList();
        foreach (var id in missed)
        {
            var address = new Uri($"{where}/{id}/attempts", UriKind.Relative);
            await api.RunAsync(new GitHubCall(repo, cancellationToken) { Permissions = TokenPermissions.Read }, async c => (await c.Connection.Post<object>(address, "{}", null, null)).HttpResponse);
        }

        return missed.Count;
    }

    private static async Task<List<Delivery>> ListDeliveriesAsync(GitHubApi api, RepoRef? repo, string where, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var all = new List<Delivery>();
        var next = new Uri($"{where}?per_page=100", UriKind.Relative);
        for (var page = 0; page < MostPagesOfRecord && next is not null; page++)
        {
            var address = next;
            var answer = await api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.Connection.Get<List<Delivery>>(address, null));
            all.AddRange(answer.Body);
            // The newest first; one without a time is on its way.
            next = answer.Body.Exists(d => d.DeliveredAt < since) ? null : answer.HttpResponse.ApiInfo.Links.GetValueOrDefault("next");
        }

        return [.. all.Where(d => d.DeliveredAt is null || d.DeliveredAt >= since)];
    }

    /// <summary>Of each event that nobody took the attempt to repeat, the oldest event first.</summary>
    private static IEnumerable<long> Missed(IReadOnlyList<Delivery> deliveries) => deliveries
        .Where(d => d.Guid is not null && d.DeliveredAt is not null && WebhookReader.EventNames.Contains(d.Event))
        .GroupBy(d => d.Guid, StringComparer.Ordinal)
        .Where(g => g.All(d => d.StatusCode is < 200 or >= 300) && g.MaxBy(d => d.DeliveredAt)!.IsAway)
        .Select(g => g.MaxBy(d => d.DeliveredAt)!).OrderBy(d => d.Id).Select(d => d.Id);

    /// <summary>An attempt to deliver an event.</summary>
    private sealed record Delivery
    {
        public long Id { get; init; }

        public string? Guid { get; init; }

        public string? Event { get; init; }

        public int StatusCode { get; init; }

        public DateTimeOffset? DeliveredAt { get; init; }

        /// <summary>No answer, or one of a service or a proxy that could not serve; a refusal would be one again.</summary>
        public bool IsAway => StatusCode is 0 or 408 or 429 or >= 500;
    }
}
