using Google.Protobuf;
using Temporalio.Client;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Service;
using Temporalio.Protocol.Transport;

namespace Temporalio.Tests.Client;

public sealed class CountTests
{
    [Fact]
    public async Task Count_Grouped_GivesTheValuesByType()
    {
        static Payload Value(string json, string? type) => new()
        {
            Data = ByteString.CopyFromUtf8(json),
            Metadata = { type is null ? [] : new Dictionary<string, ByteString> { ["type"] = ByteString.CopyFromUtf8(type) } },
        };
        await using var app = await StubServer.StartAsync(routes => routes.MapGrpc(
            WorkflowServiceMethods.CountWorkflowExecutions,
            (request, _, _) => Task.FromResult(new CountWorkflowExecutionsResponse
            {
                Count = request.Query.Length,
                Groups =
                {
                    new CountWorkflowExecutionsResponse.Types.AggregationGroup { Count = 3, GroupValues = { Value("\"Running\"", "Keyword"), Value("17", "Int") } },
                    new CountWorkflowExecutionsResponse.Types.AggregationGroup { Count = 1, GroupValues = { Value("\"Failed\"", null) } },
                },
            })));
        var client = await TemporalClient.ConnectAsync(new(app.Target()));
        var count = await client.CountWorkflowsAsync("four");
        count.Count.ShouldBe(4);
        count.Groups.Select(g => g.Count).ShouldBe([3, 1]);
        count.Groups.Select(g => string.Join('|', g.GroupValues.Select(v => $"{v.GetType().Name} {v}"))).ShouldBe(["String Running|Int64 17", "String Failed"]);
    }
}
