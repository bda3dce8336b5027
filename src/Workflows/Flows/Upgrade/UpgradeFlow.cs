using System.Globalization;
using System.Text;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>
/// A dependency goes to another version in every module that asks for it: code plans and edits, checks decide, a red batch splits itself, and a coder is
/// asked only to mend the calls of what is red alone. What stays red is told with its evidence and left as it was; the rest ships.
/// </summary>
public sealed partial class UpgradeFlow : Flow
{
    private const int MendsPerCulprit = 2;
    private const int MostOutput = 3_000;
    private const int MostShownCulprits = 20;

    private static readonly string FixerPrompt = FlowPrompts.Read(typeof(UpgradeFlow), "fixer");

    /// <inheritdoc/>
    public override TaskKind Kind => TaskKind.Upgrade;

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Activities => [typeof(UpgradeActivities)];

    /// <inheritdoc/>
    public override bool TestsMustChange => false;

    /// <inheritdoc/>
    public override string Instructions(AgentRole role) => role is AgentRole.Coder or AgentRole.Fixer ? FixerPrompt : "";

    /// <inheritdoc/>
    public override IReadOnlyList<BriefSection> Tells(CodingTaskState state, AgentRole role)
    {
        var memory = state.Flow.Read<Memory>();
        if (memory.Upgrade is not { } upgrade)
            return [];
        var sections = new List<BriefSection> { new("The upgrade", $"{string.Join(", ", upgrade.Names)} ({upgrade.Ecosystem}) from {upgrade.From} to {upgrade.Version}") };
        if (memory.Mending is { } mending)
            sections.Add(new("The module whose calls are to be mended", $"{mending.Module}\nIts manifest asks for the new version already; with the old one its checks are green."));
        if (memory.Culprits.Count > 0)
            sections.Add(new("Modules that stay at the old version", string.Join("\n", memory.Culprits.Select(c => $"{c.Modules}: {c.Why}"))));
        return sections;
    }

    /// <inheritdoc/>
    public override async Task<PlannedByCode?> PlanAsync(ITaskLife life)
    {
        while (true)
        {
            var memory = life.State.Flow.Read<Memory>();
            // Called anew while a question waits: what was found then stands.
            if (memory.Problem.Length == 0)
            {
                memory = memory with { Problem = "I do not know what to upgrade." };
                if (RequestOf(life, memory) is { } request)
                {
                    await life.EnterAsync(TaskState.Planning, $"Looking who asks for {request.Name}");
                    var survey = await SurveyAsync(life, request, memory.Asked);
                    if (survey is { Upgrade: { } upgrade, Plan: { } plan, Record: { } record })
                    {
                        life.State.Flow.Keep(new Memory { Upgrade = upgrade, Asked = memory.Asked, Said = memory.Said, SaidAt = memory.SaidAt });
                        return new PlannedByCode(plan, record);
                    }

                    memory = memory with { Problem = survey.Problem! };
                }

                life.State.Flow.Keep(memory);
            }

            var said = await life.AskAsync(
                string.Create(CultureInfo.InvariantCulture, $"upgrade-{memory.Asked}"), "Nothing can be upgraded yet: waiting for an answer",
                $"{Markdown.Inline(memory.Problem, 1_500)}\n\nAnswer with `DEPENDENCY to VERSION` in a comment that mentions me; `/agent retry` looks again, `/agent stop` ends the task.\n");
            memory = memory with { Asked = memory.Asked + 1, Problem = "" };
            life.State.Flow.Keep(said.Count > 0 ? memory with { Said = Plain(said[^1].Text), SaidAt = life.State.Plan.Version } : memory);
        }
    }

