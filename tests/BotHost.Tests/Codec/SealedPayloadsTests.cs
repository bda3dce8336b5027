using System.Text;
using CodingAgent.BotHost.Codec;
using CodingAgent.Storage;
using CodingAgent.TestKit;
using Google.Protobuf;
using Temporalio.Activities;
using Temporalio.Api.Common.V1;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Client.Schedules;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace CodingAgent.BotHost.Tests.Codec;

/// <summary>What a workflow hands to Temporal, as the SDK and a server really pass it on.</summary>
public sealed class SealedPayloadsTests
{
    // Stands in every value and in every exception of the workflows below.
    private const string Secret = "very-secret";
    private const string Queue = "sealed";

    private static readonly byte[] OldKey = [.. Enumerable.Range(1, PayloadCipher.KeySize).Select(i => (byte)i)];
    private static readonly byte[] NewKey = [.. OldKey.Select(b => (byte)(b ^ 0xff))];
    private static readonly PayloadCipher Old = new(OldKey);

    [Fact]
    public async Task Workflow_WithEverythingThatCarriesValues_LeavesNoneOfThemInTheClear()
    {
        await using var environment = await StartAsync(Old);
        using var worker = Worker(environment.Client);
        await worker.ExecuteAsync(async () =>
        {
            var options = new WorkflowOptions("first", Queue) { Memo = new Dictionary<string, object> { ["note"] = $"{Secret} memo" } };
            var handle = await environment.Client.StartWorkflowAsync((EverythingWorkflow wf) => wf.RunAsync($"{Secret} input"), options);
            await handle.SignalAsync(wf => wf.TellAsync($"{Secret} signal"));
            (await handle.QueryAsync(wf => wf.Ask($"{Secret} question"))).ShouldBe($"{Secret} question answered");
            (await handle.ExecuteUpdateAsync(wf => wf.ChangeAsync($"{Secret} update"))).ShouldBe($"{Secret} update done");
            await handle.SignalAsync(wf => wf.FinishAsync());
            (await handle.GetResultAsync()).ShouldBe(
                $"{Secret} input, {Secret} signal, {Secret} update, {Secret} memo, {Secret} heartbeat, local {Secret} input, child {Secret} input, "
                + $"{Secret} application failure, {Secret} child failure");
            (await handle.DescribeAsync()).Memo["note"].ToValueAsync<string>().Result.ShouldBe($"{Secret} memo");

            var failing = await environment.Client.StartWorkflowAsync((FailingWorkflow wf) => wf.RunAsync($"{Secret} failure"), new("failing", Queue));
            (await Should.ThrowAsync<WorkflowFailedException>(() => failing.GetResultAsync())).InnerException!.Message.ShouldBe($"{Secret} failure");
        });

        var raw = await TemporalClient.ConnectAsync(new(environment.Address));
        var seen = 0;
        foreach (var workflow in await ListAsync(raw))
        {
            var history = await raw.Connection.WorkflowService.GetWorkflowExecutionHistoryAsync(new() { Namespace = "default", Execution = workflow });
            history.NextPageToken.IsEmpty.ShouldBeTrue();
            foreach (var e in history.History.Events)
            {
                Encoding.Latin1.GetString(e.ToByteArray()).ShouldNotContain(Secret, Case.Sensitive, $"{workflow.WorkflowId}: {e.EventType}");
                seen++;
            }

            var description = await raw.Connection.WorkflowService.DescribeWorkflowExecutionAsync(new() { Namespace = "default", Execution = workflow });
            Encoding.Latin1.GetString(description.ToByteArray()).ShouldNotContain(Secret);
        }

        seen.ShouldBeGreaterThan(40);
    }

    [Fact]
    public async Task Workflow_BegunWithoutSealsAndWithAnOlderKey_GoesOnWithTheNewOne()
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync();
        await environment.Client.StartWorkflowAsync((EverythingWorkflow wf) => wf.RunAsync("in the clear"), new("plain", Queue) { Memo = Note });
        var before = await ConnectAsync(environment, Old);
        await before.StartWorkflowAsync((EverythingWorkflow wf) => wf.RunAsync("old key"), new("old", Queue) { Memo = Note });

        var after = await ConnectAsync(environment, new PayloadCipher([NewKey, OldKey]));
        using var worker = Worker(after);
        await worker.ExecuteAsync(async () =>
        {
            foreach (var (id, input) in ((string, string)[])[("plain", "in the clear"), ("old", "old key")])
            {
                var handle = after.GetWorkflowHandle<EverythingWorkflow, string>(id);
                await handle.SignalAsync(wf => wf.TellAsync("signal"));
                await handle.ExecuteUpdateAsync(wf => wf.ChangeAsync("update"));
                await handle.SignalAsync(wf => wf.FinishAsync());
                (await handle.GetResultAsync()).ShouldStartWith($"{input}, signal, update, memo");
            }
        });

