using System.Net;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.BotHost.Api;

/// <summary>Turns trouble beyond this service into an answer of one line: 503 when trying again later may help, else what the forge refused.</summary>
/// <param name="redaction">Takes secrets out of what others said.</param>
public sealed class ApiFailureFilter(Redaction redaction) : IEndpointFilter
{
    private const string RetrySeconds = "10";

    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception e) when (e is TaskGatewayUnavailableException or ForgeUnavailableException)
        {
            context.HttpContext.Response.Headers.RetryAfter = RetrySeconds;
            return Results.Problem($"{ApiText.Shown(redaction.Apply(e.Message))} Nothing was done; try again later.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        catch (ForgeRejectedException e)
        {
            return Results.Problem(
                $"The forge refused: {ApiText.Shown(redaction.Apply(e.Message))}",
                statusCode: e.Status == HttpStatusCode.NotFound ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest);
        }
    }
}
