using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Temporalio.Api.Enums.V1;
using Temporalio.Converters;

namespace Temporalio.Client;

/// <summary>Connection and client in one.</summary>
public class TemporalClientConnectOptions : TemporalConnectionOptions
{
    /// <summary>No target yet: <see cref="TemporalConnectionOptions.TargetHost" /> must be set.</summary>
    public TemporalClientConnectOptions()
    {
    }

    /// <summary>A target.</summary>
    /// <param name="targetHost">Host and port, without scheme.</param>
    public TemporalClientConnectOptions(string targetHost)
        : base(targetHost)
    {
    }

    /// <summary>Namespace the client works in.</summary>
    public string Namespace { get; set; } = "default";

    /// <summary>How values become payloads.</summary>
    public DataConverter DataConverter { get; set; } = DataConverter.Default;

    /// <summary>What the client's calls go through, outermost first; those that are worker interceptors too apply to its workers.</summary>
    public IReadOnlyCollection<Interceptors.IClientInterceptor>? Interceptors { get; set; }

    /// <summary>Where to log.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>When queries are rejected, unless a query says otherwise.</summary>
    public QueryRejectCondition? QueryRejectCondition { get; set; }

    /// <summary>The part that concerns the client.</summary>
    /// <returns>Client options.</returns>
    public TemporalClientOptions ToClientOptions() => new()
    {
        Namespace = Namespace,
        DataConverter = DataConverter,
        Interceptors = Interceptors,
        LoggerFactory = LoggerFactory,
        QueryRejectCondition = QueryRejectCondition,
    };
}
