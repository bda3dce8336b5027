using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Routing;

/// <summary>
/// Decides what follows from an event. Pure and total. What a person says (commands, comments, reviews, labels) counts only with
/// write access. What the forge itself reports (CI results, a pull request's or issue's state) needs none: the forge decided who may
/// cause it, it carries no text, and it only makes a task look again or end.
/// </summary>
public static class Router
{
    /// <summary>What to do, in this order.</summary>
    public static IReadOnlyList<BotAction> Decide(ForgeEvent e, RoutingFacts facts)
    {
        if (WhyActorIsIgnored(e, facts.Bot, facts.Options) is { } why)
            return Ignore(why);
        if (facts.SaidBefore)
            return Ignore("another delivery brought this before");
        var commands = CommandsOf(e, facts);
        if (e.Actor.IsSame(facts.Bot) && commands is [var own, ..])
            return CommandRouting.RefuseOwnAccount(own, facts);
        if (!facts.OwnerIsLive && !facts.Options.Serves(e.Repo))
            return commands is [var elsewhere, ..] ? CommandRouting.RefuseElsewhere(elsewhere, facts) : Ignore("a repository that is not served");
        // A pull request from elsewhere is never ours, whatever its branch is called.
        if (HeadOf(e) is { } head && head.Repo != e.Repo)
            facts = facts with { Owner = null, Summary = null };
        if (e.EditedBy is { } editor)
            return commands is [var edited, ..] ? CommandRouting.RefuseEdited(edited, editor, facts) : Ignore($"edited by {editor.Login}, so not its author's word");
        if (e.IsEdit)
            return commands.Count > 0 ? CommandRouting.Decide(commands, facts) : Ignore("an edit without a command asks for nothing");
        return e switch
        {
            ForgeEvent.Labeled => commands.Count > 0 ? CommandRouting.Decide(commands, facts) : Ignore("not a label we use"),
            ForgeEvent.Unlabeled x => OnUnlabeled(x, facts),
            ForgeEvent.Assigned => CommandRouting.Decide(commands, facts),
            ForgeEvent.Unassigned x => OnUnassigned(x, facts),
            ForgeEvent.IssueOpened x => OnIssueOpened(x, facts),
            ForgeEvent.IssueStateChanged x => OnIssueState(x, facts),
            ForgeEvent.Commented x => commands.Count > 0 ? CommandRouting.Decide(commands, facts) : OnWords(x, facts),
            ForgeEvent.ReviewSubmitted x => OnReview(x, commands, facts),
            ForgeEvent.ReviewCommented x => commands.Count > 0 ? CommandRouting.Decide(commands, facts) : OnLineComment(x, facts),
            ForgeEvent.PullChanged x => OnPullChanged(x, facts),
            ForgeEvent.CiChanged x => OnCi(x, facts),
            ForgeEvent.SubjectChanged x => facts.Owner is { } owner
                ? [new BotAction.Signal(owner, new CodingTaskSignal.WordsGone(x.DeliveryId, x.Actor.Login, facts.ReceivedAt))]
                : Ignore("what no task owns"),
            _ => Ignore("not an event the router knows"),
        };
    }

    /// <summary>Why an event counts for nothing because of who caused it; null when it counts.</summary>
    internal static string? WhyActorIsIgnored(ForgeEvent e, Actor bot, RoutingOptions options)
    {
        // Our own pushes are what CI runs on, and CI is reported by bots.
        if (e is ForgeEvent.CiChanged)
            return null;
        if (AssigneeOf(e) is { } assignee && !assignee.IsSame(bot))
            return "about somebody else";
        if (e.Actor.IsSame(bot) && !IsPersonsCommand(e, bot))
            return "our own doing";
        var reportedByForge = e is ForgeEvent.PullChanged or ForgeEvent.IssueStateChanged;
        return e.Actor.Kind == ActorKind.Bot && !reportedByForge && !options.AllowsBot(e.Repo, e.Actor.Login)
            ? $"{e.Actor.Login} is a bot that is not allowed by name"
            : null;
    }

