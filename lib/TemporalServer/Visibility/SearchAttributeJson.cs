using System.Text.Json;
using System.Text.Json.Nodes;

namespace TemporalServer.Visibility;

/// <summary>Search attributes as one JSON object, so that SQL can look into them.</summary>
internal static class SearchAttributeJson
{
    public static string Of(SearchAttributes? attributes)
    {
        var all = new JsonObject();
        foreach (var (name, payload) in attributes?.IndexedFields ?? [])
        {
            try
            {
                if (JsonNode.Parse(payload.Data.Span) is { } value)
                {
                    all[name] = value;
                }
            }
            catch (JsonException)
            {
                // A value that is not JSON cannot be searched for; describing the workflow still shows it.
            }
        }

        return all.ToJsonString();
    }
}
