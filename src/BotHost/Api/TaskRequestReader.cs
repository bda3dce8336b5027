using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.BotHost.Configuration;
using CodingAgent.Forges;
using CodingAgent.Mcp.Egress;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Api;

/// <summary>Checks a <see cref="CreateTaskRequest"/> and turns it into a task's input; pure.</summary>
public static partial class TaskRequestReader
{
    // The body of a forge issue may be 65,536 characters; a goal is no different.
    internal const int MaxGoalLength = 65_536;
    internal const int MaxItems = 100;
    internal const int MaxItemLength = 4_000;
    internal const int MaxBranchLength = 200;
    internal const int MaxUrlLength = 2_000;

    private const string Plan = "plan";

    /// <summary>Keys that <see cref="IsKey"/> takes.</summary>
    internal const string KeyPattern = "^[A-Za-z0-9_-]{1,64}$";

    /// <summary>Likewise as a header, which may have them in quotes.</summary>
    internal const string HeaderKeyPattern = "^(\"[A-Za-z0-9_-]{1,64}\"|[A-Za-z0-9_-]{1,64})$";

    /// <summary>What <see cref="IsKey"/> asks for, in words.</summary>
    internal const string KeyRule = "idempotencyKey may hold letters, digits, '-' and '_', at most 64 of them.";

    /// <summary>Whether the text can be an idempotency key: it becomes part of workflow and delivery ids.</summary>
    internal static bool IsKey(string text) => KeyShape().IsMatch(text);

    /// <summary>The input, or one line that says what is wrong.</summary>
    /// <param name="request">The request.</param>
    /// <param name="caller">Who sends it.</param>
    /// <param name="ticketHosts">Whose pages, beside the forge's, may be tickets.</param>
    /// <param name="usual">The forge of a repository that is named without one.</param>
    /// <param name="now">When it came.</param>
    public static (CodingTaskInput? Input, string? Error) Read(CreateTaskRequest request, Actor caller, IReadOnlyList<HostRule> ticketHosts, ForgeKind usual, DateTimeOffset now)
    {
        var repoText = request.Repo ?? "";
        if (!RepoRef.TryParse(repoText.Contains(':', StringComparison.Ordinal) ? repoText : $"{usual}:{repoText}", out var repo))
            return (null, $"repo is '{ApiText.Shown(repoText)}'; write it as owner/name, or with its forge as github:owner/name or gitlab:group/name.");
        if (request.TicketUrl is null && request.Goal is null)
            return (null, "give a ticketUrl or a goal.");
        if (request.IdempotencyKey is { } key && !IsKey(key))
            return (null, KeyRule);
        if (request.Goal is { } goal && (string.IsNullOrWhiteSpace(goal) || goal.Length > MaxGoalLength))
            return (null, $"goal must have between 1 and {MaxGoalLength} characters.");

        if (request.BaseBranch is { } branch && !IsBranch(branch))
            return (null, $"baseBranch is '{ApiText.Shown(branch)}', which cannot be the name of a branch.");
        if (!AreItems(request.AcceptanceCriteria))
            return (null, $"acceptanceCriteria may hold at most {MaxItems} texts of 1 to {MaxItemLength} characters.");
        if (!AreItems(request.Constraints))
            return (null, $"constraints may hold at most {MaxItems} texts of 1 to {MaxItemLength} characters.");

        if (request.Words is { } words && (string.IsNullOrWhiteSpace(words) || words.Length > MaxItemLength))
            return (null, $"words must have between 1 and {MaxItemLength} characters.");
        var job = request.Job ?? "implement";
        if (FlowList.Of(job == Plan ? "implement" : job, onPull: false) is not { } flow)
            return (null, $"job is '{ApiText.Shown(job)}'; it is one of {string.Join(", ", FlowList.All.Where(f => !f.IsOnPull).Select(f => f.Verb).Append(Plan))}.");

        var (issue, goalText, problem) = Ticket(request, repo, ticketHosts);
        if (problem is not null)
            return (null, problem);
        var id = issue is { } n ? TaskId.ForIssue(repo, n) : new TaskId(repo, TaskAnchor.Goal, request.IdempotencyKey ?? KeyFor(request, goalText));
        var delivery = $"rest:{request.IdempotencyKey ?? id.Key}";
        return (new CodingTaskInput(id, repo, flow.Kind, issue, null, caller, delivery, now)
        {
            Goal = goalText,
            Words = request.Words,
            AsksForPlan = job == Plan,
            BaseBranch = request.BaseBranch,
            AcceptanceCriteria = request.AcceptanceCriteria ?? [],
            Constraints = request.Constraints ?? [],
        }, null);
    }

