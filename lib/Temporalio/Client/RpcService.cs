namespace Temporalio.Client;

/// <summary>A service of the server. There is none to be had here: health checks ask for the workflow service.</summary>
public abstract class RpcService
{
    private protected RpcService()
    {
    }
}
