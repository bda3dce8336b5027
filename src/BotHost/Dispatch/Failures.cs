using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>Sorts exceptions into <see cref="Failure"/>.</summary>
internal static class Failures
{
    public static Failure Of(Exception e) => e switch
    {
        NotOnRecordException => Failure.NotOnRecord,
        ForgeUnavailableException or TaskGatewayUnavailableException => Failure.Away,
        // A revoked or mistyped token is the operator's to mend; deliveries must outlast that.
        ForgeRejectedException { Status: HttpStatusCode.Unauthorized } => Failure.Away,
        ForgeRejectedException => Failure.Permanent,
        DbException or HttpRequestException or SocketException or IOException or TimeoutException => Failure.Away,
        // A call that gave up on its own clock; a shutdown is filtered out before this.
        OperationCanceledException => Failure.Away,
        _ => Failure.Unexpected,
    };
}
