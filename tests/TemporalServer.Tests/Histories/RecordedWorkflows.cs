using System.Text.Json;
using Temporalio.Activities;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace TemporalServer.Tests.Histories;

/// <summary>Workflows that issue what the recorded histories say, each under the recorded type name.</summary>
internal static class RecordedWorkflows
{
    public sealed record SayHelloParams(string Name, bool ShouldWait, bool ShouldError, bool ShouldCauseNonDeterminism);

    [Workflow]
    public sealed class SayHelloWorkflow
    {
        [Activity]
        public static string SayHello(string name) => $"Hello, {name}!";

        [WorkflowRun]
        public async Task<string> RunAsync(SayHelloParams input)
        {
            if (input.ShouldCauseNonDeterminism)
            {
                await Workflow.DelayAsync(1);
            }

            return await Workflow.ExecuteActivityAsync(
                () => SayHello(input.Name), new() { ScheduleToCloseTimeout = TimeSpan.FromMinutes(5) });
        }
    }

    [Workflow]
    public sealed class MultiWaitConditionWorkflow
    {
        private readonly List<string> _stages = [];

        [WorkflowRun]
        public async Task<List<string>> RunAsync()
        {
            _stages.Add("one");
            await Workflow.WhenAllAsync(
                StageAsync(() => _stages[^1] != "one", "three"),
                StageAsync(() => _stages.Count > 0, "two"),
                StageAsync(() => _stages.Count > 0, "four"));

            // The recorded result: on today's event loop "three" would come before "four".
            return _stages is ["one", "two", "four", "three"] ? _stages : throw new InvalidOperationException(string.Join(' ', _stages));
        }

        private Task StageAsync(Func<bool> condition, string stage) => Workflow.RunTaskAsync(async () =>
        {
            await Workflow.WaitConditionAsync(condition);
            _stages.Add(stage);
        });
    }

    /// <summary>Told to go on by a signal that fails or by an update; both may end after the workflow has.</summary>
    [Workflow]
    public sealed class CoroutinesAfterCompleteWorkflow
    {
        private bool _told;
        private bool _complete;

        [WorkflowRun]
        public async Task<string> RunAsync()
        {
            await Workflow.WaitConditionAsync(() => _told);
            await Workflow.ExecuteLocalActivityAsync<string>("SomeActivity", [], new() { ScheduleToCloseTimeout = TimeSpan.FromMinutes(5) });
            _complete = true;
            return "complete-workflow";
        }

        [WorkflowSignal]
        public async Task DoErroringSignalAsync(bool waitWorkflowComplete)
        {
            if (waitWorkflowComplete)
                await TellAsync();
            throw new ApplicationFailureException("Intentional error from signal");
        }

        [WorkflowUpdate]
        public async Task<string> DoUpdateAsync()
        {
            await TellAsync();
            return "complete-update";
        }

        private Task TellAsync()
        {
            _told = true;
            return Workflow.WaitConditionAsync(() => _complete);
        }
    }

    /// <summary>An activity sends it two signals; at the time of the recording it went on after the first.</summary>
    [Workflow]
    public sealed class MultiSignalOrderWorkflow
    {
        private readonly List<string> _signals = [];

        [WorkflowRun]
        public async Task<List<string>> RunAsync()
        {
            await Workflow.ExecuteLocalActivityAsync("SendTwoSignals", [], new() { ScheduleToCloseTimeout = TimeSpan.FromMinutes(5) });
            await Workflow.WaitConditionAsync(() => _signals.Count > 0);
            return _signals is ["one"] ? _signals : throw new InvalidOperationException(string.Join(' ', _signals));
        }

        [WorkflowSignal]
        public Task SignalAsync(string text)
        {
            _signals.Add(text);
            return Task.CompletedTask;
        }
    }

    /// <summary>A timer, activities of both kinds and a child that is signalled, all at once.</summary>
    [Workflow("smorgasbord")]
    public sealed class AllAtOnceWorkflow
    {
        private const string ChildId = "4951fb36-36e1-414c-a359-ae6f70541afe";

        [WorkflowRun]
        public async Task RunAsync(int iteration)
        {
            var options = new ActivityOptions { StartToCloseTimeout = TimeSpan.FromMinutes(1) };
            var timer = Workflow.DelayAsync(TimeSpan.FromSeconds(1));
            var progress = Workflow.ExecuteActivityAsync("fakeProgress", [100, 10], options);
            var query = Workflow.ExecuteActivityAsync("queryOwnWf", [], options);
            var child = StartAndSignalAsync();
            var echo = Workflow.ExecuteLocalActivityAsync<string>("echo", ["local-activity"], new() { StartToCloseTimeout = TimeSpan.FromMinutes(1) });
            await Workflow.WhenAllAsync(timer, progress, query, child, echo);
        }

