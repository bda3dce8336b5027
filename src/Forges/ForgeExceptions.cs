using System.Net;

namespace CodingAgent.Forges;

/// <summary>The forge is away, overloaded or rate limits us: worth trying again.</summary>
public sealed class ForgeUnavailableException(string message, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the forge asked us to wait, when it said.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>The forge refused for good (not found, forbidden, invalid): trying again changes nothing.</summary>
public sealed class ForgeRejectedException(string message, HttpStatusCode status) : Exception(message)
{
    /// <summary>The HTTP status it answered.</summary>
    public HttpStatusCode Status { get; } = status;
}
