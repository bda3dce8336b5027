using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Ports;

/// <summary>The live log of tasks: what agents do, as they do it, for people who watch. Nothing decides by it, and a retried step may tell again what it does again.</summary>
public interface ITaskLog
{
    /// <summary>Adds entries. A log that cannot be written is no reason to end work: it loses them, and says so where operators look.</summary>
    Task AppendAsync(TaskId task, IReadOnlyList<TaskLogEntry> entries, CancellationToken cancellationToken);

    /// <summary>Entries in the order they were added.</summary>
    /// <param name="task">The task.</param>
    /// <param name="after">Number of the entry to go on after; 0 for the first.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<TaskLogRow>> ReadAsync(TaskId task, long after, int most, CancellationToken cancellationToken);

    /// <summary>The entries that were added last, in the order they were added.</summary>
    /// <param name="task">The task.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<TaskLogRow>> ReadLastAsync(TaskId task, int most, CancellationToken cancellationToken);
}

/// <summary>Something that happened in a task.</summary>
/// <param name="At">When, by the clock of the machine it happened on.</param>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Text">What happened: words of ours, of a model or of a tool. Outside text, cut to what people read.</param>
public sealed record TaskLogEntry(DateTimeOffset At, TaskLogKind Kind, string Text)
{
    /// <summary>State of the task in a <see cref="TaskLogKind.Step"/>; empty elsewhere.</summary>
    public string State { get; init; } = "";

    /// <summary>Agent; empty where it is the task, or the whole run.</summary>
    public string Agent { get; init; } = "";

    /// <summary>Run of that agent; empty in a <see cref="TaskLogKind.Step"/>.</summary>
    public string Run { get; init; } = "";

    /// <summary>Turn of the run, from 1; 0 where there is none.</summary>
    public int Turn { get; init; }

    /// <summary>Tool of a call or an output; empty elsewhere.</summary>
    public string Tool { get; init; } = "";

    /// <summary>What an output has in common with its call; empty elsewhere.</summary>
    public string Call { get; init; } = "";

    /// <summary>How long an answer or a tool took; null elsewhere.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>Tokens that went into an answer; null elsewhere, and where the endpoint does not say.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Tokens that came out.</summary>
    public long? OutputTokens { get; init; }
}

/// <summary>An entry and its number, which grows.</summary>
/// <param name="Seq">Number: what a reader goes on after.</param>
/// <param name="Entry">The entry.</param>
public sealed record TaskLogRow(long Seq, TaskLogEntry Entry);

/// <summary>What can happen in a task.</summary>
public enum TaskLogKind
{
    /// <summary>The task enters a state, or takes a step within one.</summary>
    Step,

    /// <summary>An agent asks its model.</summary>
    Turn,

    /// <summary>The model has answered, in words.</summary>
    Said,

    /// <summary>A tool begins; the text is its arguments.</summary>
    Call,

    /// <summary>A tool has run; the text is what it gave back.</summary>
    Output,

    /// <summary>Another agent takes over within the run; the text is its name.</summary>
    Handoff,

    /// <summary>The agent ends a segment of its run; the text says how.</summary>
    Ended,
}
