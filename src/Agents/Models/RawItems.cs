using System.Text.Json;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Models;

/// <summary>
/// The items of an answer as the endpoint sent them, kept with the message they were read into: what chat clients have no words for
/// (signatures, encrypted reasoning) goes back word for word, and into the journal. They are of use only to the API and the model
/// they came from; to another one the message is told from what was read.
/// </summary>
internal static class RawItems
{
    private const string Key = "coding-agent.raw";

    public static AdditionalPropertiesDictionary Keep(OpenAiApi api, string model, IEnumerable<JsonElement> items) => new()
    {
        [Key] = JsonSerializer.SerializeToElement(new Kept(NameOf(api), model, [.. items]), JsonSerializerOptions.Web),
    };

    /// <summary>The items of a message, when it came from this API and model; else none.</summary>
    public static IReadOnlyList<JsonElement> Of(ChatMessage message, OpenAiApi api, string model)
    {
        if (message.AdditionalProperties?.TryGetValue(Key, out var value) != true || value is not JsonElement kept)
            return [];
        return WireJson.Text(kept, "api") == NameOf(api) && WireJson.Text(kept, "model") == model ? WireJson.Array(kept, "items") : [];
    }

    private static string NameOf(OpenAiApi api) => api == OpenAiApi.Responses ? "responses" : "chat";

    private sealed record Kept(string Api, string Model, IReadOnlyList<JsonElement> Items);
}