    /// <inheritdoc/>
    public override async Task<MadeByCode?> EditAsync(ITaskLife life)
    {
        if (life.State.Flow.Read<Memory>() is not { Upgrade: { } upgrade } start)
            return null;
        var batches = upgrade.Batches(start.IsPart ? int.MaxValue : life.Facts.Policy.Upgrade.Batch);
        while (life.State.Flow.Read<Memory>() is var memory && memory.Batch < batches.Count)
        {
            if (life.HistoryIsLong)
                throw TaskStopException.Again();
            if (life.State.Inbox.IsFinishing)
            {
                life.State.Flow.Keep(CutShort(memory, batches, life.State.Inbox.FinishedBy));
                break;
            }

            var batch = batches[memory.Batch];
            var bisect = memory.Bisect ?? BatchBisect.Of(batch.Select(m => (m.Name, m.Family)), MostRuns(batch.Count));
            if (memory.Waiting.Count > 0)
                life.State.Flow.Keep(await MendAsync(life, memory, upgrade, batch, bisect, memory.Waiting[0]) with { Waiting = [.. memory.Waiting.Skip(1)] });
            else if (memory.IsSplit)
                life.State.Flow.Keep(Close(memory, batch, batches.Count));
            else if (bisect.Next is BisectStep.Run run)
                life.State.Flow.Keep(await RunAsync(life, memory with { Bisect = bisect }, upgrade, batch, batches.Count, run));
            else
                life.State.Flow.Keep(await SplitAsync(life, memory with { Bisect = bisect }, upgrade, batch, (BisectStep.Done)bisect.Next));
        }

        var end = life.State.Flow.Read<Memory>();
        if (end.Culprits.Count > 0 && !end.IsPart)
            await life.SayAsync("culprits", Words(end, upgrade));
        if (end.Green is not { } green)
        {
            if (ShowsRed(life.State) is not null && (end.Plain ?? (life.State.Inbox.IsFinishing ? null : (await MakeAsync(life, null, upgrade, upgrade.Modules)).Snapshot)) is { } plain)
                return new MadeByCode(RedReport(end, upgrade), plain);
            if (life.State.Inbox.IsFinishing)
            {
                life.State.Inbox.AskToEnd(TaskState.Stopped, $"finished by {life.State.Inbox.FinishedBy}, before any module was green");
                throw TaskStopException.Ended();
            }

            if (end is { Alone: not null, Culprits: [var blamed, ..] })
                throw TaskStopException.Limit($"{blamed.Modules} stays as it is: {blamed.Why}", "Make this part by hand.", blamed.Shows is { } last ? [last] : []);
            if (end.Apart.Count > 0)
            {
                life.State.Inbox.AskToEnd(TaskState.Closed, "none of these modules is green; each is taken apart");
                throw TaskStopException.Ended();
            }

            throw TaskStopException.Limit(
                end.IsBaseRed ? "The checks are red without any upgrade, so they say nothing about one." : $"No module is green with {string.Join(", ", upgrade.Names)} {upgrade.Version}.",
                end.IsBaseRed ? "Mend the checks first, then ask again." : "What each one fails on stands in the comment. Mend it there, or ask for another version.", [.. end.Culprits.Select(c => c.Shows).OfType<FailedCheck>().Take(3)]);
        }

        if (end.IsPart && SnapshotRef.Parse(green).TreeId == life.Facts.Build?.BaseTree)
        {
            // Somebody was faster, between the plan and now.
            life.State.Inbox.AskToEnd(TaskState.Merged, "the base has the new version here already");
            throw TaskStopException.Ended();
        }

        return new MadeByCode(Report(end, upgrade), green);
    }

    /// <inheritdoc/>
    public override async Task<string?> MakeAnewAsync(ITaskLife life, string snapshot, IReadOnlyList<string> conflicts)
    {
        var memory = life.State.Flow.Read<Memory>();
        if (memory.Upgrade is not { } upgrade)
            return null;
        var modules = memory.Alone is null ? [.. upgrade.Modules.Where(m => memory.Moved.Contains(m.Name, StringComparer.Ordinal))] : upgrade.Modules;
        string[] manifests = [.. modules.SelectMany(m => m.Paths).Distinct(StringComparer.Ordinal)];
        // Manifests and lock files are written from what the base has now; mended code stays as it is.
        return manifests.Length > 0 && conflicts.All(c => Manifests.IsLock(c) || manifests.Contains(c, StringComparer.Ordinal))
            ? (await MakeAsync(life, snapshot, upgrade, modules, [.. manifests.Union(conflicts, StringComparer.Ordinal)])).Snapshot
            : null;
    }

