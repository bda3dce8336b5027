using CodingAgent.BotHost.Housekeeping;
using CodingAgent.BotHost.Temporal;
using Temporalio.Client;

namespace CodingAgent.BotHost.Web;

/// <summary>Liveness and readiness, without a key and without detail that would help a stranger.</summary>
public static class HealthEndpoints
{
    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Ok(new { status = "live" }));
        routes.MapGet("/health/ready", async (WriteProbe probe, EmbeddedTemporal embedded, ITemporalClient temporal, DiskSpace disk, CancellationToken ct) =>
        {
            if (!await probe.CanWriteAsync())
                return Away("database", "The data folder's database cannot be written: see the service's log and the disk.");
            if (embedded.Trouble is not null)
                return Away("temporal", "The embedded Temporal server cannot write: see the service's log and the disk.");
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(TimeSpan.FromSeconds(5));
            try
            {
                // Bounded from outside too: while a client makes its first connection it honours no token.
                await temporal.Connection.CheckHealthAsync(options: new RpcOptions { CancellationToken = limit.Token }).WaitAsync(limit.Token);
            }
            catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                return Away("temporal", "Temporal does not answer.");
            }

            // Still ready: deliveries are taken, and running tasks go on.
            return disk.Shortage is null ? Results.Ok(new { status = "ready" }) : Results.Ok(new { status = "ready", waiting = "new tasks, for room on the disk" });
        });
    }

    /// <summary>
    /// Until work has started, answers 503 to everything but deliveries, which the inbox keeps, and <c>/health/live</c>. It is a matter of a second.
    /// </summary>
    public static void UseStarting(this IApplicationBuilder app, Func<bool> started) =>
        app.Use(async (context, next) =>
        {
            if (started() || context.Request.Path.StartsWithSegments("/webhooks", StringComparison.Ordinal) || context.Request.Path == "/health/live")
            {
                await next(context);
                return;
            }

            context.Response.Headers.RetryAfter = "1";
            var answer = context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
                ? Away("starting", "The service starts.")
                : Results.Problem("The service is starting. Nothing was done; try again in a second.", statusCode: StatusCodes.Status503ServiceUnavailable);
            await answer.ExecuteAsync(context);
        });

    private static IResult Away(string what, string reason) => Results.Json(new { status = "away", what, reason }, statusCode: StatusCodes.Status503ServiceUnavailable);
}
