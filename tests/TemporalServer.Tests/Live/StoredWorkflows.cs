using Temporalio.Activities;
using Temporalio.Common;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace TemporalServer.Tests.Live;

/// <summary>
/// The workflows in the database of an earlier build (Data/README.md). Their code must stay as it was when the file was made: what is in
/// the file was recorded by these very lines.
/// </summary>
internal static class StoredWorkflows
{
    public static readonly SearchAttributeKey<string> Stage = SearchAttributeKey.CreateKeyword("stage");
    public static readonly SearchAttributeKey<long> Round = SearchAttributeKey.CreateLong("round");

    /// <summary>What the maker of the file does inside workflow code to leave a task failed or unanswered; null elsewhere.</summary>
    public static Action<string>? Interrupt { get; set; }

    [Workflow]
    public sealed class SleeperWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(TimeSpan delay)
        {
            var before = Workflow.UtcNow;
            await Workflow.DelayAsync(delay);
            return Workflow.UtcNow - before >= delay ? "slept" : "woken early";
        }
    }

    /// <summary>Collects letters until it is closed.</summary>
    [Workflow]
    public sealed class MailboxWorkflow
    {
        private readonly List<string> _letters = [];
        private bool _closed;

        [WorkflowQuery]
        public string Letters => string.Join(',', _letters);

        [WorkflowRun]
        public async Task<string> RunAsync(string owner)
        {
            _letters.Add(owner);
            Workflow.UpsertTypedSearchAttributes(Stage.ValueSet("open"), Round.ValueSet(7));
            Workflow.UpsertMemo(MemoUpdate.ValueSet("owner", owner));
            await Workflow.WaitConditionAsync(() => _closed);
            Workflow.UpsertTypedSearchAttributes(Stage.ValueSet("closed"));
            return Letters;
        }

        [WorkflowSignal]
        public Task PostAsync(string letter)
        {
            Interrupt?.Invoke(letter);
            _letters.Add(letter);
            return Task.CompletedTask;
        }

        [WorkflowSignal]
        public Task CloseAsync()
        {
            _closed = true;
            return Task.CompletedTask;
        }
    }

    [Workflow]
    public sealed class CallerWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(string mode, string? queue)
        {
            try
            {
                return await Workflow.ExecuteActivityAsync((StoredActivities a) => a.WorkAsync(mode), new()
                {
                    TaskQueue = queue,
                    StartToCloseTimeout = TimeSpan.FromHours(1),
                    HeartbeatTimeout = TimeSpan.FromMinutes(1),
                    RetryPolicy = new() { InitialInterval = TimeSpan.FromMilliseconds(100), BackoffCoefficient = 10_000 },
                    CancellationType = ActivityCancellationType.WaitCancellationCompleted,
                });
            }
            catch (Exception e) when (TemporalException.IsCanceledException(e))
            {
                return "cancelled";
            }
        }
    }

    [Workflow]
    public sealed class ParentWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(string childId)
        {
            var child = await Workflow.StartChildWorkflowAsync((MailboxWorkflow wf) => wf.RunAsync("child"), new() { Id = childId });
            await child.SignalAsync(wf => wf.PostAsync("from the parent"));
            return await child.GetResultAsync();
        }
    }

    [Workflow]
    public sealed class AccountWorkflow
    {
        private int _balance = 100;
        private bool _approved;

        [WorkflowRun]
        public async Task<int> RunAsync()
        {
            await Workflow.WaitConditionAsync(() => _approved && Workflow.AllHandlersFinished);
            return _balance;
        }

        [WorkflowUpdate]
        public async Task<int> WithdrawAsync(int amount)
        {
            await Workflow.WaitConditionAsync(() => _approved);
            return _balance -= amount;
        }

        [WorkflowUpdate]
        public Task<int> DepositAsync(int amount) => Task.FromResult(_balance += amount);

        [WorkflowUpdateValidator(nameof(DepositAsync))]
        public void ValidateDeposit(int amount)
        {
            if (amount <= 0)
                throw new ApplicationFailureException("not positive");
        }

        [WorkflowSignal]
        public Task ApproveAsync()
        {
            _approved = true;
            return Task.CompletedTask;
        }
    }

    [Workflow]
    public sealed class ChainWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(int left, string trace)
        {
            await Workflow.DelayAsync(left == 1 ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(1));
            return left == 0 ? trace : throw Workflow.CreateContinueAsNewException((ChainWorkflow wf) => wf.RunAsync(left - 1, $"{trace}{left}"));
        }
    }

    /// <summary>A bit of everything a history can hold, then a wait.</summary>
    [Workflow]
    public sealed class TourWorkflow
    {
        private bool _go;

        [WorkflowQuery]
        public string Seen { get; private set; } = "";

        [WorkflowRun]
        public async Task<string> RunAsync(string mailbox)
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Workflow.CancellationToken);
            var never = Workflow.DelayAsync(TimeSpan.FromHours(9), cancel.Token);
            Seen += Workflow.Patched("stored") ? "patched " : "old ";
            Seen += await Workflow.ExecuteActivityAsync(
                (StoredActivities a) => a.WorkAsync("greet"), new() { StartToCloseTimeout = TimeSpan.FromMinutes(1), Summary = "a greeting" });
            cancel.Cancel();
            try
            {
                await never;
            }
            catch (OperationCanceledException)
            {
                Seen += " timer cancelled";
            }

            await Workflow.GetExternalWorkflowHandle<MailboxWorkflow>(mailbox).SignalAsync(wf => wf.PostAsync("from the tour"));
            try
            {
                await Workflow.ExecuteChildWorkflowAsync((OutcomeWorkflow wf) => wf.RunAsync("fail"), new() { Id = Workflow.Info.WorkflowId + "/fails" });
            }
            catch (ChildWorkflowFailureException)
            {
                Seen += " child failed";
            }

            Seen += await Workflow.WaitConditionAsync(() => _go, TimeSpan.FromDays(2)) ? " told to go" : " gone by itself";
            Seen += await Workflow.ExecuteActivityAsync((StoredActivities a) => a.WorkAsync("greet"), new() { StartToCloseTimeout = TimeSpan.FromMinutes(1) });
            Seen += Workflow.Patched("later") ? " patched" : " old";
            return Seen;
        }

        [WorkflowSignal]
        public Task GoAsync()
        {
            _go = true;
            return Task.CompletedTask;
        }
    }

    [Workflow]
    public sealed class OutcomeWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(string outcome)
        {
            switch (outcome)
            {
                case "fail":
                    throw new ApplicationFailureException("as told", new InvalidOperationException("inner"), "Told", details: [7, "seven"]);
                case "fail-first" when Workflow.Info.Attempt == 1:
                    throw new ApplicationFailureException("the first time");
                case "wait":
                    await Workflow.DelayAsync(TimeSpan.FromDays(10));
                    break;
            }

            return $"{outcome} {Workflow.Info.Attempt}";
        }
    }

    public sealed class StoredActivities
    {
        [Activity]
        public async Task<string> WorkAsync(string mode)
        {
            var context = ActivityExecutionContext.Current;
            var info = context.Info;
            switch (mode)
            {
                case "heartbeat" or "linger" when info.Attempt == 1:
                    context.Heartbeat(7, "seven");
                    await Task.Delay(Timeout.Infinite, CancellationToken.None);
                    return "never";
                case "heartbeat":
                    return $"resumed at {await info.HeartbeatDetailAtAsync<int>(0)} {await info.HeartbeatDetailAtAsync<string>(1)}";
                case "linger":
                    while (true)
                    {
                        context.Heartbeat();
                        await Task.Delay(50, context.CancellationToken);
                    }

                case "retry" when info.Attempt < 3:
                    throw new ApplicationFailureException($"attempt {info.Attempt}");
                default:
                    return $"{mode} {info.Attempt}";
            }
        }
    }
}
