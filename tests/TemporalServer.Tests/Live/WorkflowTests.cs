using Temporalio.Client;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Worker;
using Temporalio.Workflows;
using RpcException = Temporalio.Exceptions.RpcException;
using ParentClosePolicy = Temporalio.Workflows.ParentClosePolicy;

namespace TemporalServer.Tests.Live;

[Collection(nameof(LiveServer))]
public sealed class WorkflowTests(LiveServer server)
{
    [Fact]
    public async Task SignalsAndQueries_ToRunningWorkflow_AreHandledInOrder() =>
        await RunAsync(async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((NotebookWorkflow wf) => wf.RunAsync("first"), LiveServer.Start(queue));
            handle.RunId.ShouldBeNull();
            handle.ResultRunId.ShouldNotBeNull();
            for (var i = 0; i < 5; i++)
            {
                await handle.SignalAsync(wf => wf.NoteAsync($"note {i}"));
            }

            (await handle.QueryAsync(wf => wf.Count)).ShouldBe(6);
            (await handle.QueryAsync(wf => wf.At(5))).ShouldBe("note 4");
            await handle.SignalAsync(wf => wf.CloseAsync());
            (await handle.GetResultAsync()).ShouldBe(["first", "note 0", "note 1", "note 2", "note 3", "note 4"]);
            (await handle.QueryAsync(wf => wf.Count)).ShouldBe(6, "a closed workflow answers queries");
            var failed = await Should.ThrowAsync<WorkflowQueryFailedException>(() => handle.QueryAsync(wf => wf.At(17)));
            failed.Message.ShouldContain("index", Case.Insensitive);
            (await Should.ThrowAsync<WorkflowQueryFailedException>(() => handle.QueryAsync<int>("Nope", [])))
                .Message.ShouldContain("known queries: [At Count]");
            await Should.ThrowAsync<WorkflowQueryRejectedException>(
                () => handle.QueryAsync(wf => wf.Count, new() { RejectCondition = QueryRejectCondition.NotOpen }));
        });

    [Fact]
    public async Task SignalWithStart_Twice_StartsOnce() =>
        await RunAsync(async queue =>
        {
            var options = LiveServer.Start(queue);
            options.SignalWithStart((NotebookWorkflow wf) => wf.NoteAsync("one"));
            var handle = await server.Client.StartWorkflowAsync((NotebookWorkflow wf) => wf.RunAsync("first"), options);
            options.SignalWithStart((NotebookWorkflow wf) => wf.NoteAsync("two"));
            var again = await server.Client.StartWorkflowAsync((NotebookWorkflow wf) => wf.RunAsync("never"), options);
            again.ResultRunId.ShouldBe(handle.ResultRunId);
            await handle.SignalAsync(wf => wf.CloseAsync());
            (await handle.GetResultAsync()).ShouldBe(["first", "one", "two"]);
        });

    [Fact]
    public async Task Start_IdInUse_IsAlreadyStarted() =>
        await RunAsync(async queue =>
        {
            var options = LiveServer.Start(queue);
            var handle = await server.Client.StartWorkflowAsync((NotebookWorkflow wf) => wf.RunAsync("a"), options);
            var e = await Should.ThrowAsync<WorkflowAlreadyStartedException>(
                () => server.Client.StartWorkflowAsync((NotebookWorkflow wf) => wf.RunAsync("b"), options));
            e.RunId.ShouldBe(handle.ResultRunId);
            e.WorkflowId.ShouldBe(options.Id);
            options.IdConflictPolicy = WorkflowIdConflictPolicy.UseExisting;
            (await server.Client.StartWorkflowAsync((NotebookWorkflow wf) => wf.RunAsync("b"), options)).ResultRunId.ShouldBe(handle.ResultRunId);
            await handle.TerminateAsync("done", new() { Details = ["x"] });
            var failed = await Should.ThrowAsync<WorkflowFailedException>(() => handle.GetResultAsync());
            var terminated = failed.InnerException.ShouldBeOfType<TerminatedFailureException>();
            terminated.Message.ShouldBe("done");
            terminated.Details!.ElementAt<string>(0).ShouldBe("x");
            (await handle.DescribeAsync()).Status.ShouldBe(WorkflowExecutionStatus.Terminated);
        });

    [Fact]
    public async Task UnknownWorkflowId_Signalled_IsNotFound()
    {
        var e = await Should.ThrowAsync<RpcException>(() => server.Client.GetWorkflowHandle("no-such-workflow").SignalAsync("x", []));
        e.Code.ShouldBe(RpcException.StatusCode.NotFound);
    }

    [Fact]
    public async Task Timers_RaceAndCancel_FollowTheCode() =>
        await RunAsync(async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((TimerWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
            (await handle.GetResultAsync()).ShouldBe("short won, long cancelled");
            var types = (await handle.FetchHistoryAsync()).Events.Select(e => e.EventType.ToString()).ToList();
            types.Count(t => t == "TimerStarted").ShouldBe(2);
            types.Count(t => t == "TimerFired").ShouldBe(1);
            types.Count(t => t == "TimerCanceled").ShouldBe(1);
            await ReplaysAsync<TimerWorkflow>(handle);
        });

    [Fact]
    public async Task Cancel_WorkflowThatCleansUp_EndsItsOwnWay() =>
        await RunAsync(async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((CleanupWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
            await handle.CancelAsync();
            (await handle.GetResultAsync()).ShouldBe("cleaned up");
        });

    [Fact]
    public async Task OrdinaryException_InWorkflow_FailsTaskUntilMended() =>
        await RunAsync(async queue =>
        {
            BrokenWorkflow.Broken = true;
            var handle = await server.Client.StartWorkflowAsync((BrokenWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
            await Eventually.TrueAsync(
                async () => (await handle.FetchHistoryAsync()).Events.Any(e => e.EventType.ToString() == "WorkflowTaskFailed"),
                "a failed task in the history");
            BrokenWorkflow.Broken = false;
            await handle.GetResultAsync();
        });

    [Fact]
    public async Task ContinueAsNew_ResultOfChain_IsFollowed() =>
        await RunAsync(async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((CountdownWorkflow wf) => wf.RunAsync(3), LiveServer.Start(queue));
            (await handle.GetResultAsync()).ShouldBe("lift-off");
            await Should.ThrowAsync<WorkflowContinuedAsNewException>(() => handle.GetResultAsync(followRuns: false));
            (await handle.DescribeAsync()).RunId.ShouldNotBe(handle.ResultRunId);
        });

    [Fact]
    public async Task ChildWorkflow_Completes_ParentGetsResult() =>
        await RunAsync(async queue =>
            (await server.Client.ExecuteWorkflowAsync((ParentWorkflow wf) => wf.RunAsync("result"), LiveServer.Start(queue))).ShouldBe("child: first,from parent"));

    [Fact]
    public async Task ChildWorkflow_Fails_ParentSeesWhy() =>
        await RunAsync(async queue =>
            (await server.Client.ExecuteWorkflowAsync((ParentWorkflow wf) => wf.RunAsync("failure"), LiveServer.Start(queue)))
                .ShouldBe("ApplicationFailureException: child failed"));

    [Fact]
    public async Task Updates_AreValidatedRunAndReturned() =>
        await RunAsync(async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((AccountWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
            (await handle.ExecuteUpdateAsync(wf => wf.DepositAsync(5))).ShouldBe(5);
            var rejected = await Should.ThrowAsync<WorkflowUpdateFailedException>(() => handle.ExecuteUpdateAsync(wf => wf.DepositAsync(-1)));
            rejected.InnerException!.Message.ShouldBe("not positive");
            var update = await handle.StartUpdateAsync(wf => wf.DepositAsync(7), new(WorkflowUpdateStage.Accepted));
            (await update.GetResultAsync()).ShouldBe(12);
            await handle.SignalAsync(wf => wf.CloseAsync());
            (await handle.GetResultAsync()).ShouldBe(12);
            await ReplaysAsync<AccountWorkflow>(handle);
        });

    [Fact]
    public async Task MemoAndInfo_AreSeenInsideAndOutside() =>
        await RunAsync(async queue =>
        {
            var options = LiveServer.Start(queue);
            options.Memo = new Dictionary<string, object> { ["kept"] = 1, ["dropped"] = 2 };
            options.StaticSummary = "for people";
            var handle = await server.Client.StartWorkflowAsync((InfoWorkflow wf) => wf.RunAsync(), options);
            (await handle.GetResultAsync()).ShouldBe($"{options.Id} {queue} InfoWorkflow 1");
            var description = await handle.DescribeAsync();
            (await description.Memo["added"].ToValueAsync<string>()).ShouldBe("new");
            description.Memo.ContainsKey("dropped").ShouldBeFalse();
            (await description.GetStaticSummaryAsync()).ShouldBe("for people");
            description.WorkflowType.ShouldBe("InfoWorkflow");
            description.CloseTime.ShouldNotBeNull();
        });

    [Fact]
    public async Task List_ByType_FindsTheWorkflow() =>
        await RunAsync(async queue =>
        {
            var options = LiveServer.Start(queue);
            await server.Client.ExecuteWorkflowAsync((InfoWorkflow wf) => wf.RunAsync(), options);
            var found = new List<string>();
            await foreach (var execution in server.Client.ListWorkflowsAsync($"WorkflowId = '{options.Id}'"))
            {
                found.Add(execution.Id);
            }

            found.ShouldBe([options.Id!]);
            (await server.Client.CountWorkflowsAsync($"WorkflowId = '{options.Id}'")).Count.ShouldBe(1);
        });

    [Fact]
    public async Task Count_GroupedByStatus_GivesEachItsNumber() =>
        await RunAsync(async queue =>
        {
            var done = LiveServer.Start(queue);
            await server.Client.ExecuteWorkflowAsync((InfoWorkflow wf) => wf.RunAsync(), done);
            var open = LiveServer.Start(queue);
            var handle = await server.Client.StartWorkflowAsync((NotebookWorkflow wf) => wf.RunAsync("first"), open);
            var count = await server.Client.CountWorkflowsAsync($"WorkflowId = '{done.Id}' OR WorkflowId = '{open.Id}' GROUP BY ExecutionStatus");
            count.Count.ShouldBe(2);
            count.Groups.Select(g => $"{g.GroupValues.Single()} {g.Count}").ShouldBe(["Completed 1", "Running 1"], ignoreOrder: true);
            await handle.TerminateAsync();
        });

    [Fact]
    public async Task UpdateWithStart_Twice_StartsOnceAndUpdatesBoth() =>
        await RunAsync(async queue =>
        {
            var options = LiveServer.Start(queue);
            options.IdConflictPolicy = WorkflowIdConflictPolicy.UseExisting;
            WithStartWorkflowOperation<WorkflowHandle<AccountWorkflow, int>> Starting() =>
                WithStartWorkflowOperation.Create((AccountWorkflow wf) => wf.RunAsync(), options);
            (await server.Client.ExecuteUpdateWithStartWorkflowAsync((AccountWorkflow wf) => wf.DepositAsync(5), new(Starting()))).ShouldBe(5);
            var again = Starting();
            (await server.Client.ExecuteUpdateWithStartWorkflowAsync((AccountWorkflow wf) => wf.DepositAsync(7), new(again))).ShouldBe(12);
            var handle = await again.GetHandleAsync();
            await handle.SignalAsync(wf => wf.CloseAsync());
            (await handle.GetResultAsync()).ShouldBe(12);
        });

    [Fact]
    public async Task WorkerStopped_MidRun_NextWorkerGoesOn()
    {
        var queue = $"queue-{Guid.NewGuid()}";
        WorkflowHandle<NotebookWorkflow, List<string>>? handle = null;
        using (var first = new TemporalWorker(server.Client, LiveServer.Worker(queue).AddWorkflow<NotebookWorkflow>()))
        {
            await first.ExecuteAsync(async () =>
            {
                handle = await server.Client.StartWorkflowAsync((NotebookWorkflow wf) => wf.RunAsync("first"), LiveServer.Start(queue));
                await handle.SignalAsync(wf => wf.NoteAsync("seen by the first worker"));
                (await handle.QueryAsync(wf => wf.Count)).ShouldBe(2);
            });
        }

        await handle!.SignalAsync(wf => wf.NoteAsync("while nobody worked"));
        using var second = new TemporalWorker(server.Client, LiveServer.Worker(queue).AddWorkflow<NotebookWorkflow>());
        await second.ExecuteAsync(async () =>
        {
            await handle.SignalAsync(wf => wf.CloseAsync());
            (await handle.GetResultAsync()).ShouldBe(["first", "seen by the first worker", "while nobody worked"]);
        });
        await ReplaysAsync<NotebookWorkflow>(handle);
    }

    [Fact]
    public async Task Worker_StoppedByToken_EndsCancelled()
    {
        using var worker = new TemporalWorker(server.Client, LiveServer.Worker("idle").AddWorkflow<InfoWorkflow>());
        using var stop = new CancellationTokenSource();
        var run = worker.ExecuteAsync(stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Worker_InUnknownNamespace_FailsInsteadOfPollingForEver()
    {
        var client = new TemporalClient(server.Client.Connection, new() { Namespace = "no-such-namespace" });
        using var worker = new TemporalWorker(client, LiveServer.Worker("q").AddWorkflow<InfoWorkflow>());
        var e = await Should.ThrowAsync<InvalidOperationException>(() => worker.ExecuteAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20)));
        e.Message.ShouldContain("no-such-namespace");
    }

    [Fact]
    public async Task LongHistory_ManyTasks_IsReplayedWholeEachTime() =>
        await RunAsync(async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((TickingWorkflow wf) => wf.RunAsync(150), LiveServer.Start(queue));
            (await handle.GetResultAsync()).ShouldBe(150);
            (await handle.FetchHistoryAsync()).Events.Count.ShouldBeGreaterThan(700);
            (await handle.QueryAsync(wf => wf.Ticks)).ShouldBe(150);
            await ReplaysAsync<TickingWorkflow>(handle);
        });

    [Fact]
    public async Task MutexAndRunTask_InWorkflow_LetOneInAtATime() =>
        await RunAsync(async queue =>
            (await server.Client.ExecuteWorkflowAsync((MutexWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue))).ShouldBe("+1-1+2-2+3-3"));

    private static async Task ReplaysAsync<T>(WorkflowHandle handle)
    {
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions { DebugMode = true }.AddWorkflow<T>());
        (await replayer.ReplayWorkflowAsync(await handle.FetchHistoryAsync())).ReplayFailure.ShouldBeNull();
    }

    private Task RunAsync(Func<string, Task> test) => server.WithWorkerAsync(
        o => o.AddWorkflow<NotebookWorkflow>().AddWorkflow<TimerWorkflow>().AddWorkflow<CleanupWorkflow>().AddWorkflow<BrokenWorkflow>()
            .AddWorkflow<CountdownWorkflow>().AddWorkflow<ParentWorkflow>().AddWorkflow<FailingWorkflow>().AddWorkflow<AccountWorkflow>()
            .AddWorkflow<InfoWorkflow>().AddWorkflow<MutexWorkflow>().AddWorkflow<TickingWorkflow>(),
        test);

    [Workflow]
    public sealed class NotebookWorkflow
    {
        private readonly List<string> _notes = [];
        private bool _closed;

        [WorkflowInit]
        public NotebookWorkflow(string first) => _notes.Add(first);

        [WorkflowQuery]
        public int Count => _notes.Count;

        [WorkflowRun]
        public async Task<List<string>> RunAsync(string first)
        {
            await Workflow.WaitConditionAsync(() => _closed);
            return _notes;
        }

        [WorkflowSignal]
        public Task NoteAsync(string note)
        {
            _notes.Add(note);
            return Task.CompletedTask;
        }

        [WorkflowSignal]
        public Task CloseAsync()
        {
            _closed = true;
            return Task.CompletedTask;
        }

        [WorkflowQuery]
        public string At(int index) => _notes[index];
    }

    [Workflow]
    public sealed class TimerWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync()
        {
            using var cancelLong = CancellationTokenSource.CreateLinkedTokenSource(Workflow.CancellationToken);
            var quick = Workflow.DelayAsync(TimeSpan.FromMilliseconds(50));
            var slow = Workflow.DelayAsync(TimeSpan.FromHours(1), cancelLong.Token);
            var winner = await Workflow.WhenAnyAsync(quick, slow);
            cancelLong.Cancel();
            try
            {
                await slow;
                return "impossible";
            }
            catch (OperationCanceledException)
            {
                return winner == quick ? "short won, long cancelled" : "long won";
            }
        }
    }

    [Workflow]
    public sealed class CleanupWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync()
        {
            try
            {
                await Workflow.DelayAsync(TimeSpan.FromHours(1));
                return "slept";
            }
            catch (OperationCanceledException)
            {
                await Workflow.DelayAsync(TimeSpan.FromMilliseconds(10), CancellationToken.None);
                return "cleaned up";
            }
        }
    }

    [Workflow]
    public sealed class BrokenWorkflow
    {
        public static bool Broken { get; set; }

        [WorkflowRun]
        public Task RunAsync() => Broken ? throw new InvalidOperationException("a bug") : Task.CompletedTask;
    }

    [Workflow]
    public sealed class CountdownWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(int left)
        {
            await Workflow.DelayAsync(1);
            return left == 0 ? "lift-off" : throw Workflow.CreateContinueAsNewException((CountdownWorkflow wf) => wf.RunAsync(left - 1));
        }
    }

    [Workflow]
    public sealed class FailingWorkflow
    {
        [WorkflowRun]
        public Task RunAsync() => throw new ApplicationFailureException("child failed");
    }

    [Workflow]
    public sealed class ParentWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(string mode)
        {
            if (mode == "failure")
            {
                try
                {
                    await Workflow.ExecuteChildWorkflowAsync((FailingWorkflow wf) => wf.RunAsync());
                    return "impossible";
                }
                catch (ChildWorkflowFailureException e)
                {
                    return $"{e.InnerException!.GetType().Name}: {e.InnerException.Message}";
                }
            }

            var child = await Workflow.StartChildWorkflowAsync(
                (NotebookWorkflow wf) => wf.RunAsync("first"), new() { ParentClosePolicy = ParentClosePolicy.Abandon });
            await child.SignalAsync(wf => wf.NoteAsync("from parent"));
            await Workflow.GetExternalWorkflowHandle<NotebookWorkflow>(child.Id).SignalAsync(wf => wf.CloseAsync());
            return "child: " + string.Join(',', await child.GetResultAsync());
        }
    }

    [Workflow]
    public sealed class AccountWorkflow
    {
        private int _balance;
        private bool _closed;

        [WorkflowRun]
        public async Task<int> RunAsync()
        {
            await Workflow.WaitConditionAsync(() => _closed && Workflow.AllHandlersFinished);
            return _balance;
        }

        [WorkflowUpdate]
        public async Task<int> DepositAsync(int amount)
        {
            await Workflow.DelayAsync(10);
            return _balance += amount;
        }

        [WorkflowUpdateValidator(nameof(DepositAsync))]
        public void ValidateDeposit(int amount)
        {
            if (amount <= 0)
            {
                throw new ApplicationFailureException("not positive");
            }
        }

        [WorkflowSignal]
        public Task CloseAsync()
        {
            _closed = true;
            return Task.CompletedTask;
        }
    }

    [Workflow]
    public sealed class InfoWorkflow
    {
        [WorkflowRun]
        public Task<string> RunAsync()
        {
            var kept = Workflow.Memo.TryGetValue("kept", out var raw) ? Workflow.PayloadConverter.ToValue<int>(raw) : 0;
            Workflow.UpsertMemo(MemoUpdate.ValueSet("added", "new"), MemoUpdate.ValueUnset("dropped"));
            return Task.FromResult($"{Workflow.Info.WorkflowId} {Workflow.Info.TaskQueue} {Workflow.Info.WorkflowType} {kept}");
        }
    }

    [Workflow]
    public sealed class MutexWorkflow
    {
        private readonly Temporalio.Workflows.Mutex _mutex = new();
        private string _trace = string.Empty;

        [WorkflowRun]
        public async Task<string> RunAsync()
        {
            await Workflow.WhenAllAsync(Enumerable.Range(1, 3).Select(i => Workflow.RunTaskAsync(async () =>
            {
                await _mutex.WaitOneAsync();
                try
                {
                    _trace += $"+{i}";
                    await Workflow.DelayAsync(10);
                    _trace += $"-{i}";
                }
                finally
                {
                    _mutex.ReleaseMutex();
                }
            })));
            return _trace;
        }
    }

    [Workflow]
    public sealed class TickingWorkflow
    {
        [WorkflowQuery]
        public int Ticks { get; private set; }

        [WorkflowRun]
        public async Task<int> RunAsync(int count)
        {
            while (Ticks < count)
            {
                await Workflow.DelayAsync(1);
                Ticks++;
            }

            return Ticks;
        }
    }
}
