using System.Net;
using System.Net.Sockets;
using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Models;
using CodingAgent.Forges;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// Sorts an activity's exceptions into the two kinds Temporal knows: worth another try (a forge, model or disk that is away: without
/// limit, nothing is lost) and final (a refusal, or a defect that shows itself on every try: the task fails with words instead of
/// hanging in silence). It also heartbeats for each of them, so that whatever a worker was doing when it died is given to another one
/// within the heartbeat timeout and not only when the activity's whole time is up.
/// </summary>
internal static class ActivityGuard
{
    // With the workflow's backoff about two minutes: longer than a restart of a disk or database, shorter than a person's patience.
    private const int TriesOfDefects = 8;

    public static async Task<T> RunAsync<T>(TimeProvider time, Func<ActivityExecutionContext, HeartbeatPump, Task<T>> body)
    {
        var context = ActivityExecutionContext.Current;
        await using var pump = new HeartbeatPump(context, time);
        try
        {
            return await body(context, pump);
        }
        catch (Exception e) when (Sort(e, context) is { } sorted)
        {
#pragma warning disable MA0027 // Another exception than the one caught.
            throw sorted;
#pragma warning restore MA0027
        }
    }

    public static Task<T> RunAsync<T>(TimeProvider time, Func<ActivityExecutionContext, Task<T>> body) => RunAsync(time, (context, _) => body(context));

    public static Task RunAsync(TimeProvider time, Func<ActivityExecutionContext, Task> body) =>
        RunAsync<object?>(time, async context =>
        {
            await body(context);
            return null;
        });

    /// <summary>The failure to report instead; null to let the exception go through as it is (retried).</summary>
    private static ApplicationFailureException? Sort(Exception e, ActivityExecutionContext context) => e switch
    {
        ApplicationFailureException or JournalFencedException => null,
        OperationCanceledException when context.CancellationToken.IsCancellationRequested => null,
        // The operator mends it, and nobody can be told before: the forge takes no words of ours meanwhile.
        ForgeRejectedException { Status: HttpStatusCode.Unauthorized } => null,
        ForgeRejectedException => Final(e, ErrorTypes.ForgeRejected),
        // The forge's own interface was asked a moment ago and took the credential: git's may follow it a moment late.
        GitRejectedException { Reason: GitRejection.Credential } when context.Info.Attempt < TriesOfDefects => null,
        GitRejectedException => Final(e, ErrorTypes.GitRejected),
        ModelRejectedException rejected => Final(e, rejected.Cause == ModelRejection.Credit ? ErrorTypes.ModelCredit : ErrorTypes.ModelRejected),
        ForgeUnavailableException { RetryAfter: { } after } => new ApplicationFailureException(
            e.Message, e, errorType: nameof(ForgeUnavailableException), nextRetryDelay: after < TimeSpan.FromHours(1) ? after : TimeSpan.FromHours(1)),
        ForgeUnavailableException or ModelUnavailableException or GitUnavailableException or HttpRequestException or SocketException => null,
        SetupSecretException => Final(e, ErrorTypes.SetupSecret),
        UnusableImageException => Final(e, ErrorTypes.SandboxUnavailable),
        SandboxUnavailableException when context.Info.Attempt >= TriesOfDefects => Final(e, ErrorTypes.SandboxUnavailable),
        // The message becomes a public comment, and nobody wrote this exception's words for one: they may name paths and hosts.
        _ when context.Info.Attempt >= TriesOfDefects => new ApplicationFailureException(
            $"{context.Info.ActivityType} failed {TriesOfDefects} times with {e.GetType().Name}.", e, errorType: ErrorTypes.Internal, nonRetryable: true),
        _ => null,
    };

    private static ApplicationFailureException Final(Exception e, string type) =>
        new(e.Message, e, errorType: type, nonRetryable: true);
}

/// <summary>
/// Heartbeats while an activity runs, so that a dead worker is noticed within the heartbeat timeout and a cancellation reaches a live one.
/// What is over before the first period has passed costs no call.
/// </summary>
internal sealed class HeartbeatPump : IAsyncDisposable
{
    // Several beats within the timeout, so that one that is late kills nothing.
    private const int BeatsPerTimeout = 4;
    private static readonly TimeSpan PeriodWithoutTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _done = new();
    private readonly Task _loop;
    private volatile string _cursor = "";

    public HeartbeatPump(ActivityExecutionContext context, TimeProvider time) => _loop = LoopAsync(context, time);

    /// <summary>Where the work stands; small, and never the truth.</summary>
    public string Cursor
    {
        get => _cursor;
        set => _cursor = value;
    }

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _loop;
        _done.Dispose();
    }

    private async Task LoopAsync(ActivityExecutionContext context, TimeProvider time)
    {
        var period = context.Info.HeartbeatTimeout / BeatsPerTimeout ?? PeriodWithoutTimeout;
        try
        {
            while (true)
            {
                await Task.Delay(period, time, _done.Token);
                context.Heartbeat(_cursor);
            }
        }
        catch (OperationCanceledException)
        {
            // The activity is over.
        }
    }
}

/// <summary>Types of failures that are final; the workflow turns them into words about what a person can do.</summary>
public static class ErrorTypes
{
    /// <summary>The forge refused.</summary>
    public const string ForgeRejected = "ForgeRejected";

    /// <summary>Git or its remote refused.</summary>
    public const string GitRejected = "GitRejected";

    /// <summary>The model endpoint refused.</summary>
    public const string ModelRejected = "ModelRejected";

    /// <summary>The account at the model endpoint has no credit left.</summary>
    public const string ModelCredit = "ModelCredit";

    /// <summary>The model endpoint does not take a request as it is written.</summary>
    public const string ModelRequest = "ModelRequest";

    /// <summary>The conversation is longer than the model takes.</summary>
    public const string ModelContext = "ModelContext";

    /// <summary>The model endpoint's answers are lost or cannot be read.</summary>
    public const string ModelUnreadable = "ModelUnreadable";

    /// <summary>No sandbox can be made on the worker.</summary>
    public const string SandboxUnavailable = "SandboxUnavailable";

    /// <summary>Set-up names a credential that it cannot have.</summary>
    public const string SetupSecret = "SetupSecret";

    /// <summary>A defect of ours: the same exception on every try.</summary>
    public const string Internal = "Internal";
}
