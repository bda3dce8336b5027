using Temporalio.Client;

namespace Temporalio.Testing;

/// <summary>How a test server with a clock of its own is started.</summary>
public class WorkflowEnvironmentStartTimeSkippingOptions : TemporalClientConnectOptions
{
}