        private static async Task StartAndSignalAsync()
        {
            var child = await Workflow.StartChildWorkflowAsync("signalTarget", [], new() { Id = ChildId });
            await child.SignalAsync("unblock", []);
            await child.GetResultAsync();
        }
    }

    /// <summary>One turn of a model.</summary>
    [Workflow("HelloWorldAgent")]
    public sealed class ModelWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(string prompt)
        {
            var answer = await CallAsync("invoke_model_activity", prompt);
            return answer.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString()!;
        }
    }

    /// <summary>A model that asks for a tool, is given its result, and answers.</summary>
    [Workflow("ToolsWorkflow")]
    public sealed class ToolWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(string prompt)
        {
            while (true)
            {
                var item = (await CallAsync("invoke_model_activity", prompt)).GetProperty("output")[0];
                if (item.GetProperty("type").GetString() != "function_call")
                {
                    return item.GetProperty("content")[0].GetProperty("text").GetString()!;
                }

                await CallAsync(item.GetProperty("name").GetString()!, item.GetProperty("arguments").GetString()!);
            }
        }
    }

    /// <summary>The same with another vendor's answers: the tool's name decides the type of the next activity.</summary>
    [Workflow("WeatherAgent")]
    public sealed class WeatherWorkflow
    {
        [WorkflowRun]
        public async Task<JsonElement> RunAsync(string prompt, string model)
        {
            while (true)
            {
                var answer = (await CallAsync("invoke_model", prompt, model))[0];
                var call = answer.GetProperty("content").GetProperty("parts")[0].GetProperty("functionCall");
                if (call.ValueKind == JsonValueKind.Null)
                {
                    return answer;
                }

                await CallAsync(call.GetProperty("name").GetString()!, call.GetProperty("args").GetProperty("city").GetString()!);
            }
        }
    }

    /// <summary>Cancels an activity once it says that it runs, and waits until it has stopped.</summary>
    [Workflow("cancelFakeProgress")]
    public sealed class CancelActivityWorkflow
    {
        private bool _started;

        [WorkflowRun]
        public async Task RunAsync()
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Workflow.CancellationToken);
            var activity = Workflow.ExecuteActivityAsync("fakeProgress", [], new()
            {
                StartToCloseTimeout = TimeSpan.FromSeconds(200),
                HeartbeatTimeout = TimeSpan.FromSeconds(2),
                CancellationType = ActivityCancellationType.WaitCancellationCompleted,
                CancellationToken = cancel.Token,
            });
            await Workflow.WaitConditionAsync(() => _started);
            // Not CancelAsync: it would call back on the thread pool, outside the workflow's scheduler.
            cancel.Cancel();
            try
            {
                await activity;
                throw new InvalidOperationException("The activity was not cancelled.");
            }
            catch (Exception e) when (TemporalException.IsCanceledException(e))
            {
                // Asked for.
            }
        }

        [WorkflowSignal("activityStarted")]
        public Task ActivityStartedAsync()
        {
            _started = true;
            return Task.CompletedTask;
        }
    }

    /// <summary>Starts a child, then signals it while a timer runs, and waits for both.</summary>
    [Workflow("topSecretGreeting")]
    public sealed class SignalChildWorkflow
    {
        // The recording worker drew it at random; the history remembers it.
        private const string ChildId = "1663347e-aa08-4ee5-b426-c23f71678ddd";

        [WorkflowRun]
        public async Task<string> RunAsync(string name)
        {
            var child = await Workflow.StartChildWorkflowAsync("topSecretGreetingChild", [name], new() { Id = ChildId });
            var timer = Workflow.DelayAsync(1);
            await child.SignalAsync("approve", []);
            var greeting = await child.GetResultAsync<string>();
            await timer;
            return greeting;
        }
    }

    /// <summary>Stands for every type and does what no history records: a timer first.</summary>
    [Workflow(Dynamic = true)]
    public sealed class TimerFirstWorkflow
    {
        [WorkflowRun]
        public Task RunAsync(IRawValue[] args) => Workflow.DelayAsync(args.Length + 1);
    }

    private static Task<JsonElement> CallAsync(string activity, params object?[] args) =>
        Workflow.ExecuteActivityAsync<JsonElement>(activity, args, new() { StartToCloseTimeout = TimeSpan.FromMinutes(1) });
}
