namespace CodingAgent.Playground.ScriptedModel;

/// <summary>How the scripted model is started.</summary>
public sealed record ScriptedModelOptions
{
    /// <summary>Port on the loopback address; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>The one bearer key that is accepted.</summary>
    public required string ApiKey { get; init; }

    /// <summary>Changes that are known beforehand, each played on its repository.</summary>
    public IReadOnlyList<ReferenceChange> References { get; init; } = [];

    /// <summary>Awaited before a valid request is answered, so that a test can hold an answer outstanding. The token ends when the caller goes away.</summary>
    public Func<ScriptedRequest, CancellationToken, Task>? Gate { get; init; }

    /// <summary>Asked for each valid request; what it returns is done instead of answering.</summary>
    public Func<ScriptedRequest, ScriptedFault?>? Fault { get; init; }

    /// <summary>Clock, for the answers' time stamps.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
