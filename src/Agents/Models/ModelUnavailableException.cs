using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Models;

/// <summary>The model endpoint is away or overloaded, or what it answered was no answer: worth trying again, within bounds.</summary>
public sealed class ModelUnavailableException(string message, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the endpoint asked us to wait, when it said.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>
    /// What the request has cost or may have cost: the model did work, and its answer was lost, cut or unreadable. Null when nothing was
    /// paid for. What is estimated is marked (<see cref="Usage.Of"/>).
    /// </summary>
    public UsageDetails? Spent { get; init; }
}
