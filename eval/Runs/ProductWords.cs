using System.Text.RegularExpressions;

namespace CodingAgent.Eval.Runs;

/// <summary>What this program knows of the product's words and states, in one place; all of it is public: comments, labels, REST.</summary>
internal static partial class ProductWords
{
    /// <summary>Label that asks for an issue to be implemented.</summary>
    public const string Label = "agent:implement";

    /// <summary>Answer to a plan that waits.</summary>
    public const string Approve = "/agent approve";

    /// <summary>What every plan comment carries.</summary>
    public const string PlanMarker = "coding-agent:plan";

    /// <summary>State in which the plan waits for a person.</summary>
    public const string AwaitingApproval = "AwaitingApproval";

    /// <summary>State of a task whose pull request was merged.</summary>
    public const string Merged = "Merged";

    private static readonly string[] Ended = ["Failed", "Stopped", "Closed"];

    private static readonly string[] Working =
    [
        "Queued", "Authorizing", "Planning", AwaitingApproval, "Preparing", "Editing", "Verifying", "Critiquing", "Publishing", "AwaitingCi",
        "AddressingFeedback", "ReadyToMerge", Merged,
    ];

    /// <summary>True when nothing more happens until a person mends something: the task has ended, or is parked with a reason.</summary>
    /// <param name="state">State as REST shows it.</param>
    /// <param name="reason">Reason as REST shows it.</param>
    /// <param name="isReady">There is a pull request that waits for a person's review.</param>
    public static bool HasStopped(string state, string reason, bool isReady) =>
        Ended.Contains(state) || (!Working.Contains(state) && reason.Length > 0 && !isReady);

    /// <summary>Hosts that the bot's comments say were refused.</summary>
    public static IReadOnlyList<string> RefusedHosts(IEnumerable<string> comments) =>
        [.. comments.SelectMany(c => c.Split('\n')).Where(l => Refusal().IsMatch(l)).SelectMany(l => Host().Matches(l).Select(m => m.Groups["host"].Value)).Distinct(StringComparer.Ordinal)];

    [GeneratedRegex(@"\b(refused|blocked)\b.*\bhosts?\b|\bhosts?\b.*\b(refused|blocked)\b", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Refusal();

    [GeneratedRegex(@"`(?<host>[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z]{2,}(:\d+)?)`", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Host();
}
