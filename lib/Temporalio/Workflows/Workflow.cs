using System.Linq.Expressions;
using Microsoft.Extensions.Logging;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Worker;

namespace Temporalio.Workflows;

/// <summary>
/// What workflow code may use. Works only on the workflow's own scheduler: keep continuations there (no <c>Task.Run</c>, no
/// <c>ConfigureAwait(false)</c>).
/// </summary>
public static class Workflow
{
    /// <summary>Whether no signal or update handler is running.</summary>
    public static bool AllHandlersFinished => Context.AllHandlersFinished;

    /// <summary>Fires when the workflow is asked to cancel.</summary>
    public static CancellationToken CancellationToken => Context.CancellationToken;

    /// <summary>Whether the server suggests to continue as new because the history is long.</summary>
    public static bool ContinueAsNewSuggested => Context.ContinueAsNewSuggested;

    /// <summary>Number of events up to the current task.</summary>
    public static int CurrentHistoryLength => Context.CurrentHistoryLength;

    /// <summary>Size of the history up to the current task, in bytes.</summary>
    public static int CurrentHistorySize => Context.CurrentHistorySize;

    /// <summary>The update whose handler or validator is running; null elsewhere.</summary>
    public static WorkflowUpdateInfo? CurrentUpdateInfo => WorkflowInstance.CurrentUpdateLocal.Value;

    /// <summary>What is known about the run.</summary>
    public static WorkflowInfo Info => Context.Info;

    /// <summary>The workflow object.</summary>
    public static object Instance => Context.Instance;

    /// <summary>Whether this code runs in a workflow.</summary>
    public static bool InWorkflow => TaskScheduler.Current is WorkflowInstance;

    /// <summary>Logger that is silent during replay.</summary>
    public static ILogger Logger => Context.Logger;

    /// <summary>Memo values.</summary>
    public static IReadOnlyDictionary<string, IRawValue> Memo => Context.Memo;

    /// <summary>Converter in use.</summary>
    public static IPayloadConverter PayloadConverter => Context.PayloadConverter;

    /// <summary>Random numbers that replay draws again.</summary>
    public static DeterministicRandom Random => Context.Random;

    /// <summary>Search attributes.</summary>
    public static SearchAttributeCollection TypedSearchAttributes => Context.TypedSearchAttributes;

    /// <summary>Time of the current workflow task.</summary>
    public static DateTime UtcNow => Context.UtcNow;

    private static WorkflowInstance Context => TaskScheduler.Current as WorkflowInstance ?? throw EscapeWatch.NotInWorkflow();

    /// <summary>Makes the exception that, thrown from the main method, goes on in a new run.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">What changes.</param>
    /// <returns>The exception to throw.</returns>
    public static ContinueAsNewException CreateContinueAsNewException<TWorkflow, TResult>(
        Expression<Func<TWorkflow, Task<TResult>>> workflowRunCall, ContinueAsNewOptions? options = null)
    {
        var (name, args) = Calls.OfWorkflow(typeof(TWorkflow), workflowRunCall);
        return CreateContinueAsNewException(name, args, options);
    }

    /// <summary>Makes the exception that, thrown from the main method, goes on in a new run.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">What changes.</param>
    /// <returns>The exception to throw.</returns>
    public static ContinueAsNewException CreateContinueAsNewException<TWorkflow>(
        Expression<Func<TWorkflow, Task>> workflowRunCall, ContinueAsNewOptions? options = null)
    {
        var (name, args) = Calls.OfWorkflow(typeof(TWorkflow), workflowRunCall);
        return CreateContinueAsNewException(name, args, options);
    }

    /// <summary>Makes the exception that, thrown from the main method, goes on in a new run.</summary>
    /// <param name="workflow">Workflow type name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">What changes.</param>
    /// <returns>The exception to throw.</returns>
    public static ContinueAsNewException CreateContinueAsNewException(
        string workflow, IReadOnlyCollection<object?> args, ContinueAsNewOptions? options = null) =>
        Context.Outbound.CreateContinueAsNewException(new(workflow, args, options, null));

