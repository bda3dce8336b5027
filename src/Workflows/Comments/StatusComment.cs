using System.Text;
using CodingAgent.Forges;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Comments;

/// <summary>The one live status comment of a task, edited in place.</summary>
public static class StatusComment
{
    private const int MostParts = 60;

    /// <summary>Builds the comment.</summary>
    /// <param name="view">What it shows.</param>
    /// <param name="terms">How the forge calls things.</param>
    public static string Build(StatusView view, ForgeTerms? terms = null)
    {
        terms ??= ForgeTerms.Usual;
        var text = new StringBuilder();
        text.Append("### ").Append(Headline(view.State)).Append("\n\n");
        foreach (var step in view.Steps)
        {
            text.Append(step.Mark == StepMark.Done ? "- [x] " : "- [ ] ");
            text.Append(step.Mark switch { StepMark.Now => "⏳ ", StepMark.Failed => "❌ ", _ => "" });
            text.Append(Markdown.Link(terms.Say(step.Name), step.Link));
            if (step.Detail.Length > 0)
                text.Append(" — ").Append(Markdown.Inline(step.Detail, 120));
            text.Append('\n');
        }

        Parts(text, view.Parts, terms);
        if (view.Current.Length > 0)
            text.Append("\n**Now:** ").Append(Markdown.Inline(terms.Say(view.Current))).Append('\n');
        if (view.Note.Length > 0)
            text.Append("\n**Note:** ").Append(Markdown.Inline(terms.Say(view.Note), 1_000)).Append('\n');
        foreach (var remark in view.Remarks.Take(12))
            text.Append("\n- ").Append(Markdown.Inline(terms.Say(remark), 300));
        if (view.Remarks.Count > 0)
            text.Append('\n');
        if (view.Overheard > 0)
        {
            text.Append("\n**Not taken as remarks to me:** ").Append(Markdown.Count(view.Overheard, "comment")).Append(", the last by ").Append(Markdown.Inline(view.OverheardFrom, 60))
                .Append(". A comment counts when it mentions ").Append(Name(view)).Append(" or gives a command (`review.comments` of the policy).\n");
        }

        text.Append("\nCost so far: ").Append(view.CostIsKnown
                // Before the policy is read nobody knows a limit.
                ? Markdown.Dollars(view.CostUsd) + (view.CostLimitUsd > 0 ? $" of {Markdown.Dollars(view.CostLimitUsd)}" : "")
                : $"not known, because no price of the model is configured{(view.CostUsd > 0 ? $" (at least {Markdown.Dollars(view.CostUsd)})" : "")}; the limit is in tokens")
            .Append(" · ").Append(Markdown.Count(view.InputTokens)).Append(" tokens in, ").Append(Markdown.Count(view.OutputTokens))
            .Append(" out").Append(view.PartTokens > 0 ? $", {Markdown.Count(view.PartTokens)} by the parts" : "").Append(view.EstimatedRequests > 0 ? $" (estimated for {Markdown.Count(view.EstimatedRequests, "request")} that the endpoint did not count)" : "").Append(" · ").Append(Markdown.Span(view.Active)).Append(" of work\n");
        text.Append("Asked for by ").Append(Markdown.Inline(view.RequestedBy, 60)).Append('\n');
        text.Append("\n<sub>").Append(terms.Say(Steer(view))).Append(view.Page is { } page ? $" {Markdown.Link("Watch it", page)}." : "").Append("</sub>\n");
        return text.ToString();
    }

    private static void Parts(StringBuilder text, IReadOnlyList<PartLine> parts, ForgeTerms terms)
    {
        if (parts.Count == 0)
            return;
        text.Append(terms.Say("\n| Part | State | Pull request | |\n|---|---|---|---|\n"));
        foreach (var part in parts.Take(MostParts))
        {
            text.Append("| ").Append(Markdown.Inline(part.Name, 120)).Append(" | ").Append(part.Word).Append(" | ")
                .Append(part.Pull is { } number ? Markdown.Link($"number {number}", part.Url) : "").Append(" | ").Append(Markdown.Inline(part.Words, 200)).Append(" |\n");
        }

        if (parts.Count > MostParts)
            text.Append("| … ").Append(parts.Count - MostParts).Append(" more | | | |\n");
    }

