using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>Answers <c>/v1/embeddings</c>: texts with words in common have vectors that are alike. The same text has the same vector, always.</summary>
internal static partial class Embeddings
{
    private const int MostTexts = 2_048;
    private const int Dimension = 64;
    private const int CharsPerToken = 4;

    public static string Answer(string body)
    {
        var (root, model) = ChatRequest.Root(body);
        string[] texts = root.TryGetProperty("input", out var input) ? input.ValueKind switch
        {
            JsonValueKind.String => [input.GetString()!],
            JsonValueKind.Array when input.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String) => [.. input.EnumerateArray().Select(t => t.GetString()!)],
            _ => [],
        } : [];
        if (texts.Length is 0 or > MostTexts || texts.Any(t => t.Length == 0))
            throw ChatRefusedException.Bad($"'input' must be a string or 1 to {MostTexts} of them, none empty.");
        var dimension = Dimension;
        if (root.TryGetProperty("dimensions", out var asked) && (!asked.TryGetInt32(out dimension) || dimension is < 1 or > 4 * Dimension))
            throw ChatRefusedException.Bad($"'dimensions' must be from 1 to {4 * Dimension}.");
        var tokens = texts.Sum(t => (t.Length / CharsPerToken) + 1);
        return new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. texts.Select((t, i) => (JsonNode)new JsonObject { ["object"] = "embedding", ["index"] = i, ["embedding"] = new JsonArray([.. VectorOf(t, dimension).Select(n => (JsonNode)n)]) })]),
            ["model"] = model,
            ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens },
        }.ToJsonString();
    }

    private static float[] VectorOf(string text, int dimension)
    {
        var vector = new float[dimension];
        foreach (Match word in Word().Matches(text)) vector[SHA256.HashData(Encoding.UTF8.GetBytes(word.Value.ToLowerInvariant()))[0] % dimension]++;
        var length = MathF.Sqrt(vector.Sum(n => n * n));
        // Of a text without words one direction is as good as another.
        if (length == 0)
            vector[0] = length = 1;
        return [.. vector.Select(n => n / length)];
    }

    [GeneratedRegex("[A-Z]?[a-z]{2,}|[A-Z]{2,}", RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
