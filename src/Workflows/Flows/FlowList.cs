namespace CodingAgent.Workflows.Flows;

/// <summary>
/// What everybody must know of a job: how people ask for it and whose branch it works on. A new job is a line of <see cref="All"/> and a folder beside
/// this file with its <c>Flow</c>: what it adds to the life of a task.
/// </summary>
public static class FlowList
{
    /// <summary>Every job, in the order help shows them.</summary>
    public static IReadOnlyList<FlowFacts> All { get; } =
    [
        new(TaskKind.Implement, "implement", "[what to mind]", "plans and implements this issue"),
        new(TaskKind.BugFix, "fix", "[what]", "on an issue: shows the defect with a test that fails, mends it, and proves both"),
        new(TaskKind.Upgrade, "upgrade", "DEP [to VERSION]", "takes a dependency to a new version in every module; what it breaks is told apart from what it does not"),
        new(TaskKind.Refactor, "refactor", "[what]", "on an issue: changes the inside alone; behaviour and public surface are proved to be the same"),
        new(TaskKind.Fix, "fix", "[what]", "on a pull request: mends CI failures and open review remarks, and what you write after it") { IsOnPull = true },
    ];

    /// <summary>The job.</summary>
    public static FlowFacts Of(TaskKind kind) => All.First(f => f.Kind == kind);

    /// <summary>The job that a verb asks for in a place; null when it asks for none there.</summary>
    public static FlowFacts? Of(string verb, bool onPull) => All.FirstOrDefault(f => f.IsOnPull == onPull && f.Verb == verb);

    /// <summary>The verb that a label stands for; null for other labels. Forges compare their names ignoring case.</summary>
    public static string? VerbOf(string label) => All.FirstOrDefault(f => string.Equals(f.Label, label, StringComparison.OrdinalIgnoreCase))?.Verb;
}

/// <summary>The jobs. The numbers are in running tasks and in signed requests.</summary>
public enum TaskKind
{
    /// <summary>Plan, edit, verify, publish, review loop.</summary>
    Implement = 0,

    /// <summary>Address CI failures and review remarks on an existing pull request.</summary>
    Fix = 1,

    /// <summary>Reproduce a defect by a test that fails, mend it, and prove both with that test.</summary>
    BugFix = 2,

    /// <summary>Take a dependency to a new version in every module that asks for it.</summary>
    Upgrade = 3,

    /// <summary>Change the inside, and prove that behaviour and public surface are as they were.</summary>
    Refactor = 4,
}

/// <summary>What everybody must know of a job.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Verb">What people write after <c>/agent</c>.</param>
/// <param name="Arguments">What they write after that, as help shows it; empty for nothing.</param>
/// <param name="Does">What it does, in a few words.</param>
public sealed record FlowFacts(TaskKind Kind, string Verb, string Arguments, string Does)
{
    /// <summary>True when it works without a plan on a pull request that is there; false when it plans for an issue or a goal and opens one of its own.</summary>
    public bool IsOnPull { get; init; }

    /// <summary>Label that asks for it.</summary>
    public string Label => $"agent:{Verb}";
}