    // What was said last counts: to the question, about the plan ("ann: react to 18"), to an earlier question, with the command.
    private static UpgradeRequest? RequestOf(ITaskLife life, Memory memory) =>
        (memory.SaidAt == life.State.Plan.Version ? UpgradeRequest.Read(memory.Said, "") : null)
        ?? UpgradeRequest.Read(Plain(life.State.Plan.ReplanReason.Split(": ", 2)[^1]), "")
        ?? UpgradeRequest.Read(memory.Said.Length > 0 ? memory.Said : life.Input.Words, life.Facts.Title);

    private static Task<UpgradeActivities.Survey> SurveyAsync(ITaskLife life, UpgradeRequest request, int asked) => life.InterruptibleAsync(token =>
    {
        var options = life.Within(life.Facts.Policy.Sandbox.Timeout + TimeSpan.FromMinutes(20));
        options.CancellationToken = token;
        var step = new UpgradeActivities.SurveyStep(
            life.Input.Id, life.Input.Repo, life.State.Work.BaseSha, life.Facts.Policy, life.Facts.PolicyBlob, life.Facts.Build!, request,
            string.Create(CultureInfo.InvariantCulture, $"{life.State.Progress.RunKey}-{life.State.Plan.Version}-{asked}"));
        return Workflow.ExecuteActivityAsync((UpgradeActivities a) => a.SurveyAsync(step), options);
    });

    private static async Task<Memory> RunAsync(ITaskLife life, Memory memory, UpgradePlan upgrade, IReadOnlyList<UpgradeModule> batch, int batches, BisectStep.Run run)
    {
        var bisect = memory.Bisect!;
        var key = KeyOf(run.Set);
        // What a batch goes on from was green as a whole. The base was tried before: a check that is red there counts nowhere, so it is red where none is left.
        if (run.Set.Count == 0)
            return memory with { Bisect = bisect.With([], memory.Green is null && life.State.Work.Trial is { Checks.Count: > 0 } trial && trial.Checks.All(c => !c.Passed) ? BatchResult.Red : BatchResult.Green) };
        var modules = Modules(bisect, batch, run.Set);
        await life.EnterAsync(TaskState.Editing, string.Create(
            CultureInfo.InvariantCulture,
            $"{(batch[0].IsCanary ? "Canaries" : $"Batch {memory.Batch + 1} of {batches}")}: {(bisect.Runs.Count == 0 ? $"{Markdown.Count(modules.Count, "module")} {(modules.Count == 1 ? "is" : "are")} tried together" : $"it is red and splits itself, run {bisect.Runs.Count + 1}")}"));
        var (result, shows, snapshot) = await TryAsync(life, memory.Green, upgrade, modules, $"{memory.Batch}-{bisect.Runs.Count}");
        return memory with
        {
            Bisect = bisect.With(run.Set, result, key),
            Shows = result == BatchResult.Green || shows is null ? memory.Shows : new Dictionary<string, FailedCheck>(memory.Shows, StringComparer.Ordinal) { [key] = shows },
            Snapshots = result == BatchResult.Green && snapshot is not null ? new Dictionary<string, string>(memory.Snapshots, StringComparer.Ordinal) { [key] = snapshot } : memory.Snapshots,
        };
    }

    // The green part is what the next ones go on from; the culprits wait for somebody to mend them.
    private static async Task<Memory> SplitAsync(ITaskLife life, Memory memory, UpgradePlan upgrade, IReadOnlyList<UpgradeModule> batch, BisectStep.Done done)
    {
        var green = memory.Green;
        if (done.Green.Count > 0)
            green = memory.Snapshots.GetValueOrDefault(KeyOf(done.Green)) ?? (await MakeAsync(life, memory.Green, upgrade, Modules(memory.Bisect!, batch, done.Green))).Snapshot ?? memory.Green;
        return memory with
        {
            Green = green,
            IsSplit = true,
            IsBaseRed = done.IsBaseRed,
            Waiting = memory.IsPart ? [] : done.Culprits,
            Apart = memory.IsPart ? [.. done.Culprits.Take(MostApart).Select(c => SetApart(memory, batch, c))] : [],
            Moved = [.. memory.Moved, .. Modules(memory.Bisect!, batch, done.Green).Select(m => m.Name)],
            Culprits = [.. memory.Culprits, .. memory.IsPart ? done.Culprits.Skip(MostApart).Select(c => SetApart(memory, batch, c)).Select(a => new Blamed(Named(a.Modules), a.Why, a.Shows)) : [], .. done.IsBaseRed ? [] : done.Undecided.Select(u => new Blamed(memory.Bisect!.Units[u].Family, "the runs were used up before it was tried", null))],
        };
    }

