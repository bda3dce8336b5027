using System.Globalization;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Routing;

/// <summary>What follows from a command, whoever gives it and wherever it stands.</summary>
internal static class CommandRouting
{
    private static string HowToStart(RepoRef repo) => $"Comment /agent implement on an issue, or /agent fix on a {ForgeTerms.Of(repo).Pull} of this repository.";

    /// <summary>What follows from the commands of one text, in their order; it is acknowledged once.</summary>
    public static IReadOnlyList<BotAction> Decide(IReadOnlyList<CommandRequest> requests, RoutingFacts facts)
    {
        var actions = new List<BotAction>();
        foreach (var request in requests)
        {
            var next = Decide(request, facts);
            // What comes after it in the text is for the task that it starts.
            if (next.OfType<BotAction.StartTask>().FirstOrDefault() is { } start)
                facts = facts with { Owner = start.Input.Id, Summary = null };
            actions.AddRange(next);
        }

        return [.. actions.Distinct().OrderBy(a => a is BotAction.React)];
    }

    private static IReadOnlyList<BotAction> Decide(CommandRequest request, RoutingFacts facts)
    {
        if (facts.MayNotAsk is { } why)
        {
            // Once for all who try: it is the operator's to mend, and the same for each.
            return facts.Options.RefuseInWords
                ? [new BotAction.Reply(request.Repo, request.On, Markers.NoAccess(""), Replies.MayNotAsk(request.Event.Actor.Login, facts.Bot.Login, why))]
                : [new BotAction.Ignore($"nobody knows whether {request.Event.Actor.Login} has write access: {why}")];
        }

        if (!facts.MayTrigger)
        {
            var login = request.Event.Actor.Login;
            return facts.Options.RefuseInWords
                ? [new BotAction.Reply(request.Repo, request.On, Markers.NoAccess(login), Replies.NoAccess(login))]
                : [new BotAction.Ignore($"{login} has no write access")];
        }

        return request.Parsed switch
        {
            ParsedCommand.Unknown unknown => [Reply(request, Replies.Help(ForgeTerms.Of(request.Repo), unknown.Word, unknown.Nearest))],
            ParsedCommand.Misused misused => [Reply(request, $"That was not understood. Write {misused.Usage}.\n")],
            ParsedCommand.Understood { Command: AgentCommand.Approve } when request.Event.Actor.Kind == ActorKind.Bot => [Refuse(request, "a plan is approved by a person.", "Somebody with write access writes it.")],
            ParsedCommand.Understood { Command: var command } => command switch
            {
                AgentCommand.Help => [Reply(request, Replies.Help(ForgeTerms.Of(request.Repo)))],
                AgentCommand.Implement => BeginOnIssue(request, facts, "implement", command),
                AgentCommand.Fix fix => request.IsPull ? FixPull(request, facts, fix) : FixIssue(request, facts, fix),
                AgentCommand.Plan when !facts.OwnerIsLive => BeginOnIssue(request, facts, "implement", command),
                AgentCommand.Begin begin => BeginOnIssue(request, facts, begin.Verb, command),
                _ => Steer(request, facts, command),
            },
            _ => throw new InvalidOperationException($"No way to decide on {request.Parsed.GetType().Name}."),
        };
    }

    /// <summary>What is said through the bot's own account is taken for its own doing.</summary>
    public static IReadOnlyList<BotAction> RefuseOwnAccount(CommandRequest request, RoutingFacts facts) =>
        [new BotAction.Reply(request.Repo, request.On, Markers.OwnAccount, Replies.OwnAccount(facts.Bot.Login))];

    /// <summary>The operator named the repositories that are worked on.</summary>
    public static IReadOnlyList<BotAction> RefuseElsewhere(CommandRequest request, RoutingFacts facts) => facts.Options.RefuseInWords && facts.MayTrigger
        ? [new BotAction.Reply(request.Repo, request.On, Markers.NotServed, Replies.NotServed())]
        : [new BotAction.Ignore("a repository that is not served")];

    /// <summary>What somebody else made of a text is neither the author's word nor signed with the editor's name.</summary>
    public static IReadOnlyList<BotAction> RefuseEdited(CommandRequest request, Actor editor, RoutingFacts facts) => facts.Options.RefuseInWords
        ? [Reply(request, Replies.EditedByAnother(request.Event.Actor.Login, editor.Login))]
        : [new BotAction.Ignore($"edited by {editor.Login}, so not its author's word")];

