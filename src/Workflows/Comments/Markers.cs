using System.Globalization;

namespace CodingAgent.Workflows.Comments;

/// <summary>
/// Stable keys of everything the bot writes. The forge adapter hides them in the comment as <c>coding-agent:KEY</c>; they count only
/// when the bot is the author.
/// Each holds the run key, so that a second task on the same issue writes its own comments.
/// </summary>
public static class Markers
{
    /// <summary>What <see cref="IsOurs"/> looks for: how the adapters begin the hidden line.</summary>
    private const string Hidden = "<!-- coding-agent:";

    /// <summary>True for a text that ends with a marker: what the bot writes does, and what people write through its account does not.</summary>
    public static bool IsOurs(string body)
    {
        var text = body.TrimEnd();
        return text.EndsWith("-->", StringComparison.Ordinal) && text[(text.LastIndexOf('\n') + 1)..].StartsWith(Hidden, StringComparison.Ordinal);
    }

    /// <summary>That commands given through the bot's own account count for nothing; said once on an issue.</summary>
    public static string OwnAccount => "own-account";

    /// <summary>How to ask, for who mentions the bot without asking for anything; said once on an issue.</summary>
    public static string Mentioned => "mentioned";

    /// <summary>That a repository is not served; said once on an issue.</summary>
    public static string NotServed => "not-served";

    /// <summary>That somebody may not give commands; said once to each on an issue.</summary>
    public static string NoAccess(string login) => $"no-access:{login.ToLowerInvariant()}";

    /// <summary>The one live status comment of a task.</summary>
    public static string Status(string runKey) => $"status:{runKey}";

    /// <summary>True for the text of a status comment, of whichever task.</summary>
    public static bool IsStatus(string body) => IsOurs(body) && body.TrimEnd() is var text && text[(text.LastIndexOf('\n') + 1)..].StartsWith($"{Hidden}status:", StringComparison.Ordinal);

    /// <summary>A version of the plan; each re-plan has its own comment, so that "written after the plan" is plain to see.</summary>
    public static string Plan(string runKey, int version) => $"plan:{runKey}:{version}";

    /// <summary>The key of the plan that this one replaces, and this one's version; null for the first, and for what is no plan's key.</summary>
    public static (string Key, int Version)? Replaced(string marker)
    {
        ArgumentNullException.ThrowIfNull(marker);
        return marker.Split(':') is ["plan", var runKey, var text] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 1
            ? (Plan(runKey, version - 1), version)
            : null;
    }

    /// <summary>True for a key of words about why a task ended or waits, which may repeat what others said.</summary>
    public static bool IsAboutTrouble(string marker) => marker.Split(':')[0] is "outcome" or "stopped" or "model";

    /// <summary>Why a task ended, or cannot start.</summary>
    public static string Outcome(string runKey) => $"outcome:{runKey}";

    /// <summary>That a task was ended from outside.</summary>
    public static string Cut(string runId) => $"cut:{runId}";

    /// <summary>Why a task with a pull request stopped and waits; each stop has its own.</summary>
    public static string Stopped(string runKey, int agentRun) => $"stopped:{runKey}:{agentRun}";

    /// <summary>What somebody has to mend at the model's endpoint before an agent run goes on.</summary>
    public static string ModelWait(string runKey, int agentRun) => $"model:{runKey}:{agentRun}";

    /// <summary>Calls of tools that take a person's word; each time that is asked has its own.</summary>
    public static string Calls(string runKey, string hash) => $"calls:{runKey}:{hash}";

    /// <summary>The answer to one delivery: a refusal, help.</summary>
    public static string Reply(string deliveryId) => $"reply:{deliveryId}";

    /// <summary>Which comments on the pull request are remarks to the task; said once there, to who wrote one that is none.</summary>
    public static string Overheard(string runKey) => $"overheard:{runKey}";

    /// <summary>Who of those that the policy names could not be asked for a review; said once on the pull request.</summary>
    public const string NotAsked = "reviewers";

    /// <summary>A question of a task's job to people.</summary>
    public static string Question(string runKey, string key) => $"question:{runKey}:{key}";

    /// <summary>What a task's job found out and people should know.</summary>
    public static string Finding(string runKey, string key) => $"finding:{runKey}:{key}";

    /// <summary>That another pull request takes this one's place; said once on it.</summary>
    public static string Superseded => "superseded";

    /// <summary>A reminder of a parked task.</summary>
    public static string Reminder(string runKey, int number) => $"reminder:{runKey}:{number}";

    /// <summary>What is to say of a pull request's CI.</summary>
    public static string Ci(string runKey) => $"ci:{runKey}";

    /// <summary>The answer to a review thread, or to the review's own text, in one feedback round.</summary>
    public static string Answer(string runKey, int round, long threadId) => $"answer:{runKey}:{round}:{threadId}";
}
