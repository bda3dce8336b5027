using Temporalio.Exceptions;

namespace Temporalio.Worker;

/// <summary>
/// Finds out when code of one workflow leaves the workflow's scheduler, and where. Three signs are watched: the thread that runs
/// the workflow hands work to the pool or a timer; the workflow's flow of execution turns up on another thread; another
/// thread queues a step of the workflow.
/// </summary>
internal sealed class EscapeWatch
{
    // The pool takes up queued work in microseconds; a loaded machine is given this much.
    private static readonly TimeSpan ArrivesWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ArrivesAfterOthers = TimeSpan.FromMilliseconds(50);
    private const string WaysOut = "ConfigureAwait(false), I/O or a task of its own";
    private static readonly AsyncLocal<EscapeWatch?> Flow = new(OnFlow);

    [ThreadStatic]
    private static EscapeWatch? _ofThread;

    private readonly object _gate = new();
    private InvalidWorkflowSchedulerException? _escape;
    private bool _suspected;
    private bool _arrived;
    private int _overtaken;
    private int _thread;

    /// <summary>The watch of the workflow whose code this thread runs; null when it runs none, or may leave.</summary>
    public static EscapeWatch? OfThread => _ofThread;

    /// <summary>How the code left; null while it has not.</summary>
    public InvalidWorkflowSchedulerException? Escape => Volatile.Read(ref _escape);

    /// <summary>Whether this thread is another than the one that runs the workflow now.</summary>
    public bool IsForeignThread => Volatile.Read(ref _thread) != Environment.CurrentManagedThreadId;

    /// <summary>What to say to code that uses the workflow's API where there is no workflow.</summary>
    public static Exception NotInWorkflow()
    {
        if (Flow.Value is not { } watch)
        {
            return new InvalidOperationException("Not in a workflow: only code that a workflow's scheduler runs may use the methods of Workflow.");
        }

        var trace = EscapeTrace.Capture();
        return watch.Report($"{trace.Operation} is called on another thread in {trace.Place}, after {WaysOut}", trace);
    }

    /// <summary>Says that this thread runs the workflow's code until the result is disposed.</summary>
    public Session Enter() => new(this);

    /// <summary>Lets the code do what it likes until the result is disposed.</summary>
    public static Session Pause() => new(null);

    /// <summary>Work was handed over by the thread that runs the workflow.</summary>
    public void OnHandOver()
    {
        using (Pause())
        {
            var trace = EscapeTrace.Capture();
            if (trace.IsContinuation)
            {
                // Whose continuation it is shows where it is taken up: somebody outside may wait for what the workflow completes.
                _suspected = true;
                return;
            }

            Report($"{trace.Operation}, called in {trace.Place}, hands work to the thread pool or a timer of .NET", trace);
        }
    }

    /// <summary>Another thread wants to continue the workflow.</summary>
    public void OnForeignStep() => ReportForeign(EscapeTrace.Capture());

    /// <summary>Waits, when there is a suspicion, until it is certain whether the code has left.</summary>
    /// <exception cref="InvalidWorkflowSchedulerException">It has.</exception>
    public void Settle()
    {
        lock (_gate)
        {
            if (_suspected && !_arrived && _escape is null)
            {
                AwaitArrival();
            }

            _suspected = false;
            if (_arrived && _escape is null && !AwaitUntil(() => _escape is not null, ArrivesWithin))
            {
                ReportForeign(EscapeTrace.None);
            }

            if (_escape is { } escape)
            {
                throw escape;
            }
        }
    }

    private static void OnFlow(AsyncLocalValueChangedArgs<EscapeWatch?> change)
    {
        if (change.CurrentValue is { IsForeignThread: true } watch)
        {
            lock (watch._gate)
            {
                watch._arrived = true;
                Monitor.PulseAll(watch._gate);
            }
        }
    }

    /// <summary>What was queued is taken up in order, so once two marks queued behind it have been seen it is under way.</summary>
    private void AwaitArrival()
    {
        _overtaken = 0;
        ThreadPool.UnsafeQueueUserWorkItem(static watch => watch.Overtake(), this, preferLocal: true);
        ThreadPool.UnsafeQueueUserWorkItem(static watch => watch.Overtake(), this, preferLocal: false);
        if (!AwaitUntil(() => _arrived || _escape is not null || _overtaken == 2, ArrivesWithin))
        {
            return;
        }

        AwaitUntil(() => _arrived || _escape is not null, ArrivesAfterOthers);
    }

    private bool AwaitUntil(Func<bool> condition, TimeSpan limit)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            var left = limit - TimeProvider.System.GetElapsedTime(started);
            if (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))
            {
                return condition();
            }
        }

        return true;
    }

    private void Overtake()
    {
        lock (_gate)
        {
            _overtaken++;
            Monitor.PulseAll(_gate);
        }
    }

    private void ReportForeign(EscapeTrace trace) => Report($"{trace.Place} runs on another thread, after {WaysOut}", trace);

    private InvalidWorkflowSchedulerException Report(string what, EscapeTrace trace)
    {
        lock (_gate)
        {
            _escape ??= new(
                $"Workflow code left the workflow's scheduler, and would not do the same in replay: {what}. Wait with the methods of Workflow instead.",
                trace.Text);
            Monitor.PulseAll(_gate);
            return _escape;
        }
    }

    /// <summary>A time in which a thread runs code of a workflow, or may leave.</summary>
    internal readonly struct Session : IDisposable
    {
        private readonly EscapeWatch? _watch;
        private readonly EscapeWatch? _outer;
        private readonly EscapeWatch? _outerFlow;

        public Session(EscapeWatch? watch)
        {
            (_watch, _outer, _outerFlow) = (watch, _ofThread, Flow.Value);
            if (watch is not null)
            {
                Volatile.Write(ref watch._thread, Environment.CurrentManagedThreadId);
            }

            _ofThread = watch;
            Flow.Value = watch;
        }

        public void Dispose()
        {
            _ofThread = _outer;
            Flow.Value = _outerFlow;
            if (_watch is not null)
            {
                Volatile.Write(ref _watch._thread, 0);
            }
        }
    }
}
