using Temporalio.Workflows;

namespace CodingAgent.Peers.Dotnet;

/// <summary>Bytes, text and nothing, to and from activities of the other language.</summary>
[Workflow("dotnetEncodings")]
internal sealed class EncodingsWorkflow
{
    private static readonly ActivityOptions There = new() { StartToCloseTimeout = TimeSpan.FromSeconds(30), TaskQueue = TypeScript.Queue };

    /// <summary>Returns the bytes as the other side reversed them.</summary>
    [WorkflowRun]
    public async Task<byte[]> RunAsync(byte[] bytes, string? nothing, Dictionary<string, string> map)
    {
        if (nothing is not null || map["ключ"] != "значение")
            throw new Temporalio.Exceptions.ApplicationFailureException($"something else arrived: '{nothing}', {map.Count} entries");
        if (await Workflow.ExecuteActivityAsync<string?>("same", [null], There) is { } something)
            throw new Temporalio.Exceptions.ApplicationFailureException($"null came back as '{something}'");
        return await Workflow.ExecuteActivityAsync<byte[]>("reverse", [bytes], There);
    }
}