        // What the new key sealed, the old one alone does not open.
        (await Should.ThrowAsync<MissingKeyException>(() => before.GetWorkflowHandle<EverythingWorkflow, string>("old").GetResultAsync())).Message.ShouldContain("another storage key");
    }

    [Fact]
    public async Task Payload_OfAnotherWorkflow_IsNotUsed()
    {
        await using var environment = await StartAsync(Old);
        var raw = await TemporalClient.ConnectAsync(new(environment.Address));
        var approved = new SealedPayloads(Old).WithSerializationContext(new ISerializationContext.Workflow("default", "first"));
        var payload = (await approved.EncodeAsync([DataConverter.Default.PayloadConverter.ToPayload("approve")])).Single();

        // Somebody with access to the server copies a signal from one history into another.
        foreach (var id in (string[])["first", "second"])
        {
            await environment.Client.StartWorkflowAsync((EverythingWorkflow wf) => wf.RunAsync("in"), new(id, Queue) { Memo = Note });
            await raw.Connection.WorkflowService.SignalWorkflowExecutionAsync(new()
            {
                Namespace = "default",
                WorkflowExecution = new() { WorkflowId = id },
                SignalName = "Tell",
                Input = new() { Payloads_ = { payload } },
            });
        }

        using var worker = Worker(environment.Client);
        await worker.ExecuteAsync(async () =>
        {
            var first = environment.Client.GetWorkflowHandle<EverythingWorkflow>("first");
            (await first.QueryAsync(wf => wf.Ask("?"))).ShouldBe("? answered");
            var history = await UntilFailedTaskAsync(raw, "second");
            history.ShouldContain("somebody moved it");
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Decode_ChangedPayload_IsRefusedInOneLine(int change)
    {
        var codec = new SealedPayloads(Old).WithSerializationContext(new ISerializationContext.Workflow("default", "wf"));
        var payload = (await codec.EncodeAsync([DataConverter.Default.PayloadConverter.ToPayload("value")])).Single();
        var bytes = payload.Data.ToByteArray();
        switch (change)
        {
            case 0:
                bytes[^1] ^= 1;
                break;
            case 1:
                bytes = bytes[..^1];
                break;
            case 2:
                bytes = [];
                break;
            case 3:
                payload.Metadata.Remove("encryption-place");
                break;
            default:
                bytes = [.. bytes, 0];
                break;
        }

        payload.Data = ByteString.CopyFrom(bytes);
        (await Should.ThrowAsync<StorageException>(() => codec.DecodeAsync([payload]))).Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task EncodeAndDecode_MixedPayloads_KeepOrderNumberAndTheGivenObjects()
    {
        var codec = new SealedPayloads(Old);
        var converter = DataConverter.Default.PayloadConverter;
        var given = new[] { converter.ToPayload("a"), converter.ToPayload(null), converter.ToPayload(new byte[] { 1, 2 }), new Payload() };
        var copies = given.Select(p => p.Clone()).ToArray();

        var encoded = (await codec.EncodeAsync(given)).ToArray();
        var twice = (await codec.EncodeAsync(encoded)).ToArray();

        given.ShouldBe(copies, "the SDK still uses what it gave");
        encoded.ShouldAllBe(p => !given.Contains(p));
        (await codec.DecodeAsync([encoded[0], given[1], encoded[2], given[3]])).ShouldBe(given);
        (await codec.DecodeAsync([.. await codec.DecodeAsync(twice)])).ShouldBe(given);
    }

    private static Dictionary<string, object> Note => new() { ["note"] = "memo" };

    private static Task<EmbeddedEnvironment> StartAsync(PayloadCipher cipher) =>
        EmbeddedEnvironment.StartRealTimeAsync(new TemporalClientConnectOptions { DataConverter = SealedPayloads.Converter(cipher) });

    private static async Task<ITemporalClient> ConnectAsync(EmbeddedEnvironment environment, PayloadCipher cipher) =>
        await TemporalClient.ConnectAsync(new(environment.Address) { DataConverter = SealedPayloads.Converter(cipher) });

    /// <summary>Temporal hands each run of a schedule what the last one gave: the runs are of one place.</summary>
    [Fact]
    public async Task Schedule_RunsOneAfterTheOther_EachOpensWhatTheLastOneGave()
    {
        await using var environment = await StartAsync(Old);
        using var worker = Worker(environment.Client);
        await worker.ExecuteAsync(async () =>
        {
            var schedule = await environment.Client.CreateScheduleAsync("scheduled", new Schedule(
                ScheduleActionStartWorkflow.Create((ScheduledWorkflow w) => w.RunAsync(Secret), new("scheduled", Queue)), new ScheduleSpec()));
            var runs = new List<ScheduleActionResult>();
            while (runs.Count < 2)
            {
                await schedule.TriggerAsync();
                var before = runs.Count;
                while (runs.Count == before)
                    runs = [.. (await schedule.DescribeAsync()).Info.RecentActions];
                var run = (ScheduleActionExecutionStartWorkflow)runs[^1].Action;
                (await environment.Client.GetWorkflowHandle(run.WorkflowId).GetResultAsync<string>()).ShouldBe($"{Secret} again");
                // The id of a run is made of the second it begins in.
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        });
    }

    private static TemporalWorker Worker(ITemporalClient client) => new(
        client,
        new TemporalWorkerOptions(Queue).AddWorkflow<EverythingWorkflow>().AddWorkflow<ChildWorkflow>().AddWorkflow<FailingWorkflow>().AddWorkflow<ScheduledWorkflow>().AddAllActivities(typeof(Acts), null));

    private static async Task<IReadOnlyList<Temporalio.Api.Common.V1.WorkflowExecution>> ListAsync(ITemporalClient client) =>
        [.. (await client.Connection.WorkflowService.ListWorkflowExecutionsAsync(new() { Namespace = "default" })).Executions.Select(e => e.Execution)];

    private static async Task<string> UntilFailedTaskAsync(ITemporalClient raw, string id)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var history = await raw.Connection.WorkflowService.GetWorkflowExecutionHistoryAsync(new() { Namespace = "default", Execution = new() { WorkflowId = id } });
            if (history.History.Events.FirstOrDefault(e => e.EventType == EventType.WorkflowTaskFailed) is { } failed)
                return (await SealedPayloads.Converter(Old).ToExceptionAsync(failed.WorkflowTaskFailedEventAttributes.Failure)).ToString();
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(60), history.ToString());
            await Task.Delay(20);
        }
    }

    [Workflow]
    public sealed class EverythingWorkflow
    {
        private readonly List<string> _told = [];
        private bool _isFinished;

        [WorkflowRun]
        public async Task<string> RunAsync(string input)
        {
            await Workflow.WaitConditionAsync(() => _isFinished);
            _told.Insert(0, input);
            _told.Add(Workflow.Memo["note"] is { } note ? await Task.FromResult(Workflow.PayloadConverter.ToValue<string>(note)) : "none");
            var quick = new ActivityOptions { StartToCloseTimeout = TimeSpan.FromMinutes(1), RetryPolicy = new() { InitialInterval = TimeSpan.FromMilliseconds(20), MaximumAttempts = 2 } };
            _told.Add(await Workflow.ExecuteActivityAsync(() => Acts.BeatAsync(Secret), quick));
            _told.Add(await Workflow.ExecuteLocalActivityAsync(() => Acts.Local(input), new() { StartToCloseTimeout = TimeSpan.FromMinutes(1) }));
            _told.Add(await Workflow.ExecuteChildWorkflowAsync((ChildWorkflow wf) => wf.RunAsync(input), new() { Id = $"{Workflow.Info.WorkflowId}-child" }));
            try
            {
                await Workflow.ExecuteActivityAsync(() => Acts.Fail($"{Secret} application failure"), quick);
            }
            catch (ActivityFailureException e)
            {
                _told.Add(e.InnerException!.Message);
            }

            try
            {
                await Workflow.ExecuteChildWorkflowAsync((FailingWorkflow wf) => wf.RunAsync($"{Secret} child failure"), new() { Id = $"{Workflow.Info.WorkflowId}-failing" });
            }
            catch (ChildWorkflowFailureException e)
            {
                _told.Add(e.InnerException!.Message);
            }

            return string.Join(", ", _told);
        }

        [WorkflowSignal]
        public Task TellAsync(string what)
        {
            _told.Add(what);
            return Task.CompletedTask;
        }

        [WorkflowSignal]
        public Task FinishAsync()
        {
            _isFinished = true;
            return Task.CompletedTask;
        }

        [WorkflowQuery]
        public string Ask(string question) => $"{question} answered";

        [WorkflowUpdate]
        public Task<string> ChangeAsync(string what)
        {
            _told.Add(what);
            return Task.FromResult($"{what} done");
        }
    }

    [Workflow]
    public sealed class ChildWorkflow
    {
        // Continues once, so that an input crosses from run to run.
        [WorkflowRun]
        public Task<string> RunAsync(string input) => input.StartsWith("child ", StringComparison.Ordinal)
            ? Task.FromResult(input)
            : throw Workflow.CreateContinueAsNewException((ChildWorkflow wf) => wf.RunAsync($"child {input}"));
    }

    [Workflow]
    public sealed class ScheduledWorkflow
    {
        [WorkflowRun]
        public Task<string> RunAsync(string words) => Task.FromResult($"{words} again");
    }

    [Workflow]
    public sealed class FailingWorkflow
    {
        [WorkflowRun]
        public Task<string> RunAsync(string words) => throw new ApplicationFailureException(words, new InvalidOperationException($"{Secret} cause"), "kind", details: [$"{Secret} detail"]);
    }

    public static class Acts
    {
        [Activity]
        public static async Task<string> BeatAsync(string secret)
        {
            var context = ActivityExecutionContext.Current;
            if (context.Info.HeartbeatDetails.Count > 0)
                return await context.Info.HeartbeatDetailAtAsync<string>(0);
            context.Heartbeat($"{secret} heartbeat");
            throw new ApplicationFailureException($"{secret} first attempt");
        }

        [Activity]
        public static string Local(string input) => $"local {input}";

        [Activity]
        public static void Fail(string words) => throw new ApplicationFailureException(words, details: [$"{Secret} detail"]);
    }
}
