using System.Net;

namespace CodingAgent.Forges;

/// <summary>The forge refused for good (not found, forbidden, invalid): trying again changes nothing.</summary>
public sealed class ForgeRejectedException(string message, HttpStatusCode status) : Exception(message)
{
    /// <summary>The HTTP status it answered.</summary>
    public HttpStatusCode Status { get; } = status;
}
