using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Temporalio.Api.Protocol.V1;
using Temporalio.Api.Update.V1;

namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    private const string RequestSuffix = "/request";
    private const WorkflowTaskFailedCause BadMessage = WorkflowTaskFailedCause.BadUpdateWorkflowExecutionMessage;
    private Dictionary<string, PendingUpdate> _updates = new(StringComparer.Ordinal);

    /// <summary>Updates that wait for their outcome.</summary>
    public int InFlightUpdates => _updates.Count + State.Updates.Values.Count(u => u.Outcome is null);

    /// <summary>Bytes of the updates that no worker has accepted yet.</summary>
    public long InFlightUpdateBytes => _updates.Values.Sum(u => (long)u.Request.CalculateSize());

    /// <summary>Updates the run has taken in all; rejected ones do not count.</summary>
    public int TotalUpdates => _updates.Count + State.Updates.Count;

    private bool HasAdmittedUpdates => _updates.Values.Any(u => u.Stage == UpdateStage.Admitted);

    /// <summary>Where an update stands; null when it is unknown.</summary>
    public (UpdateStage Stage, Outcome? Outcome)? FindUpdate(string updateId)
    {
        if (State.Updates.TryGetValue(updateId, out var known))
        {
            var stage = known switch
            {
                { Outcome: not null } => UpdateStage.Completed,
                { AcceptedEventId: 0 } => UpdateStage.Admitted,
                _ => UpdateStage.Accepted,
            };
            return (stage, known.Outcome);
        }

        return _updates.TryGetValue(updateId, out var pending) ? (pending.Stage, null) : null;
    }

    /// <summary>Takes an update in and makes sure that a worker will see it.</summary>
    public void AdmitUpdate(Request request, DateTimeOffset now)
    {
        _updates[request.Meta.UpdateId] = new PendingUpdate(request, UpdateStage.Admitted);
        if (!IsTaskStarted)
        {
            EnsureWorkflowTask(now);
        }
    }

    /// <summary>The messages that go with the task just started.</summary>
    public IReadOnlyList<Message> TakeMessages()
    {
        var messages = new List<Message>();
        foreach (var (id, update) in _updates.ToList())
        {
            _updates[id] = update with { Stage = UpdateStage.Sent };
            messages.Add(new Message
            {
                Id = id + RequestSuffix,
                ProtocolInstanceId = id,
                EventId = State.Task.StartedEventId - 1,
                Body = Any.Pack(update.Request),
            });
        }

        return messages;
    }

    private static T Unpack<T>(Message message)
        where T : IMessage<T>, new()
    {
        try
        {
            return message.Body.Unpack<T>();
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new CommandRejectedException(BadMessage, $"message '{message.Id}' does not parse as {typeof(T).Name}: {e.Message}");
        }
    }

    private void Apply(Message message, DateTimeOffset now)
    {
        var id = message.ProtocolInstanceId;
        var body = message.Body ?? throw new CommandRejectedException(BadMessage, $"message '{message.Id}' has no body");
        if (body.Is(Acceptance.Descriptor))
        {
            Accept(id, Unpack<Acceptance>(message), now);
        }
        else if (body.Is(Response.Descriptor))
        {
            Finish(id, Unpack<Response>(message), now);
        }
        else if (body.Is(Rejection.Descriptor))
        {
            Reject(id, Unpack<Rejection>(message));
        }
        else
        {
            throw new CommandRejectedException(BadMessage, $"message '{message.Id}' has the unknown type {body.TypeUrl}");
        }
    }

    private void Accept(string id, Acceptance acceptance, DateTimeOffset now)
    {
        // After a restart of the server the request may be known only to the worker. One that a reset carried over is in the history.
        var admitted = State.Updates.TryGetValue(id, out var known) && known.AcceptedEventId == 0;
        var request = admitted ? null : _updates.TryGetValue(id, out var pending) ? pending.Request : acceptance.AcceptedRequest;
        Require(admitted || request is not null, BadMessage, $"update '{id}' is not known");
        Require(admitted || known is null, BadMessage, $"update '{id}' was accepted before");
        var e = NewEvent(EventType.WorkflowExecutionUpdateAccepted, now);
        e.WorkflowExecutionUpdateAcceptedEventAttributes = new WorkflowExecutionUpdateAcceptedEventAttributes
        {
            ProtocolInstanceId = id,
            AcceptedRequestMessageId = acceptance.AcceptedRequestMessageId,
            AcceptedRequestSequencingEventId = acceptance.AcceptedRequestSequencingEventId,
            AcceptedRequest = request,
        };
        _updates.Remove(id);
        known ??= new UpdateState { Name = request!.Input?.Name ?? string.Empty };
        known.AcceptedEventId = Append(e).EventId;
        State.Updates[id] = known;
        _effects.Add(new Effect.UpdateAdvanced(id, UpdateStage.Accepted, null));
    }

    private void Finish(string id, Response response, DateTimeOffset now)
    {
        if (!State.Updates.TryGetValue(id, out var update) || update.AcceptedEventId == 0 || update.Outcome is not null)
        {
            throw new CommandRejectedException(BadMessage, $"update '{id}' is not one that waits for its outcome");
        }

        var e = NewEvent(EventType.WorkflowExecutionUpdateCompleted, now);
        e.WorkflowExecutionUpdateCompletedEventAttributes = new WorkflowExecutionUpdateCompletedEventAttributes
        {
            Meta = response.Meta,
            AcceptedEventId = update.AcceptedEventId,
            Outcome = response.Outcome,
        };
        update.CompletedEventId = Append(e).EventId;
        update.Outcome = response.Outcome;
        _effects.Add(new Effect.UpdateAdvanced(id, UpdateStage.Completed, response.Outcome));
    }

    private void Reject(string id, Rejection rejection)
    {
        if (_updates.Remove(id) || (State.Updates.TryGetValue(id, out var admitted) && admitted.AcceptedEventId == 0 && State.Updates.Remove(id)))
        {
            _effects.Add(new Effect.UpdateAdvanced(id, UpdateStage.Completed, new Outcome { Failure = rejection.Failure }));
        }
    }

    /// <summary>A worker that completes its task without a word on an update will not say one later: its SDK does not know updates.</summary>
    private void RejectUnanswered()
    {
        foreach (var (id, update) in _updates.Where(u => u.Value.Stage == UpdateStage.Sent).ToList())
        {
            _updates.Remove(id);
            var failure = FailureOf.Server($"the worker did not answer update '{update.Request.Input?.Name}'");
            _effects.Add(new Effect.UpdateAdvanced(id, UpdateStage.Completed, new Outcome { Failure = failure }));
        }
    }

    /// <summary>Nothing will complete an update of a closed run.</summary>
    private void AbortUpdates()
    {
        foreach (var (id, update) in State.Updates.Where(u => u.Value.Outcome is null).ToList())
        {
            update.Outcome = new Outcome { Failure = FailureOf.UpdateAborted() };
            _effects.Add(new Effect.UpdateAdvanced(id, UpdateStage.Completed, update.Outcome));
        }

        foreach (var id in _updates.Keys.ToList())
        {
            _updates.Remove(id);
            _effects.Add(new Effect.UpdateAdvanced(id, UpdateStage.Admitted, null));
        }
    }
}
