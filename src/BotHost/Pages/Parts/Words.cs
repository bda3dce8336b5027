using System.Globalization;
using System.Security.Claims;
using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Pages.Parts;

/// <summary>How the pages say things; pure.</summary>
internal static class Words
{
    /// <summary>Who is signed in, and what they may do.</summary>
    public static string Of(ClaimsPrincipal who) => $"{who.Identity?.Name} ({who.FindFirstValue(Site.ForgeClaim) ?? who.FindFirstValue(ClaimTypes.Role)?.ToLowerInvariant()})";

    /// <summary>A state as people read it.</summary>
    public static string Of(TaskState state) => state switch
    {
        TaskState.AwaitingApproval => "Waits for approval",
        TaskState.AwaitingCi => "Waits for CI",
        TaskState.AwaitingReview => "Waits for review",
        TaskState.AddressingFeedback => "Addresses feedback",
        TaskState.ReadyToMerge => "Ready to merge",
        _ => state.ToString(),
    };

    /// <summary>Of what kind a state is: <c>work</c>, <c>wait</c> (for a person), <c>good</c> or <c>bad</c>; names its colour.</summary>
    public static string ToneOf(TaskState state) => state switch
    {
        TaskState.AwaitingApproval or TaskState.AwaitingReview or TaskState.ReadyToMerge => "wait",
        TaskState.Merged => "good",
        TaskState.Failed => "bad",
        TaskState.Closed or TaskState.Stopped => "over",
        _ => "work",
    };

    /// <summary>A job as people read it.</summary>
    public static string Of(TaskKind kind) => kind == TaskKind.BugFix ? "Bug fix" : kind.ToString();

    /// <summary>Dollars; that some are not in it where a price is not known.</summary>
    public static string Cost(decimal usd, bool isKnown) => string.Create(CultureInfo.InvariantCulture, $"{(isKnown ? "" : "at least ")}${usd:#,0.00}");

    /// <summary>A count, its thousands apart.</summary>
    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>How long something took.</summary>
    public static string Took(TimeSpan time) => time switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h"),
    };

    /// <summary>Where a task works, and for what.</summary>
    public static string Place(TaskSummary task) => string.Join(" · ", ((string?[])[
        task.Repo.FullName,
        task.Issue is { } issue ? $"#{issue}" : null,
        task.Pull is { } pull ? $"{ForgeTerms.Of(task.Repo).Pull} {Pull(task.Repo, pull)}" : null]).OfType<string>());

    /// <summary>A pull request as its forge writes it.</summary>
    public static string Pull(RepoRef repo, int number) => $"{ForgeTerms.Of(repo).PullSign}{number}";

    /// <summary>The rest of a task's addresses; what it holds besides letters is written as paths allow.</summary>
    public static string PathOf(TaskId id) => string.Join('/', id.ToString().Split('/').Select(Uri.EscapeDataString));
}
