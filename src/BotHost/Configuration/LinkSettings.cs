using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The keys <c>Temporal:UiUrl</c> and <c>Traces:Url</c>: where people find what pages lead to.</summary>
/// <param name="TemporalUi">Where Temporal's own pages are; null for nowhere.</param>
/// <param name="Traces">Page of a trace, <see cref="TraceId"/> in the place of its id; null for nowhere.</param>
/// <param name="Namespace">Namespace of the workflows.</param>
public sealed record LinkSettings(Uri? TemporalUi, string? Traces, string Namespace)
{
    /// <summary>What stands for the id of a trace.</summary>
    public const string TraceId = "{traceId}";

    /// <summary>Nothing leads anywhere.</summary>
    public static LinkSettings None { get; } = new(null, null, "");

    /// <summary>Reads and checks them.</summary>
    /// <exception cref="ConfigurationException">A key is malformed.</exception>
    public static LinkSettings Read(IConfiguration configuration, string temporalNamespace)
    {
        var temporal = HostSettingsReader.Address(configuration, "Temporal:UiUrl");
        if (temporal is not null && temporal is not { Query: "", Fragment: "" })
            throw new ConfigurationException($"Temporal:UiUrl is '{temporal}'; write where Temporal's pages begin, e.g. https://temporal.example.com.");
        var traces = HostSettingsReader.Optional(configuration, "Traces:Url");
        if (traces is not null && (!traces.Contains(TraceId, StringComparison.Ordinal) || !Uri.TryCreate(Filled(traces, "0"), UriKind.Absolute, out var sample) || sample.Scheme is not ("http" or "https") || sample.UserInfo.Length > 0))
            throw new ConfigurationException($"Traces:Url is no address of a trace; write it with {TraceId} in the id's place and without credentials, e.g. https://jaeger.example.com/trace/{TraceId}.");
        return new LinkSettings(temporal, traces, temporalNamespace);
    }

    /// <summary>A run in Temporal's pages; null where they are nowhere.</summary>
    public Uri? WorkflowOf(TaskId task, string run) => TemporalUi is null ? null
        : new Uri($"{TemporalUi.AbsoluteUri.TrimEnd('/')}/namespaces/{Uri.EscapeDataString(Namespace)}/workflows/{Uri.EscapeDataString(task.ToString())}/{Uri.EscapeDataString(run)}/history");

    /// <summary>A trace where they are kept; null where that is nowhere.</summary>
    public Uri? TraceOf(string id) => Traces is null ? null : new Uri(Filled(Traces, id));

    private static string Filled(string traces, string id) => traces.Replace(TraceId, Uri.EscapeDataString(id), StringComparison.Ordinal);
}
