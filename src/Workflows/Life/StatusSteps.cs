using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Life;

/// <summary>The checklist of the status comment, computed from the state.</summary>
public static class StatusSteps
{
    /// <summary>The steps.</summary>
    public static IReadOnlyList<StatusStep> Of(CodingTaskState s, bool isOnPull)
    {
        var steps = new List<StatusStep>();
        var failed = s.Progress.State == TaskState.Failed;
        void Step(string name, bool done, bool now, string detail = "", Uri? link = null) =>
            steps.Add(new StatusStep(name, done ? StepMark.Done : now ? failed ? StepMark.Failed : StepMark.Now : StepMark.Todo, detail, link));

        var (pull, merged) = (s.Pull, s.Progress.State == TaskState.Merged);
        var published = pull.IsPublished;
        if (!isOnPull)
        {
            var planned = s.Plan is { Current: not null, PostedAt: not null };
            Step("Plan", planned, !planned, planned ? $"hash {s.Plan.Hash}" : "", s.Plan.Url);
            Step("Approval", s.Plan.ApprovedBy is not null, planned && s.Plan.ApprovedBy is null, s.Plan.ApprovedBy is null ? "" : $"by {s.Plan.ApprovedBy}");
        }

        if (s.Parts.AreOut)
        {
            var over = s.Parts.Parts.Count(p => p.IsOver);
            Step("Parts, each with a pull request of its own", over == s.Parts.Parts.Count, now: true, $"{over} of {s.Parts.Parts.Count} over");
            return steps;
        }

        var started = isOnPull || s.Plan.ApprovedBy is not null;
        var checks = s.Work.Evidence is { Checks.Count: > 0 } e ? $"{e.Checks.Count(c => c.Passed)} of {e.Checks.Count} passed" : "";
        Step("Edit", published || s.Work.Report is not null, started && s.Work.Report is null);
        Step("Checks in the sandbox", published || s.Work.Evidence is { Green: true }, s.Work.Report is not null && !published, checks);
        Step("Pull request", published, s.Work.Evidence is { Green: true } && !published, pull.Number is { } n ? $"number {n}" : "", pull.Url);
        var mended = pull.CiAttempts > 0 ? $"mended {Markdown.Count(pull.CiAttempts, "time")}" : "";
        Step("CI green", published && pull.Ci == CiVerdict.Green, published && pull.Ci != CiVerdict.Green, mended);
        var answered = pull.ReviewCycles > 0 ? $"{pull.ReviewCycles} answered" : "";
        Step("Review", pull.ReviewApproved || merged, pull.IsReady && !pull.ReviewApproved && !merged, answered);
        Step("Merge by a person", merged, s.Progress.State == TaskState.ReadyToMerge);
        return steps;
    }
}
