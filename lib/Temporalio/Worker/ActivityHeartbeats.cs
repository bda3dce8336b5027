using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Service;

namespace Temporalio.Worker;

/// <summary>
/// Sends the heartbeats of one activity, not more often than four fifths of its heartbeat timeout, always the latest details;
/// and learns from the answers whether it should stop.
/// </summary>
internal sealed class ActivityHeartbeats : IAsyncDisposable
{
    private readonly WorkflowService _service;
    private readonly string _identity;
    private readonly PollActivityTaskQueueResponse _task;
    private readonly Action<ActivityCancelReason> _cancel;
    private readonly TimeSpan _interval;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _lock = new();
    private Payloads? _latest;
    private bool _hasLatest;
    private bool _isTaken = true;
    private Task _sending = Task.CompletedTask;

    public ActivityHeartbeats(
        WorkflowService service,
        TemporalWorkerOptions options,
        string identity,
        PollActivityTaskQueueResponse task,
        Action<ActivityCancelReason> cancel)
    {
        (_service, _identity, _task, _cancel) = (service, identity, task, cancel);
        var wanted = task.HeartbeatTimeout.ToTimeSpanOrNull() * 0.8 ?? options.DefaultHeartbeatThrottleInterval;
        _interval = wanted < options.MaxHeartbeatThrottleInterval ? wanted : options.MaxHeartbeatThrottleInterval;
    }

    /// <summary>The latest details, unless the server is known to have them: they go along with a failure.</summary>
    public Payloads? Untaken
    {
        get
        {
            lock (_lock)
            {
                return _isTaken ? null : _latest;
            }
        }
    }

    /// <summary>Takes a heartbeat; sends it now or when the interval has passed.</summary>
    public void Record(object?[] details)
    {
        Payloads? payloads;
        try
        {
            payloads = _service.Converter.PayloadConverter.ToWirePayloads(details);
        }
        catch (Exception)
        {
            _cancel(ActivityCancelReason.HeartbeatRecordFailure);
            throw;
        }

        lock (_lock)
        {
            _latest = payloads;
            _hasLatest = true;
            _isTaken = false;
            if (_sending.IsCompleted && !_stopped.IsCancellationRequested)
            {
                _sending = Task.Run(SendAsync);
            }
        }
    }

    /// <summary>Stops sending and waits for what is on its way.</summary>
    public async Task StopAsync()
    {
        await _stopped.CancelAsync();
        await _sending;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopped.Dispose();
    }

    private async Task SendAsync()
    {
        while (true)
        {
            Payloads? details;
            lock (_lock)
            {
                if (!_hasLatest || _stopped.IsCancellationRequested)
                {
                    // Under the lock, so that the next heartbeat either sees this loop alive or begins another.
                    _sending = Task.CompletedTask;
                    return;
                }

                details = _latest?.Clone();
                _hasLatest = false;
            }

            try
            {
                await _service.Converter.PayloadCodec.EncodeAsync(details);
                var response = await _service.CallAsync(
                    WorkflowServiceMethods.RecordActivityTaskHeartbeat,
                    new() { TaskToken = _task.TaskToken, Namespace = _service.Namespace, Identity = _identity, Details = details },
                    new() { CancellationToken = _stopped.Token });
                lock (_lock)
                {
                    _isTaken = !_hasLatest;
                }

                if (response.CancelRequested)
                {
                    _cancel(ActivityCancelReason.CancelRequested);
                }
                else if (response.ActivityReset)
                {
                    _cancel(ActivityCancelReason.Reset);
                }
                else if (response.ActivityPaused)
                {
                    _cancel(ActivityCancelReason.Paused);
                }

                await Task.Delay(_interval, _stopped.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (RpcException e) when (e.Code == RpcException.StatusCode.NotFound)
            {
                _cancel(ActivityCancelReason.GoneFromServer);
                return;
            }
            catch (RpcException)
            {
                // The next heartbeat tries again; the server's heartbeat timeout is the judge of silence.
            }
            catch (Exception)
            {
                _cancel(ActivityCancelReason.HeartbeatRecordFailure);
                return;
            }
        }
    }
}
