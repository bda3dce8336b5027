namespace CodingAgent.Mcp.Sandboxes;

/// <summary>The limits of one command; disposing removes them and whatever still runs under them.</summary>
internal interface ILimitScope : IAsyncDisposable
{
    /// <summary>Control group folders that the launcher enters before anything else.</summary>
    IReadOnlyList<string> Groups { get; }

    /// <summary>Shell lines that the launcher runs before anything else.</summary>
    string Prelude { get; }

    /// <summary>Cancelled when the scope decides that the tree must die.</summary>
    CancellationToken Stop { get; }

    /// <summary>Called with the launcher's process id.</summary>
    void Watch(int processId);

    /// <summary>True when the memory limit was hit.</summary>
    bool MemoryExceeded();
}
