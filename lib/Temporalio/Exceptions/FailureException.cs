using Temporalio.Protocol.Failures;

namespace Temporalio.Exceptions;

/// <summary>
/// A failure as Temporal records it. Thrown from a workflow it fails the workflow; any other exception only fails the task,
/// so that a corrected deployment can resume.
/// </summary>
public class FailureException : TemporalException
{
    /// <summary>Creates a failure raised by this process.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="inner">What caused it.</param>
    protected internal FailureException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    internal FailureException(Failure failure, Exception? inner)
        : base(failure.Message, inner) => Recorded = failure;

    /// <summary>Stack trace: the remote one when the failure came over the wire.</summary>
    public override string? StackTrace =>
        Recorded is { StackTrace.Length: > 0 } failure ? failure.StackTrace : base.StackTrace;

    /// <summary>The failure as it came over the wire; null when raised here.</summary>
    internal Failure? Recorded { get; }
}
