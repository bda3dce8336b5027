using System.Runtime.ExceptionServices;

namespace Temporalio.Worker;

/// <content>The scheduler's queue and the loop that works it off.</content>
internal sealed partial class WorkflowInstance
{
    private readonly LinkedList<Task> _queue = new();
    private readonly LinkedList<(Func<bool> Check, TaskCompletionSource Source)> _conditions = new();

    public override int MaximumConcurrencyLevel => 1;

    protected override IEnumerable<Task>? GetScheduledTasks() => [.. _queue];

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override void QueueTask(Task task)
    {
        if (_watch is { IsForeignThread: true })
        {
            // It will not run: the task fails and the run is made again.
            _watch.OnForeignStep();
            return;
        }

        lock (_queue)
        {
            _queue.AddLast(task);
        }
    }

    protected override bool TryDequeue(Task task)
    {
        lock (_queue)
        {
            return _queue.Remove(task);
        }
    }

    private Task? NextTask()
    {
        // Only with the watch turned off may another thread come in between.
        lock (_queue)
        {
            var next = _queue.First?.Value;
            if (next is not null)
            {
                _queue.RemoveFirst();
            }

            return next;
        }
    }

    private void RunJobs(List<WorkflowJob> jobs)
    {
        var previous = SynchronizationContext.Current;
        using var session = _watch?.Enter();
        try
        {
            // Continuations must come back to this scheduler and nowhere else.
            SynchronizationContext.SetSynchronizationContext(null);
            if (_legacyLoop)
            {
                RunLegacy(jobs);
                return;
            }

            Enqueue(() => jobs.ForEach(job => job.Apply()));
            if (!_mainStarted)
            {
                Enqueue(StartMain);
            }

            RunLoop(checkConditions: true);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(previous);
        }
    }

    /// <summary>
    /// The event loop of .NET workers before 1.6, kept for replaying what they recorded: the scheduler runs after each job, the main
    /// method starts after the signals, and all conditions that hold are resolved together.
    /// </summary>
    private void RunLegacy(List<WorkflowJob> jobs)
    {
        Enqueue(() => jobs.Where(j => j.Rank == WorkflowJobRank.Initialize).ToList().ForEach(j => j.Apply()));
        RunLoop(checkConditions: false);
        foreach (var job in jobs.Where(j => j.Rank is > WorkflowJobRank.Initialize and <= WorkflowJobRank.SignalOrUpdate))
        {
            Enqueue(job.Apply);
            RunLoop(checkConditions: job.Rank != WorkflowJobRank.Patch);
        }

        if (!_mainStarted)
        {
            Enqueue(StartMain);
            RunLoop(checkConditions: true);
        }

        foreach (var job in jobs.Where(j => j.Rank > WorkflowJobRank.SignalOrUpdate))
        {
            Enqueue(job.Apply);
            RunLoop(checkConditions: true);
        }
    }

    private void RunLoop(bool checkConditions)
    {
        do
        {
            Drain();
            if (checkConditions && _conditions.Count > 0)
            {
                CheckConditions();
            }
        }
        while (_queue.Count > 0);
    }

    private void Drain()
    {
        while (NextTask() is { } task)
        {
            TryExecuteTask(task);
            if ((_watch?.Escape ?? _taskFailure) is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }
    }

    private void CheckConditions()
    {
        // A task of its own, so that conditions see the workflow's context; it queues nothing but what it resolves.
        var check = new Task(() =>
        {
            for (var node = _conditions.First; node is not null; node = node.Next)
            {
                if (!node.Value.Source.Task.IsCompleted && node.Value.Check())
                {
                    node.Value.Source.TrySetResult();
                    if (!_legacyLoop)
                    {
                        break;
                    }
                }
            }
        });
        check.Start(this);
        TryDequeue(check);
        TryExecuteTask(check);
        if (check.Exception is { } e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
        }
    }

    /// <summary>Queues a step whose failure fails the task.</summary>
    private void Enqueue(Action step) => new Task(() =>
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            _taskFailure ??= e;
        }
    }).Start(this);

    private Task EnqueueAsync(Func<Task> step) =>
        Task.Factory.StartNew(step, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

    private Task<T> EnqueueAsync<T>(Func<Task<T>> step) =>
        Task.Factory.StartNew(step, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();
}