    // An issue of the repository, which is read; or a page elsewhere, which nobody reads: its address goes along with what is to be done.
    private static (int? Issue, string? Goal, string? Problem) Ticket(CreateTaskRequest request, RepoRef repo, IReadOnlyList<HostRule> hosts)
    {
        if (request.TicketUrl is not { } url)
            return (null, request.Goal, null);
        if (url.Length > MaxUrlLength || !Uri.TryCreate(url, UriKind.Absolute, out var page) || page.Scheme is not ("http" or "https"))
            return No($"ticketUrl is '{ApiText.Shown(url)}', which is no web address; write e.g. https://host/owner/name/issues/12.");
        // Not shown: what stands there may be a password.
        if (page.UserInfo.Length > 0)
            return No("ticketUrl holds credentials before its host: write it without them.");
        // What a browser's address line adds (a query, a comment's anchor) names the same issue.
        if (IssuePath().Match(page.AbsolutePath) is { Success: true } match && int.TryParse(match.Groups["number"].ValueSpan, out var number)
            && new RepoRef(repo.Forge, match.Groups["owner"].Value, match.Groups["name"].Value).Equals(repo))
            return request.Goal is null ? (number, null, null) : No("ticketUrl is an issue, which says itself what to do: leave out goal.");
        if (!hosts.Any(h => HostName.Normalize(page.IdnHost) is { } host && h.Opens(host, page.Port, page.Scheme == Uri.UriSchemeHttps)))
            return No($"ticketUrl is neither an issue of {repo.FullName} nor on one of the hosts whose tickets this service takes ({ApiSettings.TicketHostsKey}); write e.g. https://host/{repo.FullName}/issues/12.");
        if (page.Scheme != Uri.UriSchemeHttps)
            return No("ticketUrl is not https.");
        return request.Goal is null && request.AcceptanceCriteria is not { Count: > 0 }
            ? No("ticketUrl is on a page that nothing reads here: say in goal or acceptanceCriteria what is to be done.")
            : (null, request.Goal is null ? $"Ticket: {page.AbsoluteUri}" : $"{request.Goal}\n\nTicket: {page.AbsoluteUri}", null);

        static (int?, string?, string?) No(string problem) => (null, null, problem);
    }

    private static bool AreItems(IReadOnlyList<string>? items) =>
        items is null || (items.Count <= MaxItems && items.All(item => !string.IsNullOrWhiteSpace(item) && item.Length <= MaxItemLength));

    // What git itself refuses in names of branches, where it matters: nothing that reads as an option, a range or a path.
    private static bool IsBranch(string text) =>
        text.Length is > 0 and <= MaxBranchLength && text[0] is not ('-' or '/' or '.') && text[^1] is not ('/' or '.')
        && !text.Contains("..", StringComparison.Ordinal) && !text.Contains("//", StringComparison.Ordinal) && !text.Contains("@{", StringComparison.Ordinal)
        && !text.EndsWith(".lock", StringComparison.Ordinal) && text.All(c => !char.IsControl(c) && !char.IsWhiteSpace(c) && !"~^:?*[\\".Contains(c, StringComparison.Ordinal));

    // Without a key the request's own content is the key, so that a client's blind retry does not start a second task.
    private static string KeyFor(CreateTaskRequest request, string? goal) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Join('\n', [goal, request.BaseBranch, .. request.Job is null && request.Words is null ? (string?[])[] : [request.Job, request.Words], .. request.AcceptanceCriteria ?? [], "--", .. request.Constraints ?? []]))))[..16];

    [GeneratedRegex(KeyPattern, RegexOptions.NonBacktracking)]
    private static partial Regex KeyShape();

    [GeneratedRegex("^/(?<owner>[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)/(?<name>[A-Za-z0-9._-]+)(/-)?/(issues|work_items)/(?<number>[1-9][0-9]*)/?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex IssuePath();
}
