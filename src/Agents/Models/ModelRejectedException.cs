using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Models;

/// <summary>The model endpoint refused: asking the same again changes nothing until somebody mends something.</summary>
public sealed class ModelRejectedException(string message, int status, ModelRejection cause = ModelRejection.Request, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>HTTP status, or the code that stood for one inside a 200; 200 when the error had none.</summary>
    public int Status { get; } = status;

    /// <summary>What has to be mended.</summary>
    public ModelRejection Cause { get; } = cause;

    /// <summary>What the refused request cost, when the endpoint counted it; null when it did not.</summary>
    public UsageDetails? Spent { get; init; }
}

/// <summary>What a refusal of the endpoint is about.</summary>
public enum ModelRejection
{
    /// <summary>The request itself: a parameter or schema this endpoint does not know.</summary>
    Request,

    /// <summary>Key, model name or address: the operator's settings.</summary>
    Settings,

    /// <summary>No credit left or a spending limit reached: 402, and 429 with <c>insufficient_quota</c>, mean the same.</summary>
    Credit,

    /// <summary>The conversation is longer than the model, or the account's limit per request, takes.</summary>
    ContextLength,

    /// <summary>A content filter of the endpoint did not let the request through.</summary>
    Content,
}
