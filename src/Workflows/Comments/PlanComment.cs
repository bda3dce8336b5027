using System.Globalization;
using System.Text;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Comments;

/// <summary>The plan as people approve it.</summary>
public static class PlanComment
{
    // Together below what a forge takes as one comment: what it would cut off is the end, and with it the hash.
    private const int MaxTable = 14_000;
    private const int MaxBullets = 5_000;
    private const int MaxText = 1_000;
    private const int LessRoom = 3;
    private const int MostFunctions = 10;
    private const int LongestFunction = 100;

    private const string Title = "### 🧭 Plan";
    private const string Anew = "Made anew because of this:";

    /// <summary>Builds the comment.</summary>
    public static string Build(PlanView view)
    {
        var text = new StringBuilder();
        text.Append(Title).Append(view.Version > 1 ? $" (version {view.Version})" : "").Append("\n\n");
        if (view.Reason.Length > 0)
            text.Append(Anew).Append("\n\n").Append(Markdown.Quote(view.Reason, 600)).Append("\n\n");
        text.Append(Edits(view.Plan));
        Rationale(text, view.Plan);
        text.Append("\n**Checks**\n\n");
        if (Append(text, view.Checks, check => $"- {Markdown.Inline(check.Name, 60)}: {Markdown.Code(check.Run)}\n", MaxBullets) is > 0 and var more)
            text.Append("- … ").Append(more).Append(" more\n");
        if (view.Checks.Count == 0)
            text.Append(CultureInfo.InvariantCulture, $"- none known: name them under `checks` in `{view.Terms.PolicyPath}`\n");
        Risk(text, view);
        Bullets(text, "Risks", view.Plan.Risks);
        Bullets(text, "Open questions", view.Plan.Questions);
        text.Append("\nExpected cost: ").Append(view.IsAmended ? "hardly more than so far" : view.CostIsKnown
                ? $"about {Markdown.Dollars(view.CostEstimateUsd)} (limit {Markdown.Dollars(view.CostLimitUsd)})"
                : "not known, because no price of the model is configured")
            .Append(" · base ").Append(Markdown.Code(Short(view.BaseSha)))
            .Append(HashWords(view.Hash)).Append("\n\n---\n");
        text.Append(view.NeedsApproval
            ? $"{(view.IsAmended ? "Nothing is published" : "Nothing is edited")} until someone with write access answers:\n\n- `/agent approve` — or `/agent approve {view.Hash}` to name this very plan\n- `/agent reject <why>` — {(view.IsAmended ? "the named changes are put back" : "a new plan is made")}\n- a comment that mentions me — {(view.IsAmended ? "what to do instead" : "wishes, and answers to questions, for a new plan")}\n"
            : "Work goes on. `/agent stop` ends it.\n");
        return text.ToString();
    }

    private static void Risk(StringBuilder text, PlanView view)
    {
        text.Append(view.NeedsApproval ? "\n**Needs approval because**\n\n" : $"\n**No approval needed:** {Markdown.Count(view.Plan.CountFiles(), "file")}, and nothing that the policy asks about.\n");
        if (view.NeedsApproval)
            Files(text, view.Because.DefaultIfEmpty(new RiskyFile("", "the policy asks for it")));
        if (view.Denied.Count == 0)
            return;
        text.Append("\n⛔ **The policy denies, and the change will be held back with**\n\n");
        Files(text, view.Denied);
    }

    private static void Files(StringBuilder text, IEnumerable<RiskyFile> files)
    {
        var byPath = files.GroupBy(f => f.Path, StringComparer.Ordinal).ToArray();
        var left = Append(text, byPath, g => $"- {(g.Key.Length > 0 ? Markdown.Code(g.Key) + " " : "")}{Markdown.Inline(string.Join("; ", g.Select(f => f.Why).Distinct(StringComparer.Ordinal)))}\n", MaxBullets);
        if (left > 0)
            text.Append("- … ").Append(left).Append(" more\n");
    }

    /// <summary>
    /// Whether a comment, as the forge has it, shows people this plan: under the title and, at most, a quoted reason it begins with what the
    /// plan wants to do, so that nothing before that can hide it; and it names the plan's hash.
    /// </summary>
    public static bool Shows(string body, Plan plan, string hash)
    {
        ArgumentNullException.ThrowIfNull(body);
        var text = Seen(body.ReplaceLineEndings("\n"));
        var edits = Edits(plan).TrimEnd();
        var at = text.IndexOf(Seen(edits), StringComparison.Ordinal);
        // What its parts make together may have been masked on the way out.
        if (at < 0)
            at = text.IndexOf(Seen(SecretShapes.Mask(edits)), StringComparison.Ordinal);
        return at > 0 && text.StartsWith(Title, StringComparison.Ordinal)
            && text[..at].Split('\n').Skip(1).All(line => line.Length == 0 || line == Anew || line.StartsWith('>'))
            && text.IndexOf(HashWords(hash), at, StringComparison.Ordinal) > 0;
    }

    // A comment may be from before words were parted where they are today; what people read is the same.
    private static string Seen(string text) => text.Replace("&#8203;", "", StringComparison.Ordinal).Replace("\u200B", "", StringComparison.Ordinal).Replace("&#36;", "$", StringComparison.Ordinal);

