using System.Text.Json;
using CodingAgent.Mcp;

namespace CodingAgent.Workflows.Activities;

/// <summary>Stores records in the artifact store: what is too large, or too outside, to lie in a workflow history.</summary>
internal static class ArtifactJson
{
    public static Task<string> PutJsonAsync<T>(this IArtifactStore artifacts, T value, CancellationToken cancellationToken) =>
        artifacts.PutAsync(JsonSerializer.SerializeToUtf8Bytes(value), cancellationToken);

    public static async Task<T> GetJsonAsync<T>(this IArtifactStore artifacts, string id, CancellationToken cancellationToken)
        where T : class
    {
        var bytes = await artifacts.GetAsync(id, cancellationToken) ?? throw new InvalidOperationException($"Artifact {id} is gone.");
        return JsonSerializer.Deserialize<T>(bytes) ?? throw new InvalidOperationException($"Artifact {id} is empty.");
    }
}