    /// <summary>
    /// True when the event, if it is true, makes a difference; what it says must then be asked of the forge. What only makes a task look
    /// again (CI, a pushed head, a reopened pull request) needs no asking: the task reads for itself.
    /// </summary>
    public static bool Matters(ForgeEvent e, RoutingFacts facts) => CommandRequest.AllOf(e, facts.ReceivedAt).Count > 0
        || (!e.IsEdit && (SpeaksTo(e, facts.Bot) || e is ForgeEvent.Commented { Body: var text } && CommandParser.IsMisplaced(text)))
        || (facts.Owner is not null && !e.IsEdit && e switch
        {
            ForgeEvent.Commented or ForgeEvent.ReviewSubmitted or ForgeEvent.IssueStateChanged { IsOpen: false } => true,
            ForgeEvent.Unlabeled x => TaskLabels.StopsWhenRemoved(x.Label),
            ForgeEvent.Unassigned => true,
            ForgeEvent.PullChanged { Change: PullChange.Closed or PullChange.Merged or PullChange.ReadyForReview or PullChange.ConvertedToDraft } => true,
            _ => false,
        });

    /// <summary>
    /// True for a command that the product itself never gives, given through its account: somebody made it work with the token of the account they
    /// use themselves, and would wait in vain.
    /// </summary>
    private static bool IsPersonsCommand(ForgeEvent e, Actor bot) => bot.Kind == ActorKind.User && e switch
    {
        ForgeEvent.Labeled or ForgeEvent.Assigned => true,
        ForgeEvent.Commented x => !Markers.IsOurs(x.Body),
        _ => false,
    } && CommandRequest.AllOf(e, default).Count > 0;

    /// <summary>True for what counts only with write access.</summary>
    internal static bool IsSaidByAPerson(ForgeEvent e) =>
        e is ForgeEvent.Commented or ForgeEvent.ReviewSubmitted or ForgeEvent.ReviewCommented or ForgeEvent.IssueOpened || CommandRequest.IsWordless(e);

    private static Actor? AssigneeOf(ForgeEvent e) => e switch
    {
        ForgeEvent.Assigned x => x.Assignee,
        ForgeEvent.Unassigned x => x.Assignee,
        _ => null,
    };

    /// <summary>The head an event reports; null when it reports none.</summary>
    internal static PullHead? HeadOf(ForgeEvent e) => e switch
    {
        ForgeEvent.ReviewSubmitted x => x.Head,
        ForgeEvent.ReviewCommented x => x.Head,
        ForgeEvent.PullChanged x => x.Head,
        ForgeEvent.VerdictsChanged x => x.Head,
        _ => null,
    };

    /// <summary>The commands of an event that no other delivery brought.</summary>
    private static IReadOnlyList<CommandRequest> CommandsOf(ForgeEvent e, RoutingFacts facts) =>
        [.. CommandRequest.AllOf(e, facts.ReceivedAt).Where(r => !facts.SpentCommands.Contains(r.Place))];

    /// <summary>True when a text mentions the product's account, or is an issue that gives a command where none counts.</summary>
    private static bool SpeaksTo(ForgeEvent e, Actor bot) => e switch
    {
        ForgeEvent.IssueOpened x => Mention.IsIn(x.Body, bot.Login, bot.Handle) || CommandParser.Parse(x.Body).Count > 0,
        ForgeEvent.Commented x => Mention.IsIn(x.Body, bot.Login, bot.Handle),
        ForgeEvent.ReviewSubmitted x => Mention.IsIn(x.Body, bot.Login, bot.Handle),
        ForgeEvent.ReviewCommented x => Mention.IsIn(x.Body, bot.Login, bot.Handle),
        _ => false,
    };