    /// <summary>Waits.</summary>
    /// <param name="millisecondsDelay">Milliseconds; -1 waits until cancelled, 0 is 1.</param>
    /// <param name="cancellationToken">Cancels the delay; the workflow's own token when null.</param>
    /// <returns>Completes after the delay.</returns>
    public static Task DelayAsync(int millisecondsDelay, CancellationToken? cancellationToken = null) =>
        DelayAsync(TimeSpan.FromMilliseconds(millisecondsDelay), cancellationToken);

    /// <summary>Waits.</summary>
    /// <param name="delay">How long; infinite waits until cancelled, 0 is one millisecond.</param>
    /// <param name="cancellationToken">Cancels the delay; the workflow's own token when null.</param>
    /// <returns>Completes after the delay.</returns>
    public static Task DelayAsync(TimeSpan delay, CancellationToken? cancellationToken = null) =>
        DelayWithOptionsAsync(new(delay, cancellationToken: cancellationToken));

    /// <summary>Waits.</summary>
    /// <param name="options">How long.</param>
    /// <returns>Completes after the delay.</returns>
    public static Task DelayWithOptionsAsync(DelayOptions options) =>
        Context.Outbound.DelayAsync(new(options.Delay, options.CancellationToken, options.Summary));

    /// <summary>Says that no history without this patch is left, before the call is removed altogether.</summary>
    /// <param name="patchId">Patch id.</param>
    public static void DeprecatePatch(string patchId) => Context.Patch(patchId, true);

    /// <summary>Whether the code path of a patch is to be taken: always in new runs, and in replay when the history took it.</summary>
    /// <param name="patchId">Patch id.</param>
    /// <returns>Whether to take it.</returns>
    public static bool Patched(string patchId) => Context.Patch(patchId, false);

    /// <summary>Runs an activity.</summary>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="activityCall">Call of the activity method.</param>
    /// <param name="options">Timeouts and retries.</param>
    /// <returns>Completes with the activity.</returns>
    /// <exception cref="Exceptions.ActivityFailureException">The activity failed for good, or was cancelled.</exception>
    public static Task<TResult> ExecuteActivityAsync<TResult>(Expression<Func<TResult>> activityCall, ActivityOptions options)
    {
        var (name, args) = Calls.OfActivity(activityCall);
        return ExecuteActivityAsync<TResult>(name, args, options);
    }

    /// <summary>Runs an activity.</summary>
    /// <param name="activityCall">Call of the activity method.</param>
    /// <param name="options">Timeouts and retries.</param>
    /// <returns>Completes with the activity.</returns>
    /// <exception cref="Exceptions.ActivityFailureException">The activity failed for good, or was cancelled.</exception>
    public static Task ExecuteActivityAsync(Expression<Action> activityCall, ActivityOptions options)
    {
        var (name, args) = Calls.OfActivity(activityCall);
        return ExecuteActivityAsync(name, args, options);
    }

    /// <summary>Runs an activity.</summary>
    /// <typeparam name="TActivityInstance">Type that has the activity method.</typeparam>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="activityCall">Call of the activity method.</param>
    /// <param name="options">Timeouts and retries.</param>
    /// <returns>Completes with the activity.</returns>
    /// <exception cref="Exceptions.ActivityFailureException">The activity failed for good, or was cancelled.</exception>
    public static Task<TResult> ExecuteActivityAsync<TActivityInstance, TResult>(Expression<Func<TActivityInstance, TResult>> activityCall, ActivityOptions options)
    {
        var (name, args) = Calls.OfActivity(activityCall);
        return ExecuteActivityAsync<TResult>(name, args, options);
    }

    /// <summary>Runs an activity.</summary>
    /// <typeparam name="TActivityInstance">Type that has the activity method.</typeparam>
    /// <param name="activityCall">Call of the activity method.</param>
    /// <param name="options">Timeouts and retries.</param>
    /// <returns>Completes with the activity.</returns>
    /// <exception cref="Exceptions.ActivityFailureException">The activity failed for good, or was cancelled.</exception>
    public static Task ExecuteActivityAsync<TActivityInstance>(Expression<Action<TActivityInstance>> activityCall, ActivityOptions options)
    {
        var (name, args) = Calls.OfActivity(activityCall);
        return ExecuteActivityAsync(name, args, options);
    }

