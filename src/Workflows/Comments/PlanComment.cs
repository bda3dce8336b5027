using System.Text;
using CodingAgent.Agents.Cohort;

namespace CodingAgent.Workflows.Comments;

/// <summary>The plan as people approve it.</summary>
public static class PlanComment
{
    private const int MaxRows = 60;

    /// <summary>Builds the comment.</summary>
    public static string Build(PlanView view)
    {
        var text = new StringBuilder();
        text.Append("### 🧭 Plan").Append(view.Version > 1 ? $" (version {view.Version})" : "").Append("\n\n");
        if (view.Reason.Length > 0)
            text.Append("Made anew because of this:\n\n").Append(Markdown.Quote(view.Reason, 600)).Append("\n\n");
        What(text, view.Plan);
        text.Append("\n**Checks**\n\n");
        foreach (var check in view.Checks)
            text.Append("- ").Append(Markdown.Inline(check.Name, 60)).Append(": ").Append(Markdown.Code(check.Run)).Append('\n');
        if (view.Checks.Count == 0)
            text.Append("- none known: name them under `checks` in `.github/coding-agent.yml`\n");
        if (view.RunnerFiles.Count > 0)
            text.Append("\n⚠️ This plan changes what decides how the checks run: ").AppendJoin(", ", view.RunnerFiles.Take(20).Select(f => Markdown.Code(f))).Append(view.RunnerFiles.Count > 20 ? " and more" : "").Append(". The change will be measured with the changed measure.\n");
        Bullets(text, "Risks", view.Plan.Risks);
        Bullets(text, "Open questions", view.Plan.Questions);
        text.Append("\nExpected cost: about ").Append(Markdown.Dollars(view.CostEstimateUsd)).Append(" (limit ")
            .Append(Markdown.Dollars(view.CostLimitUsd)).Append(") · base ").Append(Markdown.Code(Short(view.BaseSha)))
            .Append(" · plan hash ").Append(Markdown.Code(view.Hash)).Append("\n\n---\n");
        text.Append(view.NeedsApproval
            ? $"Nothing is edited until someone with write access answers:\n\n- `/agent approve` — or `/agent approve {view.Hash}` to name this very plan\n- `/agent reject <why>` — a new plan is made\n"
            : "The repository's policy asks for no approval: work goes on. `/agent stop` ends it.\n");
        return text.ToString();
    }

    /// <summary>The plan alone, for where no comment can be: a task without an issue.</summary>
    public static string Text(Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var text = new StringBuilder();
        What(text, plan);
        Bullets(text, "Risks", plan.Risks);
        Bullets(text, "Open questions", plan.Questions);
        return text.ToString();
    }

    /// <summary>What is left of a plan in whose place another one was made.</summary>
    /// <param name="version">The new one's version.</param>
    /// <param name="url">The new one's page.</param>
    public static string Superseded(int version, Uri url) =>
        $"### 🧭 Plan, replaced\n\nThis plan was not carried out: {Markdown.Link($"version {version}", url)} was made in its place. Answer that one; an answer to this one does not count.\n";

    private static void What(StringBuilder text, Plan plan)
    {
        text.Append("**Goal:** ").Append(Markdown.Inline(plan.Goal, 1_000)).Append('\n');
        Bullets(text, "Constraints", plan.Constraints);
        Table(text, "Edits", plan.Edits);
        Table(text, "Tests", plan.Tests);
    }

    private static void Table(StringBuilder text, string title, IReadOnlyList<PlannedEdit> edits)
    {
        if (edits.Count == 0)
            return;
        text.Append("\n**").Append(title).Append("**\n\n| File | Intent |\n|---|---|\n");
        foreach (var edit in edits.Take(MaxRows))
            text.Append("| ").Append(Markdown.Code(edit.Path)).Append(" | ").Append(Markdown.Inline(edit.Intent)).Append(" |\n");
        if (edits.Count > MaxRows)
            text.Append("| … | ").Append(edits.Count - MaxRows).Append(" more |\n");
    }

    private static void Bullets(StringBuilder text, string title, IReadOnlyList<string> items)
    {
        if (items.Count == 0)
            return;
        text.Append("\n**").Append(title).Append("**\n\n");
        foreach (var item in items.Take(30))
            text.Append("- ").Append(Markdown.Inline(item, 500)).Append('\n');
    }

    private static string Short(string sha) => sha.Length > 10 ? sha[..10] : sha;
}

/// <summary>What the plan comment shows.</summary>
/// <param name="Plan">Plan: model output.</param>
/// <param name="Version">1 for the first plan.</param>
/// <param name="Hash">Plan hash.</param>
/// <param name="BaseSha">Commit the plan is made for.</param>
/// <param name="Checks">Checks that will be run, as name and command.</param>
/// <param name="CostEstimateUsd">What the rest is expected to cost, US dollars.</param>
/// <param name="CostLimitUsd">Limit, US dollars.</param>
/// <param name="NeedsApproval">True when work waits for a person.</param>
/// <param name="Reason">Why there is a new plan; empty for the first.</param>
public sealed record PlanView(
    Plan Plan, int Version, string Hash, string BaseSha, IReadOnlyList<Policy.RepositoryPolicy.Check> Checks,
    decimal CostEstimateUsd, decimal CostLimitUsd, bool NeedsApproval, string Reason)
{
    /// <summary>Planned files that decide how the checks run, where a person has to agree to that.</summary>
    public IReadOnlyList<string> RunnerFiles { get; init; } = [];
}
