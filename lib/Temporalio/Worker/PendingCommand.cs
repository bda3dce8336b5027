using Temporalio.Protocol.Commands;
using Temporalio.Protocol.Histories;

namespace Temporalio.Worker;

/// <summary>A command issued by workflow code, until the event that records it has been seen.</summary>
/// <param name="Wire">The command as sent.</param>
/// <param name="Description">What it is, for messages about histories that do not fit.</param>
/// <param name="Matches">Whether an event records this very command.</param>
internal sealed record PendingCommand(Command Wire, string Description, Func<HistoryEvent, bool> Matches)
{
    /// <summary>Called with the event that records the command.</summary>
    public Action<HistoryEvent>? Recorded { get; init; }

    /// <summary>Whether it closes the run.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Id of the patch whose marker it is.</summary>
    public string? PatchId { get; init; }
}
