using Google.Protobuf;
using Temporalio.Protocol.Histories;

namespace Temporalio.Common;

/// <summary>The recorded events of one workflow run.</summary>
/// <param name="Id">Workflow id.</param>
/// <param name="Events">Events in order.</param>
public record WorkflowHistory(string Id, IReadOnlyCollection<HistoryEvent> Events)
{
    /// <summary>Reads a history from JSON as written by <see cref="ToJson()" />, the <c>temporal</c> program or the web UI.</summary>
    /// <param name="workflowId">Workflow id; the events do not carry it reliably.</param>
    /// <param name="json">History with an <c>events</c> list; both spellings of enum values are read.</param>
    /// <returns>The history.</returns>
    /// <exception cref="ArgumentException">The text is not a history.</exception>
    public static WorkflowHistory FromJson(string workflowId, string json) => new(workflowId, HistoryJson.Parse(json).Events);

    /// <summary>Writes the history as protobuf JSON.</summary>
    /// <returns>JSON that <see cref="FromJson" /> reads.</returns>
    public string ToJson() => JsonFormatter.Default.Format(new History { Events = { Events } });

    /// <summary>Writes the history as protobuf JSON.</summary>
    /// <param name="writer">Where to write.</param>
    public void ToJson(TextWriter writer) => JsonFormatter.Default.Format(new History { Events = { Events } }, writer);
}
