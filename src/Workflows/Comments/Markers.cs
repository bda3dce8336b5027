namespace CodingAgent.Workflows.Comments;

/// <summary>
/// Stable keys of everything the bot writes. The forge adapter hides them in the comment as <c>coding-agent:KEY</c>; they count only
/// when the bot is the author.
/// Each holds the run key, so that a second task on the same issue writes its own comments.
/// </summary>
public static class Markers
{
    /// <summary>The one live status comment of a task.</summary>
    public static string Status(string runKey) => $"status:{runKey}";

    /// <summary>A version of the plan; each re-plan has its own comment, so that "written after the plan" is plain to see.</summary>
    public static string Plan(string runKey, int version) => $"plan:{runKey}:{version}";

    /// <summary>Why a task ended, or cannot start.</summary>
    public static string Outcome(string runKey) => $"outcome:{runKey}";

    /// <summary>Why a task with a pull request stopped and waits; each stop has its own.</summary>
    public static string Stopped(string runKey, int agentRun) => $"stopped:{runKey}:{agentRun}";

    /// <summary>What somebody has to mend at the model's endpoint before an agent run goes on.</summary>
    public static string ModelWait(string runKey, int agentRun) => $"model:{runKey}:{agentRun}";

    /// <summary>The answer to one delivery: a refusal, help.</summary>
    public static string Reply(string deliveryId) => $"reply:{deliveryId}";

    /// <summary>A reminder of a parked task.</summary>
    public static string Reminder(string runKey, int number) => $"reminder:{runKey}:{number}";

    /// <summary>The answer to a review thread, or to the review's own text, in one feedback round.</summary>
    public static string Answer(string runKey, int round, long threadId) => $"answer:{runKey}:{round}:{threadId}";
}
