using CodingAgent.Workflows.Ports;
using Temporalio.Client;

namespace CodingAgent.BotHost.Web;

/// <summary>Liveness and readiness, without a key and without detail that would help a stranger.</summary>
public static class HealthEndpoints
{
    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Ok(new { status = "live" }));
        routes.MapGet("/health/ready", async (IInbox inbox, ITemporalClient temporal, CancellationToken ct) =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(TimeSpan.FromSeconds(5));
            try
            {
                await inbox.ListPendingAsync(0, 1, limit.Token);
            }
            catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                return Away("database");
            }

            try
            {
                // Bounded from outside too: while a client makes its first connection it honours no token.
                await temporal.Connection.CheckHealthAsync(options: new RpcOptions { CancellationToken = limit.Token }).WaitAsync(limit.Token);
            }
            catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                return Away("temporal");
            }

            return Results.Ok(new { status = "ready" });
        });
    }

    private static IResult Away(string what) => Results.Json(new { status = "away", what }, statusCode: StatusCodes.Status503ServiceUnavailable);
}
