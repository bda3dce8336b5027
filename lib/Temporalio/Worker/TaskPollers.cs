using Microsoft.Extensions.Logging;
using Temporalio.Exceptions;

namespace Temporalio.Worker;

/// <summary>
/// Keeps a number of long polls open and runs what they bring, never more at once than there are slots: a poll takes its slot
/// first, so that no task waits in this process while another worker is idle.
/// </summary>
internal sealed partial class TaskPollers<TTask>(string what, int slots, ILogger logger, Func<Task> onFatal)
    where TTask : class
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>Polls until stopped, then waits for the polls that are open and for what is running.</summary>
    /// <param name="polls">One for each poll that is kept open: asks for a task; null when there was none in time.</param>
    /// <param name="handle">Runs a task; must not throw.</param>
    /// <param name="stop">Ends polling. A poll that is open may still bring a task.</param>
    /// <param name="abandon">Breaks off the polls that are open.</param>
    /// <exception cref="RpcException">The server will never hand out tasks: no such namespace, or not allowed.</exception>
    public async Task RunAsync(
        IEnumerable<Func<CancellationToken, Task<TTask?>>> polls, Func<TTask, Task> handle, CancellationToken stop, CancellationToken abandon)
    {
        using var free = new SemaphoreSlim(slots);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(abandon);
        try
        {
            await Task.WhenAll(polls.Take(slots).Select(poll => PollAsync(poll, handle, free, ended, broken)));
        }
        finally
        {
            // All slots are free again when the last task has ended.
            for (var i = 0; i < slots; i++)
            {
                await free.WaitAsync(CancellationToken.None);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Poll for {What} failed, next try in {Delay}: {Reason}")]
    private static partial void LogPollFailed(ILogger logger, string what, TimeSpan delay, string reason);

    private static bool IsFatal(RpcException e) => e.Code is RpcException.StatusCode.NotFound or RpcException.StatusCode.PermissionDenied
        or RpcException.StatusCode.Unauthenticated or RpcException.StatusCode.InvalidArgument or RpcException.StatusCode.Unimplemented;

    private async Task PollAsync(
        Func<CancellationToken, Task<TTask?>> poll,
        Func<TTask, Task> handle,
        SemaphoreSlim free,
        CancellationTokenSource ended,
        CancellationTokenSource broken)
    {
        var delay = FirstDelay;
        while (!ended.IsCancellationRequested)
        {
            TTask? task = null;
            try
            {
                await free.WaitAsync(ended.Token);
                try
                {
                    task = await poll(broken.Token);
                    delay = FirstDelay;
                }
                finally
                {
                    if (task is null)
                    {
                        free.Release();
                    }
                }
            }
            catch (Exception) when (ended.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException e) when (IsFatal(e))
            {
                await ended.CancelAsync();
                await broken.CancelAsync();
                await onFatal();
                throw;
            }
            catch (RpcException e) when (e.Code == RpcException.StatusCode.DeadlineExceeded)
            {
                // Nothing came in time.
            }
            catch (Exception e)
            {
                // Whatever it was: a poll that ended here would leave a worker that looks alive and takes nothing.
                LogPollFailed(logger, what, delay, e.Message);
                await Task.Delay(delay, ended.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
                delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestDelay.Ticks));
            }

            if (task is not null)
            {
                _ = Task.Run(
                    async () =>
                    {
                        try
                        {
                            await handle(task);
                        }
                        finally
                        {
                            free.Release();
                        }
                    },
                    CancellationToken.None);
            }
        }
    }
}
