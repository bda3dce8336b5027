namespace CodingAgent.Agents.Models;

/// <summary>The model endpoint refused: asking the same again changes nothing until somebody mends something.</summary>
public sealed class ModelRejectedException(string message, int status, ModelRejection cause = ModelRejection.Request, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>HTTP status, or the code that stood for one inside a 200; 200 when the error had none.</summary>
    public int Status { get; } = status;

    /// <summary>What has to be mended.</summary>
    public ModelRejection Cause { get; } = cause;
}

/// <summary>What a refusal of the endpoint is about.</summary>
public enum ModelRejection
{
    /// <summary>The request itself: too long, a parameter or schema this endpoint does not know, content it does not take.</summary>
    Request,

    /// <summary>Key, model name or address: the operator's settings.</summary>
    Settings,

    /// <summary>No credit left or a spending limit reached: 402, and 429 with <c>insufficient_quota</c>, mean the same.</summary>
    Credit,
}
