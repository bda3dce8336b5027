using Microsoft.Extensions.AI;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>The model that code is found by its meaning with. It is asked by the service; nothing of it comes near a sandbox.</summary>
/// <param name="Generator">The model: any provider's client. It gets pieces of the repository's files and the questions.</param>
/// <param name="Model">Its name; vectors of another are another thing.</param>
public sealed record CodeEmbeddings(IEmbeddingGenerator<string, Embedding<float>> Generator, string Model)
{
    /// <summary>Numbers of a vector to ask for; null leaves that to the model.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Pieces of one tree at most, which bounds what is paid for it; what is beyond is found by its words alone.</summary>
    public int MostChunks { get; init; } = 20_000;

    /// <summary>Whether a text holds something that must not leave. Nothing of a file that does is sent, and no such question.</summary>
    public Func<string, bool> HoldsSecret { get; init; } = _ => false;
}
