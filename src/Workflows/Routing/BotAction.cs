using CodingAgent.Forges;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Routing;

/// <summary>What the router wants done: a closed set, carried out by the dispatcher.</summary>
public abstract record BotAction
{
    /// <summary>Start the task unless it runs already, and hand it the command, in one step.</summary>
    /// <param name="Input">Input of a new run.</param>
    /// <param name="Command">The command that asked for it; same delivery id as the input.</param>
    public sealed record StartTask(CodingTaskInput Input, CodingTaskSignal.CommandGiven Command) : BotAction;

    /// <summary>Tell a task something.</summary>
    /// <param name="Task">The task.</param>
    /// <param name="Message">What.</param>
    /// <param name="WhenNotRunning">What to answer when the task turns out to have ended; null answers nothing.</param>
    public sealed record Signal(TaskId Task, CodingTaskSignal Message, Reply? WhenNotRunning = null) : BotAction;

    /// <summary>Acknowledge with a reaction.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="On">Issue or pull request.</param>
    /// <param name="CommentId">Conversation comment; null reacts to the issue or pull request itself.</param>
    /// <param name="Reaction">Reaction.</param>
    public sealed record React(RepoRef Repo, Subject On, long? CommentId, Reaction Reaction) : BotAction;

    /// <summary>Answer in words; the marker holds the delivery id, so that a repeat writes nothing new.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="On">Issue or pull request.</param>
    /// <param name="Marker">Hidden marker.</param>
    /// <param name="Body">Markdown.</param>
    public sealed record Reply(RepoRef Repo, Subject On, string Marker, string Body) : BotAction;

    /// <summary>Do nothing.</summary>
    /// <param name="Reason">Why, for the log.</param>
    public sealed record Ignore(string Reason) : BotAction;
}