    /// <summary>Runs an activity.</summary>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="activityCall">Call of the activity method.</param>
    /// <param name="options">Timeouts and retries.</param>
    /// <returns>Completes with the activity.</returns>
    /// <exception cref="Exceptions.ActivityFailureException">The activity failed for good, or was cancelled.</exception>
    public static Task<TResult> ExecuteActivityAsync<TResult>(Expression<Func<Task<TResult>>> activityCall, ActivityOptions options)
    {
        var (name, args) = Calls.OfActivity(activityCall);
        return ExecuteActivityAsync<TResult>(name, args, options);
    }

    /// <summary>Runs an activity.</summary>
    /// <param name="activityCall">Call of the activity method.</param>
    /// <param name="options">Timeouts and retries.</param>
    /// <returns>Completes with the activity.</returns>
    /// <exception cref="Exceptions.ActivityFailureException">The activity failed for good, or was cancelled.</exception>
    public static Task ExecuteActivityAsync(Expression<Func<Task>> activityCall, ActivityOptions options)
    {
        var (name, args) = Calls.OfActivity(activityCall);
        return ExecuteActivityAsync(name, args, options);
    }

    /// <summary>Runs an activity.</summary>
    /// <typeparam name="TActivityInstance">Type that has the activity method.</typeparam>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="activityCall">Call of the activity method.</param>
    /// <param name="options">Timeouts and retries.</param>
    /// <returns>Completes with the activity.</returns>
    /// <exception cref="Exceptions.ActivityFailureException">The activity failed for good, or was cancelled.</exception>
    public static Task<TResult> ExecuteActivityAsync<TActivityInstance, TResult>(Expression<Func<TActivityInstance, Task<TResult>>> activityCall, ActivityOptions options)
    {
        var (name, args) = Calls.OfActivity(activityCall);
        return ExecuteActivityAsync<TResult>(name, args, options);
    }

    /// <summary>Runs an activity.</summary>
    /// <typeparam name="TActivityInstance">Type that has the activity method.</typeparam>
    /// <param name="activityCall">Call of the activity method.</param>
    /// <param name="options">Timeouts and retries.</param>
    /// <returns>Completes with the activity.</returns>
    /// <exception cref="Exceptions.ActivityFailureException">The activity failed for good, or was cancelled.</exception>
    public static Task ExecuteActivityAsync<TActivityInstance>(Expression<Func<TActivityInstance, Task>> activityCall, ActivityOptions options)
    {
        var (name, args) = Calls.OfActivity(activityCall);
        return ExecuteActivityAsync(name, args, options);
    }

    /// <summary>Runs an activity.</summary>
    /// <param name="activity">Activity name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Timeouts and retries.</param>
    /// <returns>Completes with the activity.</returns>
    /// <exception cref="Exceptions.ActivityFailureException">The activity failed for good, or was cancelled.</exception>
    public static Task ExecuteActivityAsync(string activity, IReadOnlyCollection<object?> args, ActivityOptions options) =>
        Context.Outbound.ScheduleActivityAsync<ValueTuple>(new(activity, args, options, null));

    /// <summary>Runs an activity.</summary>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="activity">Activity name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Timeouts and retries.</param>
    /// <returns>Completes with the activity.</returns>
    /// <exception cref="Exceptions.ActivityFailureException">The activity failed for good, or was cancelled.</exception>
    public static Task<TResult> ExecuteActivityAsync<TResult>(
        string activity, IReadOnlyCollection<object?> args, ActivityOptions options) =>
        Context.Outbound.ScheduleActivityAsync<TResult>(new(activity, args, options, null));

    /// <summary>Runs a child workflow to its end.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">Options.</param>
    /// <returns>The result.</returns>
    /// <exception cref="Exceptions.ChildWorkflowFailureException">The child did not complete.</exception>
    /// <exception cref="Exceptions.WorkflowAlreadyStartedException">The id is in use.</exception>
    public static async Task<TResult> ExecuteChildWorkflowAsync<TWorkflow, TResult>(
        Expression<Func<TWorkflow, Task<TResult>>> workflowRunCall, ChildWorkflowOptions? options = null) =>
        await (await StartChildWorkflowAsync(workflowRunCall, options)).GetResultAsync();

