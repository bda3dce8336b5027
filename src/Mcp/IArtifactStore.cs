namespace CodingAgent.Mcp;

/// <summary>Content-addressed store for what is too large for histories and journals: packs, logs, patches.</summary>
public interface IArtifactStore
{
    /// <summary>Stores bytes durably and returns their id, 64 hex digits that follow from the bytes; storing the same bytes again is free.</summary>
    Task<string> PutAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Reads bytes by id; null when unknown.</summary>
    Task<byte[]?> GetAsync(string id, CancellationToken cancellationToken);
}
