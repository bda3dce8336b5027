using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Temporalio.Common;

namespace TemporalServer.Tests.Live;

/// <summary>What a history says of the workflow's doings, without times, ids made up by servers and the workers that happened to do it.</summary>
internal static partial class ScrubbedHistory
{
    private static readonly HashSet<string> Volatile =
    [
        "eventTime", "taskId", "identity", "requestId", "historySizeBytes", "stackTrace", "sdkMetadata", "workflowExecutionExpirationTime", "backoffStartInterval",
    ];

    public static IReadOnlyList<string> Of(WorkflowHistory history) =>
    [
        .. history.Events.Select(e =>
        {
            var json = JsonNode.Parse(JsonFormatter.Default.Format(e))!.AsObject();
            json["workflowTaskScheduledEventAttributes"]?.AsObject().Remove("taskQueue");
            Scrub(json);
            return Ids().Replace(json.ToJsonString(new JsonSerializerOptions { WriteIndented = false }), "<id>");
        }),
    ];

    private static void Scrub(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                // Maps have no order.
                var kept = o.Where(p => !Volatile.Contains(p.Key)).OrderBy(p => p.Key, StringComparer.Ordinal).ToList();
                o.Clear();
                foreach (var (name, value) in kept)
                {
                    o[name] = value;
                    Scrub(value);
                }

                break;
            case JsonArray a:
                foreach (var value in a)
                {
                    Scrub(value);
                }

                break;
        }
    }

    [GeneratedRegex("[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Ids();
}