    private static IReadOnlyList<BotAction> BeginOnIssue(CommandRequest request, RoutingFacts facts, string verb, AgentCommand command)
    {
        if (request.IsPull || FlowList.Of(verb, onPull: false) is not { } flow)
            return [Refuse(request, $"/agent {(command is AgentCommand.Plan ? "plan" : verb)} works on an issue.", "Give it there; on a pull request /agent fix mends CI failures and review remarks.")];
        var own = TaskId.ForIssue(request.Repo, request.Number);
        // A running task of another name (one created over REST) owns this issue: one writer.
        return facts.OwnerIsLive && facts.Owner != own ? Steer(request, facts, command) : Start(request, facts, own, flow.Kind, command);
    }

    // Where a task runs, it is asked to mend what is red or said of its work.
    private static IReadOnlyList<BotAction> FixIssue(CommandRequest request, RoutingFacts facts, AgentCommand.Fix command) =>
        facts.OwnerIsLive ? Steer(request, facts, command) : BeginOnIssue(request, facts, "fix", command);

    private static IReadOnlyList<BotAction> FixPull(CommandRequest request, RoutingFacts facts, AgentCommand.Fix command)
    {
        if (facts.OwnerIsLive)
            return Steer(request, facts, command);
        if (facts.Pull is not { } pull)
            return [Refuse(request, "this pull request could not be read.", "Check that it still exists and that I have access to it.")];
        if (pull.IsMerged)
            return [Refuse(request, "this pull request is merged.", "Open an issue for what is still to do, and comment /agent implement there.")];
        if (!pull.IsOpen)
            return [Refuse(request, "this pull request is closed.", "Reopen it and give the command again.")];
        return pull.Head.Repo == request.Repo
            ? Start(request, facts, TaskId.ForPull(request.Repo, request.Number), TaskKind.Fix, command)
            : [Refuse(
                request,
                "this pull request comes from a fork, and I push only to branches of this repository.",
                "Push the branch to this repository and open the pull request from there.")];
    }

    private static IReadOnlyList<BotAction> Start(CommandRequest request, RoutingFacts facts, TaskId id, TaskKind kind, AgentCommand command)
    {
        var (delivery, actor) = (request.DeliveryId, request.Event.Actor);
        if (facts.Owner == id && IsHandled(request, facts))
            return HandledBefore;
        var input = new CodingTaskInput(
            id, request.Repo, kind, request.IsPull ? null : request.Number, request.IsPull ? request.Number : null, actor, delivery, request.At)
        {
            IssueDigest = request.IsPull ? null : request.IssueDigest,
            Statement = request.Statement,
            Words = command.Words,
            AsksForPlan = command is AgentCommand.Plan,
        };
        return [new BotAction.StartTask(input, new(delivery, actor.Login, request.At, command, request.CommentId) { Statement = request.Statement }), Seen(request)];
    }

    // Handled before, up to the moment of marking it done; a live task knows its deliveries itself.
    private static bool IsHandled(CommandRequest request, RoutingFacts facts) =>
        !facts.OwnerIsLive && facts.Summary?.StartedBy is { Length: > 0 } by && (by == request.Event.DeliveryId || by.StartsWith($"{request.Event.DeliveryId}/", StringComparison.Ordinal));

    private static IReadOnlyList<BotAction> HandledBefore => [new BotAction.Ignore("this delivery started the task, which has ended since")];

    private static IReadOnlyList<BotAction> Steer(CommandRequest request, RoutingFacts facts, AgentCommand command)
    {
        if (facts.Owner is not { } owner)
            return [Reply(request, $"There is no task here yet. {HowToStart(request.Repo)}\n")];
        if (IsHandled(request, facts))
            return HandledBefore;
        var message = new CodingTaskSignal.CommandGiven(request.DeliveryId, request.Event.Actor.Login, request.At, command, request.CommentId) { Statement = request.Statement };
        return [new BotAction.Signal(owner, message, Reply(request, Ended(request.Repo, facts))), Seen(request)];
    }

    internal static string Ended(RepoRef repo, RoutingFacts facts)
    {
        if (facts is { OwnerIsLive: false, Summary.State: TaskState.Merged })
            return $"The task here is done: its {ForgeTerms.Of(repo).Pull} was merged. For what is still to do, open a new issue and comment /agent implement there.\n";
        var state = facts.OwnerIsLive || facts.Summary is null ? "" : $": {facts.Summary.State.ToString().ToLowerInvariant()}";
        var reason = facts.Summary is { Reason.Length: > 0 } summary && state.Length > 0 ? $" ({Markdown.Inline(summary.Reason)})" : "";
        return $"The task here has ended{state}{reason}. {HowToStart(repo)}\n";
    }

    private static BotAction.React Seen(CommandRequest request) => new(request.Repo, request.On, request.CommentId, Reaction.Eyes);

