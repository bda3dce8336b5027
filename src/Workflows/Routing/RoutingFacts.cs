using CodingAgent.Forges;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Routing;

/// <summary>Everything <see cref="Router.Decide"/> needs to know beyond the event itself.</summary>
/// <param name="Bot">The account the product acts as.</param>
/// <param name="Options">Operator's settings.</param>
/// <param name="ReceivedAt">When the delivery arrived: the time of events that carry none.</param>
public sealed record RoutingFacts(Actor Bot, RoutingOptions Options, DateTimeOffset ReceivedAt)
{
    /// <summary>Real access of the actor; <see cref="AccessLevel.None"/> also when nobody needed to ask.</summary>
    public AccessLevel Access { get; init; }

    /// <summary>Why nobody knows what access the actor has: the product's own account may not ask. Null where it may.</summary>
    public string? MayNotAsk { get; init; }

    /// <summary>True when another delivery brought the same statement before, or what it asks for runs already.</summary>
    public bool SaidBefore { get; init; }

    /// <summary>Commands of the text, by their place in it, that another delivery brought before.</summary>
    public IReadOnlyCollection<int> SpentCommands { get; init; } = [];

    /// <summary>The task that owns the issue, pull request or commit, whether it still runs or not.</summary>
    public TaskId? Owner { get; init; }

    /// <summary>The owner's projected state, which may lag a little; null when unknown.</summary>
    public TaskSummary? Summary { get; init; }

    /// <summary>The pull request as read from the forge; null when it was not needed or is gone.</summary>
    public PullRequest? Pull { get; init; }

    /// <summary>True when the actor may start and steer tasks.</summary>
    public bool MayTrigger => Suffices(Access);

    /// <summary>Whether somebody with this access may start and steer tasks.</summary>
    public static bool Suffices(AccessLevel access) => access >= AccessLevel.Write;

    /// <summary>True when there is an owner that, for all we know, still runs.</summary>
    public bool OwnerIsLive =>
        Owner is not null && Summary?.State.IsOver() != true;
}

/// <summary>What an operator may set about routing.</summary>
public sealed record RoutingOptions
{
    /// <summary>Whether a bot, by its login, is heard in a repository as somebody with write access is; approvals excepted.</summary>
    public Func<RepoRef, string, bool> AllowsBot { get; init; } = (_, _) => false;

    /// <summary>Whether a repository is worked on; what happens in others counts for nothing.</summary>
    public Func<RepoRef, bool> Serves { get; init; } = _ => true;

    /// <summary>Whether a command by somebody without write access is refused in words; otherwise in silence.</summary>
    public bool RefuseInWords { get; init; } = true;
}