    /// <summary>A culprit's calls are mended on top of what is green; what stays red goes back to where it was.</summary>
    private static async Task<Memory> MendAsync(ITaskLife life, Memory memory, UpgradePlan upgrade, IReadOnlyList<UpgradeModule> batch, BatchBisect bisect, Culprit culprit)
    {
        var modules = Modules(bisect, batch, [culprit.Unit]);
        var name = string.Join(", ", modules.Select(m => m.Name));
        var why = memory.Alone?.Why ?? Why(culprit, bisect);
        if (memory.Mending is not { } mending || mending.Module != name)
        {
            var shows = ShowsOf(memory, culprit);
            var made = await MakeAsync(life, memory.Green, upgrade, modules);
            if (made.Snapshot is not { } changed || shows is null || culprit.Proof == CulpritProof.Unsteady)
                return Blame(memory, name, made.Problem ?? why, shows ?? made.Failure);
            if (memory.Alone is not null)
            {
                // What was seen beside others, or before the base moved, may be green alone.
                memory = memory with { Plain = changed };
                var (seen, now, _) = await CheckAsync(life, changed, "alone");
                if (seen == BatchResult.Green)
                    return memory with { Green = changed, Moved = [.. modules.Select(m => m.Name)] };
                shows = now ?? shows;
            }

            mending = new Mending(name, 1, shows);
            life.State.Work.GoOnFrom(changed);
        }

        while (mending.Attempt <= MendsPerCulprit && !life.State.Inbox.IsFinishing)
        {
            memory = memory with { Mending = mending };
            life.State.Flow.Keep(memory);
            await life.EnterAsync(TaskState.Editing, $"The calls of {name} are mended");
            var work = new WorkOrder(AgentRole.Fixer) { FailedChecks = [mending.Shows] };
            AgentActivities.AgentStepResult result;
            try
            {
                result = await life.RunAgentAsync(AgentRole.Fixer, step => step with { Plan = life.State.Plan.Current, Work = work }, goesOnCut: true);
            }
            catch (TaskStopException e) when (e.Kind == TaskStopKind.Limit && (memory.Green ?? memory.Plain) is not null)
            {
                // The rest is green without it.
                life.State.Budget.Finish();
                why += $"; its calls are not mended: {e.Message}";
                break;
            }

            if (result.Outcome == AgentActivities.AgentStepOutcome.Segment || result.Snapshot is not { } mended)
                break;
            life.State.Work.GoOnFrom(mended);
            var (ended, still, _) = await CheckAsync(life, mended, string.Create(CultureInfo.InvariantCulture, $"mend-{memory.Batch}-{culprit.Unit}-{mending.Attempt}"));
            if (ended == BatchResult.Green)
                return memory with { Green = mended, Mending = null, Moved = [.. memory.Moved, .. modules.Select(m => m.Name)], Mended = [.. memory.Mended, .. modules.Select(m => m.Name)] };
            mending = mending with { Attempt = mending.Attempt + 1, Shows = still ?? mending.Shows };
        }

        return Blame(memory with { Mending = null }, name, why, mending.Shows);
    }

    private static FailedCheck? ShowsOf(Memory memory, Culprit culprit) =>
        culprit.Evidence.Where(r => r.Result != BatchResult.Green).Select(r => memory.Shows.GetValueOrDefault(r.Evidence)).OfType<FailedCheck>().FirstOrDefault();

