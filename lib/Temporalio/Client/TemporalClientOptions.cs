using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Temporalio.Api.Enums.V1;
using Temporalio.Converters;

namespace Temporalio.Client;

/// <summary>A client on an existing connection.</summary>
public class TemporalClientOptions : ICloneable
{
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

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
