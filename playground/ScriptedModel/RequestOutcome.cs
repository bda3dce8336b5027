namespace CodingAgent.Playground.ScriptedModel;

/// <summary>What became of a request.</summary>
public enum RequestOutcome
{
    /// <summary>The answer was written to the caller.</summary>
    Answered,

    /// <summary>The caller went away before the answer.</summary>
    Abandoned,

    /// <summary>Refused: 400 or 401.</summary>
    Refused,

    /// <summary>A fault was shown.</summary>
    Faulted,
}
