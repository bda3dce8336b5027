using CodingAgent.BotHost.Diagnosis;
using CodingAgent.BotHost.Pages.Parts;

namespace CodingAgent.BotHost.Pages.Operation;

/// <summary>What the pages of operation do besides being shown.</summary>
internal static class OperationActions
{
    /// <summary>Where the service is looked over anew.</summary>
    public const string LookPath = Site.Root + "/doctor/look";

    /// <summary>Maps it.</summary>
    public static void MapOperation(this IEndpointRouteBuilder routes) => routes.MapPost(LookPath, async (HttpContext http, IFormCollection _, ServiceDiagnosis diagnosis) =>
    {
        await diagnosis.LookAsync(http.RequestAborted);
        http.Response.Headers.Location = Site.Root + "/doctor";
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }).RequireAuthorization(Site.AdminPolicy);
}
