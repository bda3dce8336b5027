namespace CodingAgent.Chaos;

/// <summary>What dies at a point.</summary>
public enum KillKind
{
    /// <summary>SIGKILL of the worker process.</summary>
    Worker,

    /// <summary>SIGKILL of the web process, in which the embedded Temporal server runs.</summary>
    Server,

    /// <summary>SIGKILL of both.</summary>
    Both,

    /// <summary>Every connection between worker and server breaks, and none can be made for a moment.</summary>
    Cut,
}
