using Temporalio.Client;

namespace Temporalio.Testing;

/// <summary>A client whose handles have the server skip time while a result is awaited.</summary>
internal sealed class TimeSkippingClient(EmbeddedEnvironment environment, ITemporalConnection connection, TemporalClientOptions options)
    : TemporalClient(connection, options)
{
    internal override async Task<WorkflowHandle<TWorkflow, TResult>> StartAsync<TWorkflow, TResult>(
        string workflow, IReadOnlyCollection<object?> args, WorkflowOptions options) =>
        new TimeSkippingHandle<TWorkflow, TResult>(environment, await base.StartAsync<TWorkflow, TResult>(workflow, args, options));

    private sealed record TimeSkippingHandle<TWorkflow, TResult>(EmbeddedEnvironment Environment, WorkflowHandle<TWorkflow, TResult> Started)
        : WorkflowHandle<TWorkflow, TResult>(Started)
    {
        public override Task<T> GetResultAsync<T>(bool followRuns = true, RpcOptions? rpcOptions = null) =>
            Environment.WithTimeSkippingUnlockedAsync(() => base.GetResultAsync<T>(followRuns, rpcOptions));
    }
}
