using Google.Protobuf;
using TemporalServer.Machine;
using TemporalServer.Storage;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    private static string NewId() => Guid.NewGuid().ToString();

    private Run Adopt(StoredRun stored) => new(stored.Seq, new WorkflowMachine(stored.State, NewId));

    private void RequireNamespace(string ns)
    {
        if (ns.Length == 0)
        {
            throw Errors.Invalid("Namespace is not set on request.");
        }

        if (!HasNamespace(ns))
        {
            throw Errors.NamespaceNotFound(ns);
        }
    }

    /// <summary>A call that carries a task's token need not name the namespace; when it does, it must be the task's.</summary>
    private void RequireTokenNamespace(string ns, Run run)
    {
        if (ns.Length > 0 && ns != run.State.Namespace)
        {
            RequireNamespace(ns);
            throw Errors.Invalid("Operation requested with a token from a different namespace.");
        }
    }

    private bool HasNamespace(string ns) => _options.Namespaces.Contains(ns, StringComparer.Ordinal);

    /// <summary>The latest run of a workflow id, open or closed.</summary>
    private Run? FindCurrent(string ns, string workflowId)
    {
        if (_current.TryGetValue((ns, workflowId), out var run))
        {
            return run;
        }

        return _database.LoadLatest(ns, workflowId) is { } stored && !IsDeleted(stored.State.RunId) ? Adopt(stored) : null;
    }

    /// <summary>True when a run was deleted and only the disk does not know yet.</summary>
    private bool IsDeleted(string runId) => _batch.Deleted.Contains(runId) || _writing?.Deleted.Contains(runId) == true;

    /// <summary>The run an execution names: exactly that run, or the latest when it names none.</summary>
    private Run? Find(string ns, string workflowId, string runId)
    {
        if (runId.Length == 0)
        {
            return FindCurrent(ns, workflowId);
        }

        var run = IsDeleted(runId) ? null : _runs.TryGetValue(runId, out var known) ? known : _database.Load(runId) is { } stored ? Adopt(stored) : null;
        return run is not null && run.State.Namespace == ns && run.State.WorkflowId == workflowId ? run : null;
    }

    private Run Get(string ns, WorkflowExecution? execution)
    {
        RequireNamespace(ns);
        if (execution is null)
        {
            throw Errors.Invalid("Execution is not set on request.");
        }

        Require.Length("WorkflowId", execution.WorkflowId);
        if (execution.WorkflowId.Length == 0)
        {
            throw Errors.Invalid("WorkflowId is not set on request.");
        }

        if (execution.RunId.Length > 0 && !Guid.TryParse(execution.RunId, out _))
        {
            throw Errors.Invalid("Invalid RunId.");
        }

        return Find(ns, execution.WorkflowId, execution.RunId) ?? throw Errors.WorkflowNotFound(execution);
    }

    private Run GetOpen(string ns, WorkflowExecution? execution)
    {
        var run = Get(ns, execution);
        return run.Machine.IsRunning ? run : throw Errors.Closed();
    }

    private List<HistoryEvent> EventsOf(Run run)
    {
        if (run.Events is null)
        {
            var events = _database.LoadEvents(run.State.RunId);

            // What is not on disk yet follows what is.
            foreach (var batch in (Batch?[])[_writing, _batch])
            {
                if (batch is not null && batch.Runs.TryGetValue(run, out var more))
                {
                    events.AddRange(more.Where(e => e.EventId > events.Count));
                }
            }

            run.Events = events;
        }

        return run.Events;
    }

    private Run Register(WorkflowMachine machine)
    {
        var run = new Run(++_seq, machine) { Events = [] };
        _runs[machine.State.RunId] = run;
        _current[(machine.State.Namespace, machine.State.WorkflowId)] = run;
        Touch(run);
        return run;
    }

    private static TaskToken ParseTaskToken(ByteString bytes)
    {
        var token = ParseToken(bytes, TaskToken.Parser, "the task token");
        return token.RunId.Length > 0 ? token : throw Errors.Invalid("Invalid TaskToken.");
    }

    private static T ParseToken<T>(ByteString token, MessageParser<T> parser, string what)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(token);
        }
        catch (InvalidProtocolBufferException)
        {
            throw Errors.Invalid($"{what} is malformed");
        }
    }
}
