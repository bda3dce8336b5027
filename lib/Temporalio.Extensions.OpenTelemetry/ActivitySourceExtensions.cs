using System.Diagnostics;
using Temporalio.Workflows;

namespace Temporalio.Extensions.OpenTelemetry;

/// <summary>Spans for workflow code.</summary>
public static class ActivitySourceExtensions
{
    /// <summary>Starts and stops a span at once, and makes it the parent of what follows. Replay makes none.</summary>
    /// <param name="source">Source of the span.</param>
    /// <param name="name">Its name.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="links">Its links.</param>
    /// <param name="evenOnReplay">Make it in replay too; for queries only.</param>
    /// <param name="inheritParentTags">Put the parent's tags before its own.</param>
    /// <param name="updateActivity">Changes the span before it is stopped.</param>
    /// <returns>To be disposed where it ends as parent.</returns>
    /// <exception cref="InvalidOperationException">This code does not run in a workflow.</exception>
    public static WorkflowDiagnosticActivity TrackWorkflowDiagnosticActivity(
        this ActivitySource source,
        string name,
        ActivityKind kind = ActivityKind.Internal,
        IEnumerable<KeyValuePair<string, object?>>? tags = null,
        IEnumerable<ActivityLink>? links = null,
        bool evenOnReplay = false,
        bool inheritParentTags = true,
        Action<Activity>? updateActivity = null)
    {
        if (!Workflow.InWorkflow)
        {
            throw new InvalidOperationException("Not in a workflow.");
        }

        var parent = WorkflowDiagnosticActivity.Current;
        var inherited = inheritParentTags ? parent?.Tags : null;
        var parentContext = parent?.Context ?? default;
        Activity? activity = null;
        if (!Workflow.Unsafe.IsReplaying || evenOnReplay)
        {
            activity = source.StartActivity(name, kind, parentContext, tags, links);
            if (activity is not null)
            {
                updateActivity?.Invoke(activity);
                activity.Stop();
            }
        }

        return new(activity, activity?.Context ?? parentContext, inherited is null && tags is null ? null : [.. inherited ?? [], .. tags ?? []]);
    }
}