    // What is not shown to anybody need not be remembered: a task's state has its limits.
    private static Memory Blame(Memory memory, string modules, string why, FailedCheck? shows) =>
        memory with { Culprits = [.. memory.Culprits, new Blamed(modules, why, memory.Culprits.Count < MostShownCulprits ? shows : null)] };

    /// <summary>A person takes what is there: what was seen green stays, and nothing more is tried.</summary>
    private static Memory CutShort(Memory memory, IReadOnlyList<IReadOnlyList<UpgradeModule>> batches, string by)
    {
        if (!memory.IsSplit && memory.Bisect is { } bisect && bisect.Runs.Where(r => memory.Snapshots.ContainsKey(r.Evidence)).MaxBy(r => r.Set.Count) is { } seen)
            memory = memory with { Green = memory.Snapshots[seen.Evidence], Moved = [.. memory.Moved, .. Modules(bisect, batches[memory.Batch], seen.Set).Select(m => m.Name)] };
        var known = memory.Moved.Concat(memory.Culprits.SelectMany(c => c.Modules.Split(", "))).ToHashSet(StringComparer.Ordinal);
        string[] rest = [.. batches.Skip(memory.Batch).SelectMany(b => b).Select(m => m.Name).Where(n => !known.Contains(n))];
        return (rest.Length == 0 ? memory : Blame(memory, string.Join(", ", rest), $"not tried to the end: {by} finished the task", null)) with { Batch = batches.Count, Bisect = null };
    }

    // A red canary keeps everybody else where they are.
    private static Memory Close(Memory memory, IReadOnlyList<UpgradeModule> batch, int batches)
    {
        var stops = memory.IsBaseRed || (batch[0].IsCanary && memory.Culprits.Count > 0);
        return memory with { Batch = stops ? batches : memory.Batch + 1, StoppedByCanary = stops && !memory.IsBaseRed && memory.Batch + 1 < batches, Bisect = null, IsSplit = false, Shows = new(StringComparer.Ordinal), Snapshots = new(StringComparer.Ordinal) };
    }

    private static async Task<(BatchResult Result, FailedCheck? Shows, string? Snapshot)> TryAsync(ITaskLife life, string? from, UpgradePlan upgrade, IReadOnlyList<UpgradeModule> modules, string key)
    {
        var made = await MakeAsync(life, from, upgrade, modules);
        return made.Snapshot is null
            ? (BatchResult.Red, made.Failure ?? new FailedCheck("manifests", "could not be changed", made.Problem ?? ""), null)
            : await CheckAsync(life, made.Snapshot, key);
    }

    private static Task<UpgradeActivities.Made> MakeAsync(ITaskLife life, string? from, UpgradePlan upgrade, IReadOnlyList<UpgradeModule> modules, IReadOnlyList<string>? resets = null) => life.InterruptibleAsync(token =>
    {
        var (policy, build) = (life.Facts.Policy, life.Facts.Build!);
        var options = life.Within((policy.Sandbox.Timeout * (4 * Math.Max(1, build.Setup.Count))) + TimeSpan.FromMinutes(20));
        options.CancellationToken = token;
        var step = new UpgradeActivities.MakeStep(
            life.Input.Repo, life.State.Work.BaseSha, from, upgrade, [.. modules.SelectMany(m => m.Paths).Distinct(StringComparer.Ordinal)], policy, build, life.State.Plan.Current)
        { Resets = resets ?? [] };
        return Workflow.ExecuteActivityAsync((UpgradeActivities a) => a.MakeAsync(step), options);
    });

