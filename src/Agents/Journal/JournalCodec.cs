using System.Text.Json;
using CodingAgent.Agents.Models;

namespace CodingAgent.Agents.Journal;

/// <summary>The JSON inside journal rows. Time spent is kept with them, so that the active-time budget survives retries.</summary>
internal static class JournalCodec
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static string Write(ModelResponse response, TimeSpan elapsed) =>
        JsonSerializer.Serialize(new ResponseRow(response, (long)elapsed.TotalMilliseconds), Json);

    public static string Write(IReadOnlyList<ModelItem.ToolOutput> outputs, TimeSpan elapsed) =>
        JsonSerializer.Serialize(new OutputsRow(outputs, (long)elapsed.TotalMilliseconds), Json);

    public static (ModelResponse Response, TimeSpan Elapsed) ReadResponse(string json)
    {
        var row = JsonSerializer.Deserialize<ResponseRow>(json, Json) ?? throw new JsonException("A journalled response is null.");
        return (row.Response, TimeSpan.FromMilliseconds(row.Ms));
    }

    public static (IReadOnlyList<ModelItem.ToolOutput> Outputs, TimeSpan Elapsed) ReadOutputs(string json)
    {
        var row = JsonSerializer.Deserialize<OutputsRow>(json, Json) ?? throw new JsonException("Journalled outputs are null.");
        return (row.Outputs, TimeSpan.FromMilliseconds(row.Ms));
    }

    private sealed record ResponseRow(ModelResponse Response, long Ms);

    private sealed record OutputsRow(IReadOnlyList<ModelItem.ToolOutput> Outputs, long Ms);
}
