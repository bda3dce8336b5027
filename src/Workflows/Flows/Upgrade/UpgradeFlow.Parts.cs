using System.Globalization;
using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <content>An upgrade in parts: a batch each, and each module that the new version breaks apart, all on the base and none on another.</content>
public sealed partial class UpgradeFlow
{
    private const int MostApart = 10;
    private const int MostNamed = 5;

    /// <inheritdoc/>
    public override bool MayShowRed(RepositoryPolicy policy) => policy.Upgrade.Pulls == UpgradePulls.Batch;

    /// <inheritdoc/>
    public override Division? Divide(CodingTaskState state)
    {
        if (state.Flow.Read<Memory>().Upgrade is not { PullPerBatch: true } upgrade)
            return null;
        var rules = state.Progress.Facts!.Policy.Upgrade;
        var batches = upgrade.Batches(rules.Batch);
        string NameOf(int i) => batches[i][0].IsCanary ? "canaries" : string.Create(CultureInfo.InvariantCulture, $"batch {i + 1} of {batches.Count}");
        return new Division(
            [.. batches.Select((b, i) => PartOf(upgrade, b, state, $"{NameOf(i)}: {Named(b)}", b[0].IsCanary, new Memory { IsPart = true, Label = batches.Count > 1 ? NameOf(i) : "" }))],
            rules.Parallel, rules.MaxOpen);
    }

    /// <inheritdoc/>
    public override (IReadOnlyList<TaskPart> Apart, string Left) HandsBack(CodingTaskState state) => state.Flow.Read<Memory>() is { IsPart: true, Alone: null, Upgrade: { } upgrade } memory
        ? ([.. memory.Apart.Select(a => PartOf(upgrade, [.. upgrade.Modules.Where(m => a.Modules.Contains(m.Name, StringComparer.Ordinal))], state, Named(a.Modules), isGate: false, Alone(a)))],
            memory.Culprits.Count > 0 ? Words(memory, upgrade) : "")
        : ([], "");

    /// <inheritdoc/>
    public override ShownRed? ShowsRed(CodingTaskState state) => state.Flow.Read<Memory>() is { Alone: not null, Green: null, Culprits: [var blamed, ..], Upgrade: { } upgrade }
        ? new ShownRed(
            $"{blamed.Modules} cannot have {upgrade.Names[0]} {upgrade.Version} as it is: {blamed.Why}.", "Mend it on this branch, or comment `/agent fix` and what to mind for another try. To leave the module as it is, close this; the others do not wait for it.",
            blamed.Shows is { } shows ? [shows] : [])
        : null;

    /// <inheritdoc/>
    public override TaskSubject? Subject(CodingTaskState state) => state.Flow.Read<Memory>() is { Upgrade: { } upgrade, Moved: { Count: > 0 } moved, Green: not null }
        ? new TaskSubject(upgrade.Ecosystem, upgrade.Names, upgrade.Version, [.. upgrade.Modules.Where(m => moved.Contains(m.Name, StringComparer.Ordinal)).SelectMany(m => m.Paths)])
        : null;

    private static Apart SetApart(Memory memory, IReadOnlyList<UpgradeModule> batch, Culprit culprit) => new(
        [.. Modules(memory.Bisect!, batch, [culprit.Unit]).Select(m => m.Name)], Why(culprit, memory.Bisect!), ShowsOf(memory, culprit),
        // Nothing is there to mend where it is green alone, or nobody can say what is red.
        culprit.Proof is not (CulpritProof.Together or CulpritProof.Unsteady) && ShowsOf(memory, culprit) is not null);

    private static TaskPart PartOf(UpgradePlan upgrade, IReadOnlyList<UpgradeModule> modules, CodingTaskState state, string name, bool isGate, Memory memory) => new(
        name, upgrade.FilesOf(modules, [.. state.Plan.Current!.Edits.Select(e => e.Path)]), isGate,
        JsonSerializer.SerializeToElement(memory with { Upgrade = upgrade with { Modules = modules, PullPerBatch = false, LeftAlone = [] } }));

    // A module on its own: it is known to be red, and is to be mended.
    private static Memory Alone(Apart apart)
    {
        var blamed = new Blamed(Named(apart.Modules), apart.Why, apart.Shows);
        var memory = new Memory { IsPart = true, Label = blamed.Modules, Alone = blamed, IsSplit = true, Bisect = BatchBisect.Of(apart.Modules.Select(m => (m, blamed.Modules)), 1) };
        return apart is { IsMendable: true, Shows: { } shows }
            ? memory with { Waiting = [new Culprit(0, [], CulpritProof.Alone, [new BatchRun([0], BatchResult.Red, "alone")])], Shows = new(StringComparer.Ordinal) { ["alone"] = shows } }
            : memory with { Culprits = [blamed] };
    }

    private static string Named(IReadOnlyList<UpgradeModule> modules) => Named([.. modules.Select(m => m.Name)]);

    private static string Named(IReadOnlyList<string> modules) => modules.Count <= MostNamed ? string.Join(", ", modules) : $"{string.Join(", ", modules.Take(MostNamed))} and {modules.Count - MostNamed} more";

    private static CoderReport RedReport(Memory memory, UpgradePlan upgrade) => new(
        Title(memory, upgrade),
        $"Not to be merged as it is. {string.Join(", ", upgrade.Names)} goes {(upgrade.From.Length > 0 ? $"from {upgrade.From} " : "")}to {upgrade.Version} in {Named(upgrade.Modules)}: {memory.Culprits[0].Why}.",
        "Asked for. What is green is offered by itself; this shows what is left.",
        "The checks ran on exactly this tree; what is red stands below, and its output in a comment.",
        "Close this: nothing else depends on it.",
        []);

    private sealed record Apart(IReadOnlyList<string> Modules, string Why, FailedCheck? Shows, bool IsMendable);
}
