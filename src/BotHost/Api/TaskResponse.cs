using System.Text.Json.Serialization;
using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Flows;
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
    string Id, string WorkflowId, string RunId, string Repo,
    [property: JsonConverter(typeof(JsonStringEnumConverter<TaskKind>))] TaskKind Kind, [property: JsonConverter(typeof(JsonStringEnumConverter<TaskState>))] TaskState Status, string Step, string Reason, string Title,
    string RequestedBy, int? Issue, int? Pull, string? Branch, string? HeadSha, long InputTokens, long OutputTokens, decimal CostUsd,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>False when a model was used whose price is not configured: what it cost is not in the cost.</summary>
    public bool CostIsKnown { get; init; } = true;

    /// <summary>Id of the OpenTelemetry trace that the task began in and works in; null where traces were not taken then.</summary>
    public string? TraceId { get; init; }

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

    /// <summary>The pull request; null while there is none.</summary>
    public TaskPull? PullRequest { get; init; }

    /// <summary>What CI says about the head the task recorded last; null in lists.</summary>
    public TaskCi? Ci { get; init; }

    /// <summary>What the service's own checks said of the work as it stands; null while they have not, and in lists.</summary>
    public TaskChecks? Checks { get; init; }

    /// <summary>What a reviewer should look at first in what was published last, or why it was not, a line each; empty in lists. What the plan itself names is in the plan.</summary>
    public IReadOnlyList<string> Risk { get; init; } = [];

    /// <summary>What each gate said of what was published last, or why it was not; empty before that, and in lists.</summary>
    public IReadOnlyList<TaskSummary.Verdict> Verdicts { get; init; } = [];

    /// <summary>What was proved beside the checks, a line each: a test that fails without the change and passes with it. Empty in lists.</summary>
    public IReadOnlyList<string> Proved { get; init; } = [];

    /// <summary>What was used of what the policy allows; null before the policy is read, and in lists.</summary>
    public TaskSummary.Allowance? Budget { get; init; }

    /// <summary>From the projection, with the plan and what is known of the work.</summary>
    public static TaskResponse Whole(TaskSummary t) => From(t) with
    {
        Plan = t.Plan is null ? null : TaskPlan.From(t.Plan, t.State),
        Ci = new TaskCi(t.Ci, t.CiRemarks),
        Checks = t.CheckedTree is null ? null : new TaskChecks(t.CheckedTree, t.Checks.Count > 0 && t.Checks.All(c => c.Passed), t.Checks),
        Risk = t.Risks,
        Verdicts = t.Verdicts,
        Proved = t.Proved,
        Budget = t.Budget,
    };

    /// <summary>From the projection, for a list.</summary>
    public static TaskResponse From(TaskSummary t) => new(
        t.Id.ToString(), t.Id.ToString(), t.RunId, t.Repo.ToString(), t.Kind, t.State, t.Step, t.Reason, t.Title,
        t.RequestedBy, t.Issue, t.Pull, t.Branch, t.HeadSha, t.InputTokens, t.OutputTokens, t.CostUsd, t.CreatedAt, t.UpdatedAt)
    {
        CostIsKnown = t.CostIsKnown,
        TraceId = t.TraceId,
        Models = t.Models,
        Agents = t.Agents,
        Variant = t.Variant,
        Warnings = t.Warnings,
        PullRequest = t.Pull is { } number ? new TaskPull(number, t.PullUrl, t.PullIsDraft) : null,
        Parts = [.. t.Parts.Select(p => new TaskPartResponse(p.Id?.ToString(), p.Name, p.State, p.Pull))],
    };
}

/// <summary>A part of a task as REST shows it.</summary>
/// <param name="Id">Id of the task that carries it out; null before it begins.</param>
/// <param name="Name">What it is.</param>
/// <param name="State">How it stands, in a word or two.</param>
/// <param name="Pull">Its pull request, once there is one.</param>
public sealed record TaskPartResponse(string? Id, string Name, string State, int? Pull);

/// <summary>A task's pull request as REST shows it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Url">Its page; null for a task that was last told of before this was kept.</param>
/// <param name="Draft">Whether the task keeps it a draft; null as above.</param>
public sealed record TaskPull(int Number, Uri? Url, bool? Draft);

/// <summary>What CI says, as REST shows it.</summary>
/// <param name="Verdict"><c>None</c>, <c>Pending</c>, <c>Green</c>, <c>Red</c> or <c>Unsettled</c> (all concluded, none failed, and some say nothing).</param>
/// <param name="Remarks">What people should know beside it, a line each: outside text.</param>
public sealed record TaskCi([property: JsonConverter(typeof(JsonStringEnumConverter<CiVerdict>))] CiVerdict Verdict, IReadOnlyList<string> Remarks);

/// <summary>What the service's own checks said, as REST shows it.</summary>
/// <param name="TreeId">Git tree they ran on.</param>
/// <param name="Green">True when at least one ran and all passed.</param>
/// <param name="Results">Each.</param>
public sealed record TaskChecks(string TreeId, bool Green, IReadOnlyList<TaskSummary.Check> Results);

/// <summary>A task's plan as REST shows it.</summary>
/// <param name="Hash">What an approval may name.</param>
/// <param name="Version">1 for the first.</param>
/// <param name="WaitsForApproval">Whether the task waits for an answer to it.</param>
/// <param name="ApprovedBy">Who approved it, or <c>the policy</c>.</param>
/// <param name="Text">The plan in Markdown: model output.</param>
/// <param name="Content">The same as data: model output.</param>
public sealed record TaskPlan(string Hash, int Version, bool WaitsForApproval, string? ApprovedBy, string Text, Plan Content)
{
    /// <summary>From the projection.</summary>
    public static TaskPlan From(ShownPlan plan, TaskState state) =>
        new(plan.Hash, plan.Version, state == TaskState.AwaitingApproval, plan.ApprovedBy, PlanComment.Text(plan.Plan), plan.Plan);
}
