using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;

namespace CodingAgent.Workflows.Routing;

/// <summary>A command as an event carries it: in a comment, a review's text, a line comment, or as a label.</summary>
/// <param name="Event">The event.</param>
/// <param name="Number">Issue or pull request.</param>
/// <param name="IsPull">Which of the two.</param>
/// <param name="At">When it was given.</param>
/// <param name="CommentId">The conversation comment it stands in, which can take a reaction.</param>
/// <param name="Parsed">The command.</param>
internal sealed record CommandRequest(ForgeEvent Event, int Number, bool IsPull, DateTimeOffset At, long? CommentId, ParsedCommand Parsed)
{
    public RepoRef Repo => Event.Repo;

    public string? IssueDigest => Event switch
    {
        ForgeEvent.Labeled x => x.IssueDigest,
        ForgeEvent.Commented x => x.IssueDigest,
        _ => null,
    };

    public bool AsksFor<T>()
        where T : AgentCommand => Parsed is ParsedCommand.Understood { Command: T };

    /// <summary>The command an event carries; null when it carries none.</summary>
    public static CommandRequest? Of(ForgeEvent e, DateTimeOffset receivedAt)
    {
        var request = e switch
        {
            ForgeEvent.Labeled x => new CommandRequest(e, x.Number, x.IsPullRequest, receivedAt, null, OfLabel(x.Label)),
            ForgeEvent.Commented x => new CommandRequest(e, x.Number, x.IsPullRequest, x.WrittenAt, x.CommentId, CommandParser.Parse(x.Body)),
            ForgeEvent.ReviewSubmitted x => new CommandRequest(e, x.Number, true, x.SubmittedAt, null, CommandParser.Parse(x.Body)),
            ForgeEvent.ReviewCommented x => new CommandRequest(e, x.Number, true, x.WrittenAt, null, CommandParser.Parse(x.Body)),
            _ => null,
        };
        return request?.Parsed is null or ParsedCommand.None ? null : request;
    }

    private static ParsedCommand OfLabel(string label) =>
        TaskLabels.Is(label, TaskLabels.Implement) ? new ParsedCommand.Understood(new AgentCommand.Implement())
        : TaskLabels.Is(label, TaskLabels.Fix) ? new ParsedCommand.Understood(new AgentCommand.Fix())
        : new ParsedCommand.None();
}
