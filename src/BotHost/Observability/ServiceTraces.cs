using System.Diagnostics;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Observability;

/// <summary>Spans of the service itself: between a request and the agents lie the inbox and Temporal, and the trace goes on through both.</summary>
public static class ServiceTraces
{
    /// <summary>Name of the activity source.</summary>
    public const string Name = "CodingAgent.Service";

    /// <summary>The source.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>Goes on with the trace in which a delivery came, however long ago and in whichever process that was.</summary>
    internal static Activity? StartDelivery(InboxDelivery delivery)
    {
        var received = ActivityContext.TryParse(delivery.TraceParent, null, isRemote: true, out var parent) ? parent : default;
        return Source.StartActivity($"process {delivery.EventName}", ActivityKind.Consumer, received)
            ?.SetTag("coding_agent.delivery.id", delivery.Id)
            .SetTag("coding_agent.delivery.tries", delivery.Tries);
    }

    /// <summary>Says on the span at hand, a delivery's or a request's, which task it is about.</summary>
    internal static void Concerns(TaskId task) => Activity.Current?.SetTag("coding_agent.task.id", task.ToString());

    /// <summary>The kind of an error, and no more: its message may quote what is outside text.</summary>
    internal static void Fail(this Activity? span, Exception e) => span?.SetTag("error.type", e.GetType().FullName).SetStatus(ActivityStatusCode.Error);
}