    /// <summary>Runs a child workflow to its end.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes with the child.</returns>
    /// <exception cref="Exceptions.ChildWorkflowFailureException">The child did not complete.</exception>
    /// <exception cref="Exceptions.WorkflowAlreadyStartedException">The id is in use.</exception>
    public static async Task ExecuteChildWorkflowAsync<TWorkflow>(
        Expression<Func<TWorkflow, Task>> workflowRunCall, ChildWorkflowOptions? options = null) =>
        await (await StartChildWorkflowAsync(workflowRunCall, options)).GetResultAsync();

    /// <summary>Runs a child workflow to its end.</summary>
    /// <param name="workflow">Workflow type name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes with the child.</returns>
    /// <exception cref="Exceptions.ChildWorkflowFailureException">The child did not complete.</exception>
    /// <exception cref="Exceptions.WorkflowAlreadyStartedException">The id is in use.</exception>
    public static async Task ExecuteChildWorkflowAsync(
        string workflow, IReadOnlyCollection<object?> args, ChildWorkflowOptions? options = null) =>
        await (await StartChildWorkflowAsync(workflow, args, options)).GetResultAsync();

    /// <summary>Runs a child workflow to its end.</summary>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="workflow">Workflow type name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Options.</param>
    /// <returns>The result.</returns>
    /// <exception cref="Exceptions.ChildWorkflowFailureException">The child did not complete.</exception>
    /// <exception cref="Exceptions.WorkflowAlreadyStartedException">The id is in use.</exception>
    public static async Task<TResult> ExecuteChildWorkflowAsync<TResult>(
        string workflow, IReadOnlyCollection<object?> args, ChildWorkflowOptions? options = null) =>
        await (await StartChildWorkflowAsync(workflow, args, options)).GetResultAsync<TResult>();

    /// <summary>Handle of another workflow.</summary>
    /// <param name="id">Workflow id.</param>
    /// <param name="runId">Run; null for the current one.</param>
    /// <returns>The handle.</returns>
    public static ExternalWorkflowHandle GetExternalWorkflowHandle(string id, string? runId = null) =>
        GetExternalWorkflowHandle<ValueTuple>(id, runId);

    /// <summary>Handle of another workflow.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="id">Workflow id.</param>
    /// <param name="runId">Run; null for the current one.</param>
    /// <returns>The handle.</returns>
    public static ExternalWorkflowHandle<TWorkflow> GetExternalWorkflowHandle<TWorkflow>(string id, string? runId = null) =>
        new ExternalWorkflowHandleImpl<TWorkflow>(Context, id, runId);