    private static string HashWords(string hash) => $" · plan hash {Markdown.Code(hash)}";

    /// <summary>The plan alone, for where no comment can be: a task without an issue.</summary>
    public static string Text(Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var text = new StringBuilder(Edits(plan));
        Rationale(text, plan);
        if (plan.Checks.Count > 0)
            Bullets(text, "Checks", plan.Checks);
        Bullets(text, "Risks", plan.Risks);
        Bullets(text, "Open questions", plan.Questions);
        return text.ToString();
    }

    /// <summary>What is left of a plan in whose place another one was made.</summary>
    /// <param name="version">The new one's version.</param>
    /// <param name="url">The new one's page.</param>
    public static string Superseded(int version, Uri url) =>
        $"### 🧭 Plan, replaced\n\nThis plan was not carried out: {Markdown.Link($"version {version}", url)} was made in its place. Answer that one; an answer to this one does not count.\n";

    private static string Edits(Plan plan)
    {
        var text = new StringBuilder();
        // What several repositories say shares the room that one has, and a little of it is for what each has to say beside its edits.
        var share = plan.Others is null ? 1 : plan.Others.Count + 2;
        Edits(text, plan, share);
        foreach (var other in plan.Others ?? [])
        {
            text.Append("\n#### In ").Append(Markdown.Code(other.Repository)).Append(" · base ").Append(Markdown.Code(Short(other.BaseSha))).Append("\n\n");
            Edits(text, other.Plan, share);
            Rationale(text, other.Plan, share);
            Bullets(text, "Checks", other.Plan.Checks, share * LessRoom);
            Bullets(text, "Risks", other.Plan.Risks, share * LessRoom);
            Bullets(text, "Open questions", other.Plan.Questions, share * LessRoom);
        }

        if (plan.Others is not null)
            text.Append("\n#### In all of them\n\nOne change in each repository, none of which is made ready before all are green.\n");
        return text.ToString();
    }

    private static void Edits(StringBuilder text, Plan plan, int share)
    {
        text.Append("**Goal:** ").Append(Markdown.Inline(plan.Goal, MaxText / share)).Append('\n');
        Bullets(text, "Constraints", plan.Constraints, share);
        Table(text, "Edits", plan.Edits, share);
        Table(text, "Tests", plan.Tests, share);
    }

    private static void Rationale(StringBuilder text, Plan plan, int share = 1)
    {
        if (plan.Rationale.Length > 0)
            text.Append("\n**Why this way:** ").Append(Markdown.Inline(plan.Rationale, MaxText / share)).Append('\n');
    }

    private static void Table(StringBuilder text, string title, IReadOnlyList<PlannedEdit> edits, int share)
    {
        if (edits.Count == 0)
            return;
        text.Append("\n**").Append(title).Append("**\n\n| File | Intent |\n|---|---|\n");
        var left = Append(text, edits, edit => $"| {Markdown.Code(edit.Path)} | {Markdown.Inline(edit.Intent)}{Touched(edit)} |\n", MaxTable / share);
        if (left > 0)
            text.Append("| … | ").Append(left).Append(" more |\n");
    }

    private static string Touched(PlannedEdit edit) => edit.Functions.Count == 0
        ? ""
        : $" — touches {string.Join(", ", edit.Functions.Take(MostFunctions).Select(f => Markdown.Code(TextCut.Head(f, LongestFunction, "…"))))}{(edit.Functions.Count > MostFunctions ? $" and {edit.Functions.Count - MostFunctions} more" : "")}";

    private static void Bullets(StringBuilder text, string title, IReadOnlyList<string> items, int share = 1)
    {
        if (items.Count == 0)
            return;
        text.Append("\n**").Append(title).Append("**\n\n");
        var left = Append(text, items, item => $"- {Markdown.Inline(item, 500)}\n", MaxBullets / share);
        if (left > 0)
            text.Append("- … ").Append(left).Append(" more\n");
    }

    /// <summary>Appends a line for each while there is room; says for how many there was none. Those are not written at all: a model may plan thousands.</summary>
    private static int Append<T>(StringBuilder text, IReadOnlyList<T> items, Func<T, string> write, int room)
    {
        for (var i = 0; i < items.Count; i++)
        {
            var line = write(items[i]);
            room -= line.Length;
            if (room < 0)
                return items.Count - i;
            text.Append(line);
        }

        return 0;
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
    /// <summary>How the forge calls things.</summary>
    public ForgeTerms Terms { get; init; } = ForgeTerms.Usual;

    /// <summary>Why it needs approval: files with what they do, or the whole (with an empty path).</summary>
    public IReadOnlyList<RiskyFile> Because { get; init; } = [];

    /// <summary>Files of the plan that the policy denies.</summary>
    public IReadOnlyList<RiskyFile> Denied { get; init; } = [];

    /// <summary>True for a plan that work went by already, with more files in it.</summary>
    public bool IsAmended { get; init; }

    /// <summary>False when a model was used whose price is not configured.</summary>
    public bool CostIsKnown { get; init; } = true;
}
