using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Exceptions;

namespace CodingAgent.Peers.Dotnet;

/// <summary>Our client against workflows that a TypeScript worker runs.</summary>
internal static class Scenarios
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, Func<TemporalClient, string, Task>> All = new(StringComparer.Ordinal)
    {
        ["signal, query and result"] = SignalQueryResultAsync,
        ["signal-with-start"] = SignalWithStartAsync,
        ["updates"] = UpdatesAsync,
        ["failure details"] = FailureAsync,
        ["failure of an activity"] = ActivityFailureAsync,
        ["cancellation"] = CancellationAsync,
        ["termination"] = TerminationAsync,
        ["search attributes and memo"] = AttributesAsync,
        ["continue-as-new"] = ContinueAsNewAsync,
        ["payload encodings"] = EncodingsAsync,
        ["a child in .NET"] = ChildAsync,
        ["already started"] = AlreadyStartedAsync,
    };

    public static async Task<bool> RunAsync(TemporalClient client, string queue, IEnumerable<string> names)
    {
        var good = true;
        foreach (var name in names)
        {
            try
            {
                await All[name](client, queue).WaitAsync(Patience);
                await Console.Out.WriteLineAsync($"ok {name}");
            }
            catch (Exception e)
            {
                good = false;
                await Console.Out.WriteLineAsync($"not ok {name}: {e.ToString().ReplaceLineEndings(" ")}");
            }
        }

        return good;
    }

    private static WorkflowOptions On(string queue) => new($"from-dotnet-{Guid.NewGuid()}", queue);

    private static async Task SignalQueryResultAsync(TemporalClient client, string queue)
    {
        var handle = await client.StartWorkflowAsync("order", ["lamp"], On(queue));
        while (await handle.QueryAsync<string>("stage", []) != "waiting")
            await Task.Delay(20);
        await handle.SignalAsync("approve", ["Cleo"]);
        Expect.Same("lamp: 3 attempts, approved by Cleo", await handle.GetResultAsync<string>());
        Expect.Same("done", await handle.QueryAsync<string>("stage", []));
        var unknown = await Expect.ThrowsAsync<WorkflowQueryFailedException>(() => handle.QueryAsync<string>("nope", []));
        Expect.True(unknown.Message.Contains("nope", StringComparison.Ordinal), unknown.Message);
        await Expect.ThrowsAsync<WorkflowQueryRejectedException>(
            () => handle.QueryAsync<string>("stage", [], new() { RejectCondition = QueryRejectCondition.NotOpen }));
    }

    private static async Task SignalWithStartAsync(TemporalClient client, string queue)
    {
        var options = On(queue);
        options.SignalWithStart("note", ["one"]);
        await client.StartWorkflowAsync("listener", [2], options);
        options.SignalWithStart("note", ["two"]);
        var heard = await client.ExecuteWorkflowAsync<string[]>("listener", [2], options);
        Expect.Same("one, two", string.Join(", ", heard));
    }

    private static async Task UpdatesAsync(TemporalClient client, string queue)
    {
        var handle = await client.StartWorkflowAsync("adder", [], On(queue));
        Expect.Same(4, await handle.ExecuteUpdateAsync<int>("add", [4]));
        var refused = await Expect.ThrowsAsync<WorkflowUpdateFailedException>(() => handle.ExecuteUpdateAsync<int>("add", [-1]));
        Expect.Same("only forward", refused.InnerException?.Message);
        var started = await handle.StartUpdateAsync<int>("add", [6], new(WorkflowUpdateStage.Accepted) { Id = "the-last" });
        Expect.Same(10, await started.GetResultAsync());
        Expect.Same(10, await handle.GetResultAsync<int>());
        Expect.Same(10, await handle.GetUpdateHandle<int>("the-last").GetResultAsync());
    }

    private static async Task FailureAsync(TemporalClient client, string queue)
    {
        var handle = await client.StartWorkflowAsync("failing", ["application"], On(queue));
        var failed = await Expect.ThrowsAsync<WorkflowFailedException>(() => handle.GetResultAsync());
        var outer = Expect.Is<ApplicationFailureException>(failed.InnerException);
        Expect.Same("the workflow says no", outer.Message);
        Expect.Same("Outer", outer.ErrorType);
        Expect.Same(true, outer.NonRetryable);
        Expect.Same("detail", outer.Details.ElementAt<string>(0));
        Expect.Same(7, outer.Details.ElementAt<int>(1));
        Expect.Same("the reason below", Expect.Is<ApplicationFailureException>(outer.InnerException).Message);
    }

    private static async Task ActivityFailureAsync(TemporalClient client, string queue)
    {
        var handle = await client.StartWorkflowAsync("failing", ["activity"], On(queue));
        var failed = await Expect.ThrowsAsync<WorkflowFailedException>(() => handle.GetResultAsync());
        var activity = Expect.Is<ActivityFailureException>(failed.InnerException);
        Expect.Same("refuse", activity.ActivityType);
        Expect.Same(RetryState.NonRetryableFailure, activity.RetryState);
        var inner = Expect.Is<ApplicationFailureException>(activity.InnerException);
        Expect.Same("Refusal", inner.ErrorType);
        Expect.Same("refused", inner.Message);
    }

    private static async Task CancellationAsync(TemporalClient client, string queue)
    {
        var handle = await client.StartWorkflowAsync("cancellable", [], On(queue));
        await handle.CancelAsync();
        var failed = await Expect.ThrowsAsync<WorkflowFailedException>(() => handle.GetResultAsync());
        Expect.Is<CanceledFailureException>(failed.InnerException);
        Expect.Same(WorkflowExecutionStatus.Canceled, (await handle.DescribeAsync()).Status);
    }

    private static async Task TerminationAsync(TemporalClient client, string queue)
    {
        var handle = await client.StartWorkflowAsync("listener", [1], On(queue));
        await handle.TerminateAsync("enough");
        var failed = await Expect.ThrowsAsync<WorkflowFailedException>(() => handle.GetResultAsync());
        Expect.Same("enough", Expect.Is<TerminatedFailureException>(failed.InnerException).Message);
    }

    private static async Task AttributesAsync(TemporalClient client, string queue)
    {
        var time = new DateTimeOffset(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero);
        var options = On(queue);
        options.TypedSearchAttributes = new SearchAttributeCollection.Builder()
            .Set(AttributesWorkflow.Keyword, "from .NET")
            .Set(AttributesWorkflow.Number, 41)
            .Set(AttributesWorkflow.Time, time)
            .Set(AttributesWorkflow.Words, ["a", "b"])
            .ToSearchAttributeCollection();
        options.Memo = new Dictionary<string, object>(StringComparer.Ordinal) { ["kept"] = "as it was" };
        var handle = await client.StartWorkflowAsync("attributes", [], options);
        Expect.Same("from .NET 41 2026-03-04T05:06:07.890Z a+b", await handle.GetResultAsync<string>());
        var described = await handle.DescribeAsync();
        Expect.Same("from TypeScript", described.TypedSearchAttributes.Get(AttributesWorkflow.Keyword));
        Expect.Same(42, described.TypedSearchAttributes.Get(AttributesWorkflow.Number));
        Expect.Same(time.AddDays(1), described.TypedSearchAttributes.Get(AttributesWorkflow.Time));
        Expect.Same(false, described.TypedSearchAttributes.ContainsKey(AttributesWorkflow.Words));
        Expect.Same("as it was", await described.Memo["kept"].ToValueAsync<string>());
        Expect.Same("by TypeScript", await described.Memo["note"].ToValueAsync<string>());
        Expect.Same(1, (await client.CountWorkflowsAsync($"WorkflowId = '{options.Id}' AND CrossInt > 41 AND CrossKeyword = 'from TypeScript'")).Count);
    }

    private static async Task ContinueAsNewAsync(TemporalClient client, string queue)
    {
        var handle = await client.StartWorkflowAsync("counting", [1, 3], On(queue));
        Expect.Same(3, await handle.GetResultAsync<int>());
        await Expect.ThrowsAsync<WorkflowContinuedAsNewException>(() => handle.GetResultAsync<int>(followRuns: false));
        Expect.Same(3, await (await client.GetWorkflowHandle(handle.Id).DescribeAsync()).Memo["n"].ToValueAsync<int>());
    }

    private static async Task EncodingsAsync(TemporalClient client, string queue)
    {
        byte[] bytes = [0, 1, 254, 255];
        var handle = await client.StartWorkflowAsync("encodings", [bytes, null, new Dictionary<string, string>(StringComparer.Ordinal) { ["ключ"] = "значение" }], On(queue));
        var back = await handle.GetResultAsync<byte[]>();
        Expect.Same("FFFE0100", Convert.ToHexString(back));
        var started = (await handle.FetchHistoryAsync()).Events.First().WorkflowExecutionStartedEventAttributes;
        Expect.Same("binary/plain, binary/null, json/plain", string.Join(", ", started.Input.Payloads_.Select(p => p.Metadata["encoding"].ToStringUtf8())));
    }

    private static async Task ChildAsync(TemporalClient client, string queue)
    {
        var text = await client.ExecuteWorkflowAsync<string>("parentOfDotnet", [], On(queue));
        Expect.Same("3, ApplicationFailure Outer: outer, below inner", text);
    }

    private static async Task AlreadyStartedAsync(TemporalClient client, string queue)
    {
        var options = On(queue);
        var handle = await client.StartWorkflowAsync("listener", [1], options);
        var e = await Expect.ThrowsAsync<WorkflowAlreadyStartedException>(() => client.StartWorkflowAsync("listener", [1], options));
        Expect.Same(handle.ResultRunId, e.RunId);
        await handle.TerminateAsync();
    }
}
