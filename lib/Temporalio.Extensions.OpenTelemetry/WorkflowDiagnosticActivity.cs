using System.Diagnostics;
using Temporalio.Workflows;

namespace Temporalio.Extensions.OpenTelemetry;

/// <summary>
/// A span as workflow code holds it. A workflow may go on in another process days later, where no <see cref="System.Diagnostics.Activity" />
/// of its past lives on, so the real span is stopped at once and this stands for it as parent of what follows.
/// </summary>
public class WorkflowDiagnosticActivity : IDisposable
{
    private static readonly AsyncLocal<WorkflowDiagnosticActivity?> CurrentLocal = new();

    internal WorkflowDiagnosticActivity(
        Activity? activity, ActivityContext context, IReadOnlyCollection<KeyValuePair<string, object?>>? tags)
    {
        if (!Workflow.InWorkflow)
        {
            throw new InvalidOperationException("Not in a workflow.");
        }

        Activity = activity;
        Context = context;
        Tags = tags;
        Parent = Current;
        CurrentLocal.Value = this;
    }

    /// <summary>The innermost one here.</summary>
    public static WorkflowDiagnosticActivity? Current => CurrentLocal.Value;

    /// <summary>The one around it.</summary>
    public WorkflowDiagnosticActivity? Parent { get; private init; }

    /// <summary>Context that spans within it have as parent.</summary>
    public ActivityContext Context { get; private init; }

    /// <summary>The span, stopped already; null in replay, when nobody listens, or when the context came from elsewhere.</summary>
    public Activity? Activity { get; private init; }

    /// <summary>Tags that spans within it inherit.</summary>
    public IReadOnlyCollection<KeyValuePair<string, object?>>? Tags { get; private init; }

    /// <summary>Makes a context from elsewhere the current one.</summary>
    /// <param name="context">The context.</param>
    /// <param name="tags">Tags that spans within it inherit.</param>
    /// <returns>To be disposed where it ends.</returns>
    public static WorkflowDiagnosticActivity AttachFromContext(
        ActivityContext context, IReadOnlyCollection<KeyValuePair<string, object?>>? tags = null) => new(null, context, tags);

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the one around it the current one again.</summary>
    /// <param name="disposing">Whether called by <see cref="Dispose()" />.</param>
    protected virtual void Dispose(bool disposing) => CurrentLocal.Value = Parent;
}
