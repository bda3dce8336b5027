using Temporalio.Client;
using Temporalio.Client.Interceptors;

namespace Temporalio.Testing;

/// <summary>Gives handles that have the server skip time while a result is awaited.</summary>
internal sealed class TimeSkippingInterceptor(EmbeddedEnvironment environment) : IClientInterceptor
{
    public ClientOutboundInterceptor InterceptClient(ClientOutboundInterceptor nextInterceptor) => new Outbound(environment, nextInterceptor);

    private sealed class Outbound(EmbeddedEnvironment environment, ClientOutboundInterceptor next) : ClientOutboundInterceptor(next)
    {
        public override async Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(StartWorkflowInput input) =>
            new Handle<TWorkflow, TResult>(environment, await base.StartWorkflowAsync<TWorkflow, TResult>(input));
    }

    private sealed record Handle<TWorkflow, TResult>(EmbeddedEnvironment Environment, WorkflowHandle<TWorkflow, TResult> Started)
        : WorkflowHandle<TWorkflow, TResult>(Started)
    {
        public override Task<T> GetResultAsync<T>(bool followRuns = true, RpcOptions? rpcOptions = null) =>
            Environment.WithTimeSkippingUnlockedAsync(() => base.GetResultAsync<T>(followRuns, rpcOptions));
    }
}
