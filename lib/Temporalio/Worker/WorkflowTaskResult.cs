using Temporalio.Protocol.Commands;
using Temporalio.Protocol.Messages;
using Temporalio.Protocol.Queries;

namespace Temporalio.Worker;

/// <summary>What one workflow task gave.</summary>
internal sealed class WorkflowTaskResult
{
    public List<Command> Commands { get; } = [];

    public List<Message> Messages { get; } = [];

    public Dictionary<string, WorkflowQueryResult> Queries { get; } = [];

    /// <summary>Whether all tasks seen had been done before.</summary>
    public bool IsReplay { get; set; }

    /// <summary>Why the task failed; null when it did not.</summary>
    public Exception? Failure { get; set; }
}
