using System.Security.Cryptography;
using System.Text;
using Temporalio.Api.Namespace.V1;
using TemporalServer.Engine;
using TemporalServer.Machine;

namespace TemporalServer.Endpoints;

/// <summary>What the server says of itself.</summary>
internal static class ServerDescription
{
    // SDKs compare versions: this names the protocol level spoken, not a build.
    private const string Version = "1.29.0";

    // The protocol has no word for "kept until deleted"; a century says it.
    private static readonly TimeSpan Forever = TimeSpan.FromDays(36_500);

    public static GetSystemInfoResponse System() => new()
    {
        ServerVersion = Version,
        Capabilities = new GetSystemInfoResponse.Types.Capabilities
        {
            SignalAndQueryHeader = true,
            InternalErrorDifferentiation = true,
            ActivityFailureIncludeHeartbeat = true,
            SupportsSchedules = true,
            EncodedFailureAttributes = true,
            UpsertMemo = true,
            SdkMetadata = true,
            CountGroupByExecutionStatus = true,
        },
    };

    public static GetClusterInfoResponse Cluster() => new()
    {
        ServerVersion = Version,
        ClusterId = NamespaceId("cluster"),
        ClusterName = "embedded",
        HistoryShardCount = 1,
        PersistenceStore = "sqlite",
        VisibilityStore = "sqlite",
    };

    public static DescribeNamespaceResponse Namespace(TemporalServerOptions options, string name, string id)
    {
        if (name.Length == 0 && id.Length == 0)
        {
            throw Errors.Invalid("Namespace is not set on request.");
        }

        var known = options.Namespaces.FirstOrDefault(n => name.Length > 0 ? n == name : NamespaceId(n) == id)
            ?? throw Errors.NamespaceNotFound(name.Length > 0 ? name : id);
        return new DescribeNamespaceResponse
        {
            NamespaceInfo = new NamespaceInfo
            {
                Name = known,
                Id = NamespaceId(known),
                State = NamespaceState.Registered,
                Capabilities = new NamespaceInfo.Types.Capabilities
                {
                    SyncUpdate = true,
                    AsyncUpdate = true,
                    WorkerPollCompleteOnShutdown = options.CompletesPollsOnShutdown,
                },
                Limits = new NamespaceInfo.Types.Limits { BlobSizeLimitError = Limits.BlobBytes, MemoSizeLimitError = Limits.BlobBytes },
            },
            Config = new NamespaceConfig { WorkflowExecutionRetentionTtl = (options.Retention ?? Forever).Span() },
        };
    }

    // Derived from the name, so that it needs no place of its own in the database.
    private static string NamespaceId(string name) => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes("namespace:" + name)).AsSpan(0, 16)).ToString();
}
