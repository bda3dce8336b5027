using Temporalio.Client;
using Temporalio.Common;

namespace Temporalio.Testing;

/// <summary>How a local test server is started. The target host may name a port: <c>127.0.0.1:7233</c>.</summary>
public class WorkflowEnvironmentStartLocalOptions : TemporalClientConnectOptions
{
    /// <summary>Search attributes the tests use; the embedded server accepts any, so they need no registration.</summary>
    public IReadOnlyCollection<SearchAttributeKey>? SearchAttributes { get; set; }

    /// <summary>How the server is run.</summary>
    public DevServerOptions DevServerOptions { get; set; } = new();
}
