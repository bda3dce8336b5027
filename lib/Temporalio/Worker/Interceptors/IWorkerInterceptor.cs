namespace Temporalio.Worker.Interceptors;

/// <summary>Puts itself into the chains of workflows and activities.</summary>
public interface IWorkerInterceptor
{
    /// <summary>Called once for each workflow run that the worker takes up, in the workflow.</summary>
    /// <param name="nextInterceptor">Rest of the chain.</param>
    /// <returns>The rest of the chain, or an interceptor that wraps it.</returns>
    WorkflowInboundInterceptor InterceptWorkflow(WorkflowInboundInterceptor nextInterceptor) => nextInterceptor;

    /// <summary>Called once for each attempt of an activity.</summary>
    /// <param name="nextInterceptor">Rest of the chain.</param>
    /// <returns>The rest of the chain, or an interceptor that wraps it.</returns>
    ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => nextInterceptor;
}
