using Temporalio.Protocol.Health;

namespace Temporalio.Protocol.Methods;

/// <summary>The standard health service.</summary>
public static class HealthMethods
{
    /// <summary>The full service name.</summary>
    public const string Service = "grpc.health.v1.Health";

    /// <summary>Asks whether a service is serving.</summary>
    public static readonly RpcMethod<HealthCheckRequest, HealthCheckResponse> Check = new(Service, "Check");
}
