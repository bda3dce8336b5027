using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Flows.CodingTask;

/// <summary>The checklist of the status comment, computed from the state.</summary>
public static class StatusSteps
{
    /// <summary>The steps.</summary>
    public static IReadOnlyList<StatusStep> Of(CodingTaskState s, TaskKind kind)
    {
        var steps = new List<StatusStep>();
        var failed = s.State == TaskState.Failed;
        void Step(string name, bool done, bool now, string detail = "", Uri? link = null) =>
            steps.Add(new StatusStep(name, done ? StepMark.Done : now ? failed ? StepMark.Failed : StepMark.Now : StepMark.Todo, detail, link));

        var published = s.Pull is not null && s.HeadSha is not null;
        if (kind == TaskKind.Implement)
        {
            var planned = s.Plan is not null && s.PlanPostedAt is not null;
            Step("Plan", planned, !planned, planned ? $"hash {s.PlanHash}" : "", s.PlanUrl);
            Step("Approval", s.ApprovedBy is not null, planned && s.ApprovedBy is null, s.ApprovedBy is null ? "" : $"by {s.ApprovedBy}");
        }

        var started = kind == TaskKind.Fix || s.ApprovedBy is not null;
        var checks = s.Evidence is { Checks.Count: > 0 } e ? $"{e.Checks.Count(c => c.Passed)} of {e.Checks.Count} passed" : "";
        Step("Edit", published || s.Report is not null, started && s.Report is null);
        Step("Checks in the sandbox", published || s.Evidence is { Green: true }, s.Report is not null && !published, checks);
        Step("Pull request", published, s.Evidence is { Green: true } && !published, s.Pull is { } n ? $"number {n}" : "", s.PullUrl);
        Step("CI green", published && s.Ci == CiVerdict.Green, published && s.Ci != CiVerdict.Green, s.CiAttempts > 0 ? $"mended {Markdown.Count(s.CiAttempts, "time")}" : "");
        Step("Review", s.ReviewApproved || s.State == TaskState.Merged, s.IsReady && !s.ReviewApproved && s.State != TaskState.Merged, s.ReviewCycles > 0 ? $"{s.ReviewCycles} answered" : "");
        Step("Merge by a person", s.State == TaskState.Merged, s.State == TaskState.ReadyToMerge);
        return steps;
    }
}
