using Temporalio.Common;

namespace Temporalio.Worker;

/// <summary>How a replay ended.</summary>
/// <param name="History">The history.</param>
/// <param name="ReplayFailure">Why it does not fit the code; null when it does.</param>
public record WorkflowReplayResult(WorkflowHistory History, Exception? ReplayFailure);