    /// <summary>A new id that replay makes again.</summary>
    /// <returns>The id.</returns>
    public static Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Context.Random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new(bytes, bigEndian: true);
    }

    /// <summary>Runs a function beside the caller, on the workflow's scheduler.</summary>
    /// <param name="function">What to run.</param>
    /// <param name="cancellationToken">Keeps it from starting; the workflow's own token when null.</param>
    /// <returns>Completes with the function.</returns>
    public static Task RunTaskAsync(Func<Task> function, CancellationToken? cancellationToken = null) =>
        Task.Factory.StartNew(
            function, cancellationToken ?? CancellationToken, TaskCreationOptions.None, Context).Unwrap();

    /// <summary>Runs a function beside the caller, on the workflow's scheduler.</summary>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="function">What to run.</param>
    /// <param name="cancellationToken">Keeps it from starting; the workflow's own token when null.</param>
    /// <returns>Completes with the function.</returns>
    public static Task<TResult> RunTaskAsync<TResult>(Func<Task<TResult>> function, CancellationToken? cancellationToken = null) =>
        Task.Factory.StartNew(
            function, cancellationToken ?? CancellationToken, TaskCreationOptions.None, Context).Unwrap();

    /// <summary>Starts a child workflow.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">Options.</param>
    /// <returns>Handle, once the child has started.</returns>
    /// <exception cref="Exceptions.WorkflowAlreadyStartedException">The id is in use.</exception>
    public static Task<ChildWorkflowHandle<TWorkflow, TResult>> StartChildWorkflowAsync<TWorkflow, TResult>(
        Expression<Func<TWorkflow, Task<TResult>>> workflowRunCall, ChildWorkflowOptions? options = null)
    {
        var (name, args) = Calls.OfWorkflow(typeof(TWorkflow), workflowRunCall);
        return Context.Outbound.StartChildWorkflowAsync<TWorkflow, TResult>(new(name, args, options ?? new(), null));
    }

    /// <summary>Starts a child workflow.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">Options.</param>
    /// <returns>Handle, once the child has started.</returns>
    /// <exception cref="Exceptions.WorkflowAlreadyStartedException">The id is in use.</exception>
    public static async Task<ChildWorkflowHandle<TWorkflow>> StartChildWorkflowAsync<TWorkflow>(
        Expression<Func<TWorkflow, Task>> workflowRunCall, ChildWorkflowOptions? options = null)
    {
        var (name, args) = Calls.OfWorkflow(typeof(TWorkflow), workflowRunCall);
        return await Context.Outbound.StartChildWorkflowAsync<TWorkflow, ValueTuple>(new(name, args, options ?? new(), null));
    }

    /// <summary>Starts a child workflow.</summary>
    /// <param name="workflow">Workflow type name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Options.</param>
    /// <returns>Handle, once the child has started.</returns>
    /// <exception cref="Exceptions.WorkflowAlreadyStartedException">The id is in use.</exception>
    public static async Task<ChildWorkflowHandle> StartChildWorkflowAsync(
        string workflow, IReadOnlyCollection<object?> args, ChildWorkflowOptions? options = null) =>
        await Context.Outbound.StartChildWorkflowAsync<ValueTuple, ValueTuple>(new(workflow, args, options ?? new(), null));

    /// <summary>Changes memo values.</summary>
    /// <param name="updates">Changes; at least one.</param>
    public static void UpsertMemo(params MemoUpdate[] updates) => Context.UpsertMemo(updates);

    /// <summary>Changes search attributes.</summary>
    /// <param name="updates">Changes; at least one.</param>
    public static void UpsertTypedSearchAttributes(params SearchAttributeUpdate[] updates) => Context.UpsertSearchAttributes(updates);

    /// <summary>Waits for a condition.</summary>
    /// <param name="conditionCheck">Reads workflow state; checked after every step of the workflow.</param>
    /// <param name="cancellationToken">Cancels the wait; the workflow's own token when null.</param>
    /// <returns>Completes when the condition holds.</returns>
    public static Task WaitConditionAsync(Func<bool> conditionCheck, CancellationToken? cancellationToken = null) =>
        WaitConditionWithOptionsAsync(new(conditionCheck, cancellationToken: cancellationToken));

    /// <summary>Waits for a condition.</summary>
    /// <param name="conditionCheck">Reads workflow state; checked after every step of the workflow.</param>
    /// <param name="timeoutMilliseconds">Longest wait in milliseconds; -1 for no limit.</param>
    /// <param name="cancellationToken">Cancels the wait; the workflow's own token when null.</param>
    /// <returns>False when the time passed.</returns>
    public static Task<bool> WaitConditionAsync(
        Func<bool> conditionCheck, int timeoutMilliseconds, CancellationToken? cancellationToken = null) =>
        WaitConditionAsync(conditionCheck, TimeSpan.FromMilliseconds(timeoutMilliseconds), cancellationToken);

    /// <summary>Waits for a condition.</summary>
    /// <param name="conditionCheck">Reads workflow state; checked after every step of the workflow.</param>
    /// <param name="timeout">Longest wait; infinite for no limit.</param>
    /// <param name="cancellationToken">Cancels the wait; the workflow's own token when null.</param>
    /// <returns>False when the time passed.</returns>
    public static Task<bool> WaitConditionAsync(
        Func<bool> conditionCheck, TimeSpan timeout, CancellationToken? cancellationToken = null) =>
        WaitConditionWithOptionsAsync(new(
            conditionCheck, timeout == Timeout.InfiniteTimeSpan ? null : timeout, cancellationToken: cancellationToken));

    /// <summary>Waits for a condition.</summary>
    /// <param name="options">What to wait for and how long.</param>
    /// <returns>False when the time passed.</returns>
    public static Task<bool> WaitConditionWithOptionsAsync(WaitConditionOptions options) => Context.WaitConditionAsync(options);

    /// <summary>Waits for the first task to complete.</summary>
    /// <param name="tasks">Tasks.</param>
    /// <returns>The first one.</returns>
    public static Task<Task> WhenAnyAsync(params Task[] tasks) => Task.WhenAny(tasks);

    /// <summary>Waits for the first task to complete.</summary>
    /// <param name="tasks">Tasks.</param>
    /// <returns>The first one.</returns>
    public static Task<Task> WhenAnyAsync(IEnumerable<Task> tasks) => Task.WhenAny(tasks);

    /// <summary>Waits for the first task to complete. Unlike <see cref="Task.WhenAny{TResult}(Task{TResult}[])" /> it stays on the scheduler.</summary>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="tasks">Tasks.</param>
    /// <returns>The first one.</returns>
    public static Task<Task<TResult>> WhenAnyAsync<TResult>(params Task<TResult>[] tasks) =>
        WhenAnyAsync((IEnumerable<Task<TResult>>)tasks);

    /// <summary>Waits for the first task to complete. Unlike <see cref="Task.WhenAny{TResult}(IEnumerable{Task{TResult}})" /> it stays on the scheduler.</summary>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="tasks">Tasks.</param>
    /// <returns>The first one.</returns>
    public static async Task<Task<TResult>> WhenAnyAsync<TResult>(IEnumerable<Task<TResult>> tasks) =>
        (Task<TResult>)await Task.WhenAny(tasks.Cast<Task>());

    /// <summary>Waits for all tasks.</summary>
    /// <param name="tasks">Tasks.</param>
    /// <returns>Completes with the last one.</returns>
    public static Task WhenAllAsync(IEnumerable<Task> tasks) => Task.WhenAll(tasks);

    /// <summary>Waits for all tasks.</summary>
    /// <param name="tasks">Tasks.</param>
    /// <returns>Completes with the last one.</returns>
    public static Task WhenAllAsync(params Task[] tasks) => Task.WhenAll(tasks);

    /// <summary>Waits for all tasks.</summary>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="tasks">Tasks.</param>
    /// <returns>The results in order.</returns>
    public static Task<TResult[]> WhenAllAsync<TResult>(IEnumerable<Task<TResult>> tasks) => Task.WhenAll(tasks);

    /// <summary>Waits for all tasks.</summary>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="tasks">Tasks.</param>
    /// <returns>The results in order.</returns>
    public static Task<TResult[]> WhenAllAsync<TResult>(params Task<TResult>[] tasks) => Task.WhenAll(tasks);

    /// <summary>Calls for the rare code that must know about replay.</summary>
    public static class Unsafe
    {
        /// <summary>Whether recorded work is being replayed. Never decide anything by it; use it for logs and metrics only.</summary>
        public static bool IsReplaying => Context.IsReplaying;

        /// <summary>
        /// Calls a function that may use threads and timers, because it has none of them left when it returns and the workflow does
        /// not depend on them. It may not be asynchronous.
        /// </summary>
        /// <typeparam name="T">Type of its result.</typeparam>
        /// <param name="fn">The function. It may not issue commands.</param>
        /// <returns>Its result.</returns>
        /// <exception cref="InvalidOperationException">It issued commands.</exception>
        public static T WithTracingEventListenerDisabled<T>(Func<T> fn) => Context.WithTracingEventListenerDisabled(fn);

        /// <summary>Calls a function as <see cref="WithTracingEventListenerDisabled{T}(Func{T})" /> does.</summary>
        /// <param name="fn">The function. It may not issue commands.</param>
        /// <exception cref="InvalidOperationException">It issued commands.</exception>
        public static void WithTracingEventListenerDisabled(Action fn) => WithTracingEventListenerDisabled<ValueTuple>(() =>
        {
            fn();
            return default;
        });
    }
}
