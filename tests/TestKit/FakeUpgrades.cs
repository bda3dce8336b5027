using System.Collections.Concurrent;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Flows.Upgrade;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.TestKit;

/// <summary>
/// Stands in for the activities of upgrades, under the same names: every module asks for the dependency that is named, at 1.0.0. A tree in which one that the
/// new version breaks asks for it is red until somebody mends its calls.
/// </summary>
public sealed class FakeUpgrades(FakeWork work)
{
    private readonly ConcurrentDictionary<string, string[]> _broken = [];

    /// <summary>Folders of modules.</summary>
    public IReadOnlyList<string> Modules { get; set; } = ["api", "web"];

    /// <summary>Modules that the new version breaks.</summary>
    public IReadOnlyList<string> Breaks { get; set; } = [];

    /// <summary>Modules whose manifests cannot be changed.</summary>
    public IReadOnlyList<string> Refuses { get; set; } = [];

    /// <summary>The base has the new version everywhere by the time trees are made.</summary>
    public bool MakesNothing { get; set; }

    /// <summary>Why the next looks find nothing to upgrade.</summary>
    public ConcurrentQueue<string> Problems { get; } = [];

    /// <summary>Looks, in order.</summary>
    public ConcurrentQueue<UpgradeActivities.SurveyStep> Surveys { get; } = [];

    /// <summary>Trees asked for, in order.</summary>
    public ConcurrentQueue<UpgradeActivities.MakeStep> Makes { get; } = [];

    /// <summary>Happens before a tree is made.</summary>
    public Func<UpgradeActivities.MakeStep, Task>? Before { get; set; }

    [Activity("Survey")]
    public UpgradeActivities.Survey Survey(UpgradeActivities.SurveyStep step)
    {
        Surveys.Enqueue(step);
        if (Problems.TryDequeue(out var problem))
            return new UpgradeActivities.Survey(problem, null, null, null);
        Declaration[] all = [.. Modules.Select(m => new Declaration("NuGet", step.Request.Name, "1.0.0", PathOf(m), "PackageReference", 0))];
        var upgrade = UpgradePlan.Of("NuGet", [step.Request.Name], step.Request.Version ?? "2.0.0", all, step.Policy.Upgrade);
        var plan = upgrade.ToPlan([], [], step.Policy.Upgrade.Batch);
        return new UpgradeActivities.Survey(null, upgrade, plan, work.Keys.Sign(new PlanRecord(step.Task, step.BaseSha, step.PolicyBlob, plan)));
    }

    [Activity("Make")]
    public async Task<UpgradeActivities.Made> MakeAsync(UpgradeActivities.MakeStep step)
    {
        Makes.Enqueue(step);
        if (Before is { } before)
            await before(step);
        if (Refuses.FirstOrDefault(m => step.Paths.Contains(PathOf(m))) is { } refused)
            return new UpgradeActivities.Made(null, $"{PathOf(refused)} could not be written anew for {step.Upgrade.Version}.", null);
        if (MakesNothing)
            return new UpgradeActivities.Made("base", null, null);
        var tree = work.NewTree();
        _broken[tree] = [.. BrokenIn(step.From), .. Breaks.Where(m => step.Paths.Contains(PathOf(m)))];
        return new UpgradeActivities.Made(tree, null, null);
    }

    /// <summary>Another tree that is as red as the one an agent was given.</summary>
    public string NoBetter(AgentActivities.AgentStep step)
    {
        var tree = work.NewTree();
        _broken[tree] = BrokenIn(step.Run.StartSnapshot);
        return tree;
    }

    /// <summary>What the checks say of a tree that is red; null for others.</summary>
    public CheckEvidence? RedOf(string snapshot) =>
        BrokenIn(snapshot) is { Length: > 0 } broken ? new CheckEvidence("test", "dotnet test", 1, "exited", TimeSpan.FromSeconds(2), $"{string.Join(", ", broken)}: no such method ({snapshot[36..40]})") : null;

    private string[] BrokenIn(string? snapshot) => snapshot is not null && _broken.TryGetValue(snapshot, out var broken) ? broken : [];

    private static string PathOf(string module) => $"{module}/{module}.csproj";
}