    /// <summary>A comment without a command: it steers the task that is there when it speaks to us, or as its policy has it; the task decides.</summary>
    private static IReadOnlyList<BotAction> OnWords(ForgeEvent.Commented e, RoutingFacts facts)
    {
        var speaksToUs = SpeaksTo(e, facts.Bot);
        var isMisplaced = CommandParser.IsMisplaced(e.Body);
        if (facts.Owner is null && !speaksToUs && !isMisplaced)
            return Ignore("a comment without a command where no task is");
        if (!facts.MayTrigger)
            return Ignore($"{e.Actor.Login} has no write access");
        // Nothing must be made of it that it does not say, in the one way or the other.
        if (isMisplaced)
            return [new BotAction.Reply(e.Repo, e.On, Markers.Reply(e.DeliveryId), Replies.Misplaced(ForgeTerms.Of(e.Repo)))];
        if (facts.Owner is not { } owner)
            return Help(e.Repo, e.On, e.CommentId, facts.Bot);
        var words = new CodingTaskSignal.CommentWritten(e.DeliveryId, e.Actor.Login, e.WrittenAt, e.CommentId, e.Body) { IsAddressed = speaksToUs, Number = e.Number, IsPull = e.IsPullRequest };
        return speaksToUs
            ? [new BotAction.Signal(owner, words, HelpReply(e.Repo, e.On, facts.Bot)), new BotAction.React(e.Repo, e.On, e.CommentId, Reaction.Eyes)]
            : [new BotAction.Signal(owner, words)];
    }

    private static IReadOnlyList<BotAction> OnLineComment(ForgeEvent.ReviewCommented e, RoutingFacts facts) =>
        facts.Owner is not null || !SpeaksTo(e, facts.Bot) ? Ignore("a line comment is answered with the review it belongs to")
        : facts.MayTrigger ? Help(e.Repo, Subject.Pull(e.Number), e.CommentId, facts.Bot)
        : Ignore($"{e.Actor.Login} has no write access");

    /// <summary>Whoever speaks to us where there is nothing to be told reads once how to ask, and each time that it was seen and not understood.</summary>
    private static IReadOnlyList<BotAction> Help(RepoRef repo, Subject on, long? commentId, Actor bot) => commentId is { } id
        ? [HelpReply(repo, on, bot), new BotAction.React(repo, on, id, Reaction.Confused)]
        : [HelpReply(repo, on, bot)];

    private static BotAction.Reply HelpReply(RepoRef repo, Subject on, Actor bot) => new(repo, on, Markers.Mentioned, Replies.Mentioned(bot.Handle, ForgeTerms.Of(repo)));

    private static IReadOnlyList<BotAction> OnReview(ForgeEvent.ReviewSubmitted e, IReadOnlyList<CommandRequest> commands, RoutingFacts facts)
    {
        if (e is { State: ReviewState.Approved, Actor.Kind: ActorKind.Bot })
            return Ignore("a bot approves nothing");
        var actions = new List<BotAction>();
        if (facts.Owner is { } owner && facts.MayTrigger)
        {
            // With a command in its text a review is two messages, and each needs its own id or the second would pass for a repeat.
            var id = commands.Count == 0 ? e.DeliveryId : $"{e.DeliveryId}/review";
            var hint = e.State == ReviewState.ChangesRequested && commands.Count == 0
                ? new BotAction.Reply(e.Repo, Subject.Pull(e.Number), Markers.Reply(e.DeliveryId), CommandRouting.Ended(e.Repo, facts))
                : null;
            actions.Add(new BotAction.Signal(
                owner, new CodingTaskSignal.ReviewSubmitted(id, e.Actor.Login, e.SubmittedAt, e.ReviewId, e.State, e.Head.Sha), hint));
            // An approval asks for nothing, unless it says so.
            if (e.State == ReviewState.Approved && commands.Count == 0 && SpeaksTo(e, facts.Bot))
                actions.Add(new BotAction.Signal(owner, new CodingTaskSignal.CommentWritten($"{e.DeliveryId}/2", e.Actor.Login, e.SubmittedAt, e.ReviewId, e.Body) { IsAddressed = true, Number = e.Number, IsPull = true }));
        }

        if (commands.Count > 0)
            actions.AddRange(CommandRouting.Decide(commands, facts));
        else if (facts.Owner is null && facts.MayTrigger && SpeaksTo(e, facts.Bot))
            actions.AddRange(Help(e.Repo, Subject.Pull(e.Number), null, facts.Bot));
        return actions.Count > 0 ? actions
            : facts.Owner is null ? Ignore("a review where no task is")
            : Ignore($"{e.Actor.Login} has no write access");
    }

