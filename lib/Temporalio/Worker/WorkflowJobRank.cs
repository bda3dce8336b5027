namespace Temporalio.Worker;

/// <summary>Order of jobs in an activation. All SDKs that share a history must agree on it.</summary>
internal enum WorkflowJobRank
{
    Initialize,
    Patch,
    RandomSeed,
    SignalOrUpdate,
    Resolve,
    Query,
}
