using CodingAgent.Workflows.Ports;

namespace CodingAgent.BotHost.Api;

/// <summary>An entry of a task's live log as REST shows it; what an entry does not have is null.</summary>
/// <param name="Seq">Its place in the log, and the id of its event: go on after it.</param>
/// <param name="At">When.</param>
/// <param name="Kind"><c>step</c>, <c>turn</c>, <c>said</c>, <c>call</c>, <c>output</c>, <c>handoff</c> or <c>ended</c>.</param>
/// <param name="Text">What was said, called or given back: outside text, cut to 4,000 characters.</param>
public sealed record TaskLogLine(long Seq, DateTimeOffset At, string Kind, string Text)
{
    /// <summary>State that the task entered.</summary>
    public string? State { get; init; }

    /// <summary>Which agent.</summary>
    public string? Agent { get; init; }

    /// <summary>Its run.</summary>
    public string? Run { get; init; }

    /// <summary>Turn of the run, from 1.</summary>
    public int? Turn { get; init; }

    /// <summary>Which tool.</summary>
    public string? Tool { get; init; }

    /// <summary>Which call, so that what it gave back can be told from another's.</summary>
    public string? Call { get; init; }

    /// <summary>How long it took, in milliseconds.</summary>
    public long? ElapsedMs { get; init; }

    /// <summary>Input tokens of the turn.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Output tokens of the turn.</summary>
    public long? OutputTokens { get; init; }

    /// <summary>From the log.</summary>
    /// <param name="row">Row of it.</param>
    public static TaskLogLine From(TaskLogRow row) => new(row.Seq, row.Entry.At, NameOf(row.Entry.Kind), row.Entry.Text)
    {
        State = OrNull(row.Entry.State),
        Agent = OrNull(row.Entry.Agent),
        Run = OrNull(row.Entry.Run),
        Turn = row.Entry.Turn > 0 ? row.Entry.Turn : null,
        Tool = OrNull(row.Entry.Tool),
        Call = OrNull(row.Entry.Call),
        ElapsedMs = (long?)row.Entry.Elapsed?.TotalMilliseconds,
        InputTokens = row.Entry.InputTokens,
        OutputTokens = row.Entry.OutputTokens,
    };

    /// <summary>What REST calls a kind of entry; events are named so too.</summary>
    internal static string NameOf(TaskLogKind kind) => kind.ToString().ToLowerInvariant();

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