    private static BotAction.Reply Refuse(CommandRequest request, string reason, string whatToDo) => Reply(request, Replies.Refusal(ForgeTerms.Of(request.Repo).Say(reason), ForgeTerms.Of(request.Repo).Say(whatToDo)));

    private static BotAction.Reply Reply(CommandRequest request, string body) =>
        new(request.Repo, request.On, Markers.Reply(request.DeliveryId), body);
}

/// <summary>One command as an event carries it: in a comment, a review's text, a line comment, as a label, or by assigning the bot.</summary>
/// <param name="Event">The event.</param>
/// <param name="Number">Issue or pull request.</param>
/// <param name="IsPull">Which of the two.</param>
/// <param name="At">When it was given.</param>
/// <param name="CommentId">The conversation comment it stands in, which can take a reaction.</param>
/// <param name="Parsed">The command.</param>
/// <param name="Place">Its place among the commands of the text, from 0.</param>
internal sealed record CommandRequest(ForgeEvent Event, int Number, bool IsPull, DateTimeOffset At, long? CommentId, ParsedCommand Parsed, int Place)
{
    public RepoRef Repo => Event.Repo;

    public Subject On => new(Number, IsPull);

    /// <summary>What a task remembers it by: the delivery, and which of its commands it is.</summary>
    public string DeliveryId => Place == 0 ? Event.DeliveryId : string.Create(CultureInfo.InvariantCulture, $"{Event.DeliveryId}/{Place + 1}");

    /// <summary>Where it stands, to be read there again.</summary>
    public Statement? Statement => Event switch
    {
        ForgeEvent.Commented x => new Statement(StatementKind.Comment, x.Number, x.CommentId) { IsPull = x.IsPullRequest },
        ForgeEvent.ReviewCommented x => new Statement(StatementKind.LineComment, x.Number, x.CommentId) { IsPull = true },
        ForgeEvent.ReviewSubmitted x => new Statement(StatementKind.Review, x.Number, x.ReviewId) { IsPull = true },
        ForgeEvent.Labeled { Record: { } record } x => new Statement(StatementKind.Label, x.Number, record.Id) { IsPull = x.IsPullRequest },
        ForgeEvent.Assigned { Record: { } record } x => new Statement(StatementKind.Assignment, x.Number, record.Id) { IsPull = false },
        _ => null,
    };

    public string? IssueDigest => Event switch
    {
        ForgeEvent.Labeled x => x.IssueDigest,
        ForgeEvent.Assigned x => x.IssueDigest,
        ForgeEvent.Commented x => x.IssueDigest,
        _ => null,
    };

    public bool AsksFor<T>()
        where T : AgentCommand => Parsed is ParsedCommand.Understood { Command: T };

    /// <summary>True for what is done and not written: it counts once, and nobody edits it.</summary>
    public static bool IsWordless(ForgeEvent e) => e is ForgeEvent.Labeled or ForgeEvent.Unlabeled or ForgeEvent.Assigned or ForgeEvent.Unassigned;

    /// <summary>The commands an event carries, in their order; empty when it carries none.</summary>
    public static IReadOnlyList<CommandRequest> AllOf(ForgeEvent e, DateTimeOffset receivedAt) => e switch
    {
        ForgeEvent.Labeled x => Make(OfLabel(x.Label), (parsed, i) => new(e, x.Number, x.IsPullRequest, x.Record?.At ?? receivedAt, null, parsed, i)),
        // Whose assignment counts is settled before.
        ForgeEvent.Assigned x => [new(e, x.Number, false, x.Record?.At ?? receivedAt, null, new ParsedCommand.Understood(new AgentCommand.Implement()), 0)],
        ForgeEvent.Commented x => Make(CommandParser.Parse(x.Body), (parsed, i) => new(e, x.Number, x.IsPullRequest, x.WrittenAt, x.CommentId, parsed, i)),
        ForgeEvent.ReviewSubmitted x => Make(CommandParser.Parse(x.Body), (parsed, i) => new(e, x.Number, true, x.SubmittedAt, null, parsed, i)),
        ForgeEvent.ReviewCommented x => Make(CommandParser.Parse(x.Body), (parsed, i) => new(e, x.Number, true, x.WrittenAt, null, parsed, i)),
        _ => [],
    };

    private static IReadOnlyList<CommandRequest> Make(IReadOnlyList<ParsedCommand> commands, Func<ParsedCommand, int, CommandRequest> make) => [.. commands.Select(make)];

    private static IReadOnlyList<ParsedCommand> OfLabel(string label) =>
        FlowList.VerbOf(label) is { } verb ? [new ParsedCommand.Understood(CommandParser.Begin(verb))] : [];
}
