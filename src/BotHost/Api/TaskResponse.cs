using CodingAgent.Agents;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Api;

/// <summary>A task as REST shows it.</summary>
/// <param name="Id">Task id, also the workflow id; percent-encode it in paths.</param>
/// <param name="WorkflowId">Workflow id.</param>
/// <param name="RunId">Workflow run id.</param>
/// <param name="Repo">Repository.</param>
/// <param name="Kind">Kind of work.</param>
/// <param name="Status">State.</param>
/// <param name="Step">Current step in words.</param>
/// <param name="Reason">Why it ended or waits; empty when neither.</param>
/// <param name="Title">Issue title or goal.</param>
/// <param name="RequestedBy">Who asked.</param>
/// <param name="Issue">Issue number.</param>
/// <param name="Pull">Pull request number.</param>
/// <param name="Branch">Branch.</param>
/// <param name="HeadSha">Head the task recorded last.</param>
/// <param name="InputTokens">Input tokens so far.</param>
/// <param name="OutputTokens">Output tokens so far.</param>
/// <param name="CostUsd">US dollars so far, by the configured prices.</param>
/// <param name="CreatedAt">Start.</param>
/// <param name="UpdatedAt">Last change.</param>
public sealed record TaskResponse(
    string Id, string WorkflowId, string RunId, string Repo, string Kind, string Status, string Step, string Reason, string Title,
    string RequestedBy, int? Issue, int? Pull, string? Branch, string? HeadSha, long InputTokens, long OutputTokens, decimal CostUsd,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>False when a model was used whose price is not configured: what it cost is not in the cost.</summary>
    public bool CostIsKnown { get; init; } = true;

    /// <summary>Which models answered, what each used and cost.</summary>
    public IReadOnlyList<ModelUse> Models { get; init; } = [];

    /// <summary>Which agents worked, by which version of their prompts, what each used and cost.</summary>
    public IReadOnlyList<AgentUse> Agents { get; init; } = [];

    /// <summary>Name of the prompt variant that the task was given (<c>Agents:Variants</c>); empty for the prompts of the release.</summary>
    public string Variant { get; init; } = "";

    /// <summary>What people should know from the start, a line each: a policy file that is not read, rules that refuse pushes.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What the task is divided into; empty for a task that is not.</summary>
    public IReadOnlyList<TaskPartResponse> Parts { get; init; } = [];

    /// <summary>The plan that was shown; null while there is none, and in lists.</summary>
    public TaskPlan? Plan { get; init; }

    /// <summary>From the projection, with the plan.</summary>
    public static TaskResponse Whole(TaskSummary t) => From(t) with { Plan = t.Plan is null ? null : TaskPlan.From(t.Plan, t.State) };

    /// <summary>From the projection, for a list.</summary>
    public static TaskResponse From(TaskSummary t) => new(
        t.Id.ToString(), t.Id.ToString(), t.RunId, t.Repo.ToString(), t.Kind.ToString(), t.State.ToString(), t.Step, t.Reason, t.Title,
        t.RequestedBy, t.Issue, t.Pull, t.Branch, t.HeadSha, t.InputTokens, t.OutputTokens, t.CostUsd, t.CreatedAt, t.UpdatedAt)
    {
        CostIsKnown = t.CostIsKnown,
        Models = t.Models,
        Agents = t.Agents,
        Variant = t.Variant,
        Warnings = t.Warnings,
        Parts = [.. t.Parts.Select(p => new TaskPartResponse(p.Id?.ToString(), p.Name, p.State, p.Pull))],
    };
}

/// <summary>A part of a task as REST shows it.</summary>
/// <param name="Id">Id of the task that carries it out; null before it begins.</param>
/// <param name="Name">What it is.</param>
/// <param name="State">How it stands, in a word or two.</param>
/// <param name="Pull">Its pull request, once there is one.</param>
public sealed record TaskPartResponse(string? Id, string Name, string State, int? Pull);

/// <summary>A task's plan as REST shows it.</summary>
/// <param name="Hash">What an approval may name.</param>
/// <param name="Version">1 for the first.</param>
/// <param name="WaitsForApproval">Whether the task waits for an answer to it.</param>
/// <param name="ApprovedBy">Who approved it, or <c>the policy</c>.</param>
/// <param name="Text">The plan in Markdown: model output.</param>
public sealed record TaskPlan(string Hash, int Version, bool WaitsForApproval, string? ApprovedBy, string Text)
{
    /// <summary>From the projection.</summary>
    public static TaskPlan From(ShownPlan plan, TaskState state) =>
        new(plan.Hash, plan.Version, state == TaskState.AwaitingApproval, plan.ApprovedBy, PlanComment.Text(plan.Plan));
}
