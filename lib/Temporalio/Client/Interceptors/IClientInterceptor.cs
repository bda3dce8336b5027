namespace Temporalio.Client.Interceptors;

/// <summary>Puts itself into the chain of a client's calls. One that is an <see cref="Worker.Interceptors.IWorkerInterceptor" /> too is applied to the client's workers.</summary>
public interface IClientInterceptor
{
    /// <summary>Called once for each client.</summary>
    /// <param name="nextInterceptor">Rest of the chain.</param>
    /// <returns>The rest of the chain, or an interceptor that wraps it.</returns>
    ClientOutboundInterceptor InterceptClient(ClientOutboundInterceptor nextInterceptor) => nextInterceptor;
}