    private static IReadOnlyList<BotAction> OnUnlabeled(ForgeEvent.Unlabeled e, RoutingFacts facts)
    {
        if (!TaskLabels.StopsWhenRemoved(e.Label))
            return Ignore("not a label we use");
        if (facts.Owner is not { } owner)
            return Ignore("a label removed where no task is");
        return facts.MayTrigger
            ? [new BotAction.Signal(owner, new CodingTaskSignal.LabelRemoved(e.DeliveryId, e.Actor.Login, e.Record?.At ?? facts.ReceivedAt, e.Label))]
            : Ignore($"{e.Actor.Login} has no write access");
    }

    private static IReadOnlyList<BotAction> OnUnassigned(ForgeEvent.Unassigned e, RoutingFacts facts) =>
        facts.Owner is not { } owner ? Ignore("taken off an issue where no task is")
        : facts.MayTrigger ? [new BotAction.Signal(owner, new CodingTaskSignal.Unassigned(e.DeliveryId, e.Actor.Login, e.Record?.At ?? facts.ReceivedAt))]
        : Ignore($"{e.Actor.Login} has no write access");

    private static IReadOnlyList<BotAction> OnIssueOpened(ForgeEvent.IssueOpened e, RoutingFacts facts) =>
        facts.OwnerIsLive || !SpeaksTo(e, facts.Bot) ? Ignore("opening an issue asks for nothing")
        : facts.MayTrigger ? Help(e.Repo, Subject.Issue(e.Number), null, facts.Bot)
        : Ignore($"{e.Actor.Login} has no write access");

    private static IReadOnlyList<BotAction> OnIssueState(ForgeEvent.IssueStateChanged e, RoutingFacts facts) =>
        e.IsOpen ? Ignore("a reopened issue waits for a command")
        : facts.Owner is { } owner ? [new BotAction.Signal(owner, new CodingTaskSignal.IssueClosed(e.DeliveryId, e.Actor.Login, facts.ReceivedAt))]
        : Ignore("an issue no task owns");

    private static IReadOnlyList<BotAction> OnPullChanged(ForgeEvent.PullChanged e, RoutingFacts facts) =>
        e.Change == PullChange.Opened ? Ignore("opening a pull request asks for nothing")
        : facts.Owner is { } owner
            ? [new BotAction.Signal(owner, new CodingTaskSignal.PullChanged(e.DeliveryId, e.Actor.Login, facts.ReceivedAt, e.Change, e.Head.Sha))]
        : Ignore("a pull request no task owns");

    private static IReadOnlyList<BotAction> OnCi(ForgeEvent.CiChanged e, RoutingFacts facts)
    {
        if (!e.IsCompleted)
            return Ignore("CI that has not concluded");
        if (string.Equals(e.Name, EvidenceText.CheckName, StringComparison.Ordinal))
            return Ignore("our own evidence check");
        return facts.Owner is { } owner
            ? [new BotAction.Signal(owner, new CodingTaskSignal.CiChanged(e.DeliveryId, e.Actor.Login, facts.ReceivedAt, e.HeadSha))]
            : Ignore("CI on a commit no task recorded");
    }

    private static IReadOnlyList<BotAction> Ignore(string reason) => [new BotAction.Ignore(reason)];
}