    private static async Task<(BatchResult Result, FailedCheck? Shows, string? Snapshot)> CheckAsync(ITaskLife life, string snapshot, string key)
    {
        var began = life.Now;
        var evidence = await life.InterruptibleAsync(token =>
        {
            var (policy, build) = (life.Facts.Policy, life.Facts.Build!);
            var options = life.Within((policy.Sandbox.Timeout * (policy.Checks.Count + build.Setup.Count)) + TimeSpan.FromMinutes(20));
            options.CancellationToken = token;
            var step = new WorkspaceActivities.ChecksStep(life.Input.Repo, life.State.Work.BaseSha, snapshot, policy, build, $"{life.State.Progress.RunKey}-upgrade-{key}") { Plan = life.State.Plan.Current };
            return Workflow.ExecuteActivityAsync((WorkspaceActivities a) => a.RunChecksAsync(step), options);
        });
        life.State.Budget.Add(life.Now - began);
        var red = Red(life, evidence);
        if (red.Count == 0)
            return (BatchResult.Green, null, snapshot);
        var shown = red[0];
        var result = red.All(c => c.Ending != "exited" || c.CannotRun is not null) && shown.Name != "setup" ? BatchResult.Inconclusive : BatchResult.Red;
        return (result, new FailedCheck(shown.Name, shown.Ending == "exited" ? string.Create(CultureInfo.InvariantCulture, $"exit code {shown.ExitCode}") : shown.Ending, End(shown.OutputTail)) { Command = shown.Command }, null);
    }

    // What was red before the upgrade is not its doing.
    private static IReadOnlyList<CheckEvidence> Red(ITaskLife life, Evidence evidence)
    {
        var before = (life.State.Work.Trial?.Checks ?? []).Where(c => !c.Passed).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        return [.. evidence.Checks.Where(c => !c.Passed && !before.Contains(c.Name))];
    }

    private static IReadOnlyList<UpgradeModule> Modules(BatchBisect bisect, IReadOnlyList<UpgradeModule> batch, IEnumerable<int> units)
    {
        var names = units.SelectMany(u => bisect.Units[u].Items).ToHashSet(StringComparer.Ordinal);
        return [.. batch.Where(m => names.Contains(m.Name))];
    }

    // What k = 4 culprits take at most, their own runs, and a few for chance.
    private static int MostRuns(int modules) => (4 * ((int)Math.Ceiling(Math.Log2(Math.Max(2, modules))) + 2)) + modules + 4;

    private static string KeyOf(IReadOnlyList<int> set) => string.Join(' ', set);

    private static string Why(Culprit culprit, BatchBisect bisect) => culprit.Proof switch
    {
        CulpritProof.Together => $"green alone, red together with {string.Join(", ", culprit.With.Select(u => bisect.Units[u].Family))}, seen twice",
        CulpritProof.Beside => "red beside modules that are green without it",
        CulpritProof.Unsteady => "its checks end now so, now so",
        CulpritProof.NeverEnds => "its checks came to no end twice",
        _ => "red alone, with nothing else changed",
    };

    private static string Words(Memory memory, UpgradePlan upgrade)
    {
        var text = new StringBuilder("### ").Append(Markdown.Inline($"Not upgraded to {upgrade.Version}")).Append("\n\n");
        foreach (var culprit in memory.Culprits.Take(MostShownCulprits))
        {
            text.Append("- **").Append(Markdown.Inline(culprit.Modules, 300)).Append("**: ").Append(Markdown.Inline(culprit.Why, 400)).Append('\n');
            if (culprit.Shows is { } shows)
                text.Append("\n  ").Append(Markdown.Inline($"{shows.Name}: {shows.Outcome}", 200)).Append("\n\n").Append(Markdown.Fence(End(shows.Output))).Append('\n');
        }

        if (memory.StoppedByCanary)
            text.Append("\nThese are canaries, so no other module was tried.\n");
        return text.ToString();
    }

    private static CoderReport Report(Memory memory, UpgradePlan upgrade)
    {
        var names = string.Join(", ", upgrade.Names);
        var left = memory.Apart.Count > 0 ? $" Taken apart: {string.Join("; ", memory.Apart.Select(a => $"{Named(a.Modules)} ({a.Why})"))}." : memory.Culprits.Count == 0 ? "" : $" Left as they were: {string.Join("; ", memory.Culprits.Take(MostShownCulprits).Select(c => $"{c.Modules} ({c.Why})"))}.";
        return new CoderReport(
            Title(memory, upgrade),
            $"{names} goes {(upgrade.From.Length > 0 ? $"from {upgrade.From} " : "")}to {upgrade.Version} in {Markdown.Count(memory.Moved.Count, "module")}: {string.Join(", ", memory.Moved.Take(40))}.{(memory.Mended.Count > 0 ? $" Calls were mended in {string.Join(", ", memory.Mended)}." : "")}{left}",
            "Asked for. Only the places that name the version were written anew, and lock files by their package managers.",
            "The checks ran on exactly this tree; run them as the repository does.",
            "Revert the commit: manifests and lock files go back together.",
            []);
    }

