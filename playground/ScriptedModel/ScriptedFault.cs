namespace CodingAgent.Playground.ScriptedModel;

/// <summary>A fault to show instead of an answer.</summary>
/// <param name="Status">HTTP status of the error; 0 means that no answer ever comes, until the caller gives up.</param>
/// <param name="RetryAfter">Sent as <c>retry-after-ms</c>.</param>
public sealed record ScriptedFault(int Status, TimeSpan? RetryAfter = null)
{
    /// <summary>No answer ever.</summary>
    public static ScriptedFault Silence { get; } = new(0);
}
