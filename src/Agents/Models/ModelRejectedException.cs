namespace CodingAgent.Agents.Models;

/// <summary>The model endpoint refused the request for good.</summary>
public sealed class ModelRejectedException(string message, int status) : Exception(message)
{
    /// <summary>HTTP status.</summary>
    public int Status { get; } = status;
}