    private static string Headline(TaskState state) => state switch
    {
        TaskState.Queued or TaskState.Authorizing => "👀 Coding Agent has taken this up",
        TaskState.Planning => "🧭 Coding Agent is planning",
        TaskState.AwaitingApproval => "✋ Coding Agent waits for the plan to be approved",
        TaskState.Preparing or TaskState.Editing => "🛠️ Coding Agent is editing",
        TaskState.Verifying => "🧪 Coding Agent is running the checks",
        TaskState.Critiquing => "🔎 Coding Agent is reviewing its own change",
        TaskState.Publishing => "📦 Coding Agent is publishing",
        TaskState.AwaitingCi => "⏱️ Coding Agent waits for CI",
        TaskState.AwaitingReview => "👋 Coding Agent waits for a review",
        TaskState.AddressingFeedback => "🛠️ Coding Agent is addressing feedback",
        TaskState.ReadyToMerge => "✅ Approved and green: ready to merge",
        TaskState.Merged => "🎉 Merged",
        TaskState.Closed => "🚪 Closed",
        TaskState.Stopped => "🛑 Stopped",
        _ => "❌ Failed",
    };

    private static string Name(StatusView view) => view.Bot.Length > 0 ? Markdown.Code($"@{view.Bot}", 60) : "me";

    private static string Steer(StatusView view) => view.State switch
    {
        TaskState.AwaitingApproval =>
            $"Answer with `/agent approve` or `/agent reject <why>`; a comment that mentions {Name(view)} is taken into a new plan. `/agent stop` ends the task.",
        TaskState.AwaitingReview or TaskState.AwaitingCi or TaskState.ReadyToMerge =>
            $"Review the pull request as any other: requested changes are addressed, and so is a comment that mentions {Name(view)}. `/agent fix` mends CI and open remarks, `/agent stop` ends the task.",
        TaskState.Merged => "This task has ended: its change is merged. For what is still to do, open a new issue.",
        TaskState.Closed or TaskState.Stopped or TaskState.Failed =>
            "This task has ended; the branch stays. Label the issue again or comment `/agent implement` for a new one.",
        _ => $"A comment that mentions {Name(view)} steers the next step; `/agent stop` ends the task and leaves the branch. `/agent help` lists all commands.",
    };
}

/// <summary>What the status comment shows.</summary>
/// <param name="State">State of the task.</param>
/// <param name="RequestedBy">Who asked.</param>
/// <param name="Current">What happens now, in words.</param>
/// <param name="Steps">Checklist.</param>
/// <param name="Note">Something people must know or do; empty for none. May hold outside text.</param>
/// <param name="InputTokens">Input tokens so far.</param>
/// <param name="OutputTokens">Output tokens so far.</param>
/// <param name="CostUsd">Cost so far, US dollars.</param>
/// <param name="CostLimitUsd">Cost limit, US dollars.</param>
/// <param name="Active">Working time so far.</param>
public sealed record StatusView(
    TaskState State, string RequestedBy, string Current, IReadOnlyList<StatusStep> Steps, string Note,
    long InputTokens, long OutputTokens, decimal CostUsd, decimal CostLimitUsd, TimeSpan Active)
{
    /// <summary>What the task is divided into; empty for a task that is not.</summary>
    public IReadOnlyList<PartLine> Parts { get; init; } = [];

    /// <summary>Tokens that the parts used.</summary>
    public long PartTokens { get; init; }

    /// <summary>What else was found about the repository, a line each: outside text.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>How many comments were not taken for remarks to the task.</summary>
    public int Overheard { get; init; }

    /// <summary>Who wrote the last of them.</summary>
    public string OverheardFrom { get; init; } = "";

    /// <summary>How people mention the bot; empty while nobody has asked the forge.</summary>
    public string Bot { get; init; } = "";

    /// <summary>Where people see the task at work; null for nowhere.</summary>
    public Uri? Page { get; init; }

    /// <summary>False when a model was used whose price is not configured.</summary>
    public bool CostIsKnown { get; init; } = true;

    /// <summary>How many requests were not counted by the endpoint; their tokens are estimated.</summary>
    public int EstimatedRequests { get; init; }
}

/// <summary>One line of the table of parts.</summary>
/// <param name="Name">What the part is; may hold outside text.</param>
/// <param name="Word">How it stands, in a word or two.</param>
/// <param name="Pull">Its pull request, once there is one.</param>
/// <param name="Url">Page of that.</param>
/// <param name="Words">What people should know; may hold outside text.</param>
public sealed record PartLine(string Name, string Word, int? Pull, Uri? Url, string Words);

/// <summary>One line of the status checklist.</summary>
/// <param name="Name">What the step is.</param>
/// <param name="Mark">How far it is.</param>
/// <param name="Detail">Short addition, such as a count; empty for none. May hold outside text.</param>
/// <param name="Link">Page that shows its result.</param>
public sealed record StatusStep(string Name, StepMark Mark, string Detail = "", Uri? Link = null);

/// <summary>How far a step of the checklist is.</summary>
public enum StepMark
{
    /// <summary>Not begun.</summary>
    Todo,

    /// <summary>Now.</summary>
    Now,

    /// <summary>Done.</summary>
    Done,

    /// <summary>Failed.</summary>
    Failed,
}