    private static string Title(Memory memory, UpgradePlan upgrade)
    {
        var title = $"build(deps): upgrade {upgrade.Names[0]} to {upgrade.Version}{(memory.Label.Length > 0 ? $" ({memory.Label})" : "")}";
        return title.Length > 72 ? title[..72] : title;
    }

    // What people say besides the mention; "@angular/core" is none.
    private static string Plain(string text) =>
        string.Join('\n', text.Split('\n').Select(l => string.Join(' ', l.Split(' ').Where(w => w != "/agent" && (!w.StartsWith('@') || w.Contains('/', StringComparison.Ordinal))))));

    private static string End(string output) => output.Length > MostOutput ? output[^MostOutput..] : output;

    /// <summary>What a task remembers of it.</summary>
    private sealed record Memory
    {
        /// <summary>What is upgraded; null before the plan.</summary>
        public UpgradePlan? Upgrade { get; init; }

        /// <summary>Questions asked so far.</summary>
        public int Asked { get; init; }

        /// <summary>The last answer; empty for none.</summary>
        public string Said { get; init; } = "";

        /// <summary>Version of the plan it was given after.</summary>
        public int SaidAt { get; init; } = -1;

        /// <summary>Why nothing can be upgraded, while people are asked; empty otherwise.</summary>
        public string Problem { get; init; } = "";

        /// <summary>Number of the batch that is worked on.</summary>
        public int Batch { get; init; }

        /// <summary>How it is split.</summary>
        public BatchBisect? Bisect { get; init; }

        /// <summary>Its green part is known.</summary>
        public bool IsSplit { get; init; }

        /// <summary>The checks are red without any change.</summary>
        public bool IsBaseRed { get; init; }

        /// <summary>Culprits that nobody has tried to mend yet.</summary>
        public IReadOnlyList<Culprit> Waiting { get; init; } = [];

        /// <summary>What is mended now.</summary>
        public Mending? Mending { get; init; }

        /// <summary>What failed, by the set that it failed on.</summary>
        public Dictionary<string, FailedCheck> Shows { get; init; } = new(StringComparer.Ordinal);

        /// <summary>Snapshots of green sets of this batch.</summary>
        public Dictionary<string, string> Snapshots { get; init; } = new(StringComparer.Ordinal);

        /// <summary>Snapshot with all that is green so far; null for none.</summary>
        public string? Green { get; init; }

        /// <summary>Modules that have the new version.</summary>
        public IReadOnlyList<string> Moved { get; init; } = [];

        /// <summary>Of these, those whose calls were mended.</summary>
        public IReadOnlyList<string> Mended { get; init; } = [];

        /// <summary>What stays as it was.</summary>
        public IReadOnlyList<Blamed> Culprits { get; init; } = [];

        /// <summary>It is a batch of an upgrade, or a module apart, with a pull request of its own.</summary>
        public bool IsPart { get; init; }

        /// <summary>What its pull request is called by beside the upgrade; empty for nothing.</summary>
        public string Label { get; init; } = "";

        /// <summary>Of a module apart: what it is blamed for.</summary>
        public Blamed? Alone { get; init; }

        /// <summary>Of that: the tree with the new version and nothing mended.</summary>
        public string? Plain { get; init; }

        /// <summary>Of a batch: what is to be carried out apart.</summary>
        public IReadOnlyList<Apart> Apart { get; init; } = [];

        /// <summary>A red canary kept the other batches from being tried.</summary>
        public bool StoppedByCanary { get; init; }
    }

    private sealed record Mending(string Module, int Attempt, FailedCheck Shows);

    private sealed record Blamed(string Modules, string Why, FailedCheck? Shows);

}
