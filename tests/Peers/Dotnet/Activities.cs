using Temporalio.Activities;
using Temporalio.Exceptions;

namespace CodingAgent.Peers.Dotnet;

/// <summary>Activities that workflows of either language call.</summary>
internal sealed class Activities
{
    /// <summary>Fails until the attempt asked for, and returns what its last attempt left behind with a heartbeat.</summary>
    [Activity]
    public static async Task<string> ResumeAsync(int succeedsAt)
    {
        var context = ActivityExecutionContext.Current;
        var attempt = context.Info.Attempt;
        if (attempt < succeedsAt)
        {
            context.Heartbeat($"left by {attempt}");
            throw new ApplicationFailureException($"attempt {attempt} fails", errorType: "NotYet");
        }

        return context.Info.HeartbeatDetails.Count > 0 ? await context.Info.HeartbeatDetailAtAsync<string>(0) : "nothing was left";
    }

    /// <summary>Fails for good, with a type, details and a cause.</summary>
    [Activity]
    public static void Refuse() => throw new ApplicationFailureException(
        "refused", new InvalidOperationException("the reason below"), "Refusal", nonRetryable: true, details: ["first", 2]);

    /// <summary>Runs until it is cancelled.</summary>
    [Activity]
    public static async Task WaitForCancelAsync()
    {
        var context = ActivityExecutionContext.Current;
        while (true)
        {
            context.Heartbeat("alive");
            await Task.Delay(50, context.CancellationToken);
        }
    }

    /// <summary>Returns its bytes in reverse.</summary>
    [Activity]
    public static byte[] Reverse(byte[] bytes) => [.. bytes.AsEnumerable().Reverse()];

    /// <summary>Returns what it was given, which may be nothing.</summary>
    [Activity]
    public static string? Same(string? text) => text;
}
