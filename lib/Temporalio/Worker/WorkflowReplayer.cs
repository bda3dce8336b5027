using System.Runtime.CompilerServices;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Enums;

namespace Temporalio.Worker;

/// <summary>Replays recorded histories with the present code, to find out before a deployment whether they still fit.</summary>
public class WorkflowReplayer
{
    private readonly WorkflowDefinitions _definitions;

    /// <summary>Creates a replayer.</summary>
    /// <param name="options">At least one workflow.</param>
    /// <exception cref="ArgumentException">There is no workflow, or two of one name.</exception>
    public WorkflowReplayer(WorkflowReplayerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = (WorkflowReplayerOptions)options.Clone();
        _definitions = new(Options.Workflows);
        if (Options.Workflows.Count == 0)
        {
            throw new ArgumentException("A replayer needs at least one workflow.", nameof(options));
        }
    }

    /// <summary>Options in use.</summary>
    public WorkflowReplayerOptions Options { get; private init; }

    /// <summary>Replays one history.</summary>
    /// <param name="history">The history.</param>
    /// <param name="throwOnReplayFailure">Throw when it does not fit, instead of returning why.</param>
    /// <param name="cancellationToken">Gives up between histories.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="WorkflowNondeterminismException">The code issues other commands than the recorded ones.</exception>
    /// <exception cref="InvalidWorkflowOperationException">A workflow task fails.</exception>
    public async Task<WorkflowReplayResult> ReplayWorkflowAsync(
        WorkflowHistory history, bool throwOnReplayFailure = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(history);
        cancellationToken.ThrowIfCancellationRequested();
        var failure = await ReplayAsync(history);
        return failure is not null && throwOnReplayFailure ? throw failure : new(history, failure);
    }

    /// <summary>Replays many histories.</summary>
    /// <param name="histories">The histories.</param>
    /// <param name="throwOnReplayFailure">Throw at the first that does not fit.</param>
    /// <param name="cancellationToken">Gives up between histories.</param>
    /// <returns>How each ended, in order.</returns>
    public async Task<IEnumerable<WorkflowReplayResult>> ReplayWorkflowsAsync(
        IEnumerable<WorkflowHistory> histories, bool throwOnReplayFailure = false, CancellationToken cancellationToken = default)
    {
        var results = new List<WorkflowReplayResult>();
        foreach (var history in histories)
        {
            results.Add(await ReplayWorkflowAsync(history, throwOnReplayFailure, cancellationToken));
        }

        return results;
    }

    /// <summary>Replays many histories as they come.</summary>
    /// <param name="histories">The histories.</param>
    /// <param name="throwOnReplayFailure">Throw at the first that does not fit.</param>
    /// <param name="cancellationToken">Gives up between histories.</param>
    /// <returns>How each ended, in order.</returns>
    public async IAsyncEnumerable<WorkflowReplayResult> ReplayWorkflowsAsync(
        IAsyncEnumerable<WorkflowHistory> histories,
        bool throwOnReplayFailure = false,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var history in histories.WithCancellation(cancellationToken))
        {
            yield return await ReplayWorkflowAsync(history, throwOnReplayFailure, cancellationToken);
        }
    }

    private async Task<Exception?> ReplayAsync(WorkflowHistory history)
    {
        try
        {
            if (history.Events.FirstOrDefault() is not { EventType: EventType.WorkflowExecutionStarted } first)
            {
                return new InvalidWorkflowOperationException("The history does not begin with WorkflowExecutionStarted.");
            }

            // Decoding changes events in place; the caller's history stays as it is.
            var events = Options.DataConverter.PayloadCodec is null ? history.Events.ToList() : history.Events.Select(e => e.Clone()).ToList();
            foreach (var e in events)
            {
                await Options.DataConverter.PayloadCodec.DecodeAsync(e);
            }

            var run = new WorkflowRun(
                Options.Namespace,
                history.Id,
                first.WorkflowExecutionStartedEventAttributes.OriginalExecutionRunId,
                _definitions.Find,
                Options.DataConverter,
                Options.WorkflowFailureExceptionTypes ?? [],
                Options.LoggerFactory,
                Options.Interceptors ?? [],
                watchEscapes: !Options.DisableWorkflowTracingEventListener);
            await EscapeListener.AcquireAsync();
            try
            {
                await Task.Run(() => run.Process(events));
            }
            finally
            {
                EscapeListener.Release();
            }

            return null;
        }
        catch (InvalidWorkflowOperationException e)
        {
            return e;
        }
        catch (Exception e)
        {
            return new InvalidWorkflowOperationException($"A workflow task failed: {e.Message}", e);
        }
    }
}
