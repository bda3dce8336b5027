using CodingAgent.Forges;
using CodingAgent.Forges.Events;

namespace CodingAgent.Workflows.Routing;

/// <summary>Which deliveries must be handled one after the other.</summary>
public static class EventOrder
{
    /// <summary>The issue or pull request an event is about (they share their numbers), or the commit for CI results.</summary>
    public static string KeyOf(ForgeEvent e) => NumberOf(e) is { } number ? Key(e.Repo, $"#{number}") : Key(e.Repo, $"@{(e as ForgeEvent.CiChanged)?.HeadSha}");

    /// <summary>The issue or pull request number; null for events about a commit.</summary>
    public static int? NumberOf(ForgeEvent e) => e switch
    {
        ForgeEvent.Labeled x => x.Number,
        ForgeEvent.Unlabeled x => x.Number,
        ForgeEvent.Assigned x => x.Number,
        ForgeEvent.Unassigned x => x.Number,
        ForgeEvent.IssueOpened x => x.Number,
        ForgeEvent.IssueStateChanged x => x.Number,
        ForgeEvent.Commented x => x.Number,
        ForgeEvent.ReviewSubmitted x => x.Number,
        ForgeEvent.ReviewCommented x => x.Number,
        ForgeEvent.PullChanged x => x.Number,
        ForgeEvent.VerdictsChanged x => x.Number,
        ForgeEvent.SubjectChanged x => x.Number,
        _ => null,
    };

    private static string Key(RepoRef repo, string part) => repo.ToString().ToLowerInvariant() + part;
}
