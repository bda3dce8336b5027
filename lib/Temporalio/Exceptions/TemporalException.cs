namespace Temporalio.Exceptions;

/// <summary>Root of every exception this SDK defines.</summary>
public abstract class TemporalException : Exception
{
    /// <summary>Creates the exception without a message.</summary>
    protected TemporalException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong.</param>
    protected TemporalException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="inner">What caused it.</param>
    protected TemporalException(string message, Exception? inner)
        : base(message, inner)
    {
    }

    /// <summary>
    /// Whether an exception stands for cancellation: .NET's own, Temporal's, or an activity or child workflow failure caused by it.
    /// </summary>
    /// <param name="e">Exception to look at.</param>
    /// <returns>True for a cancellation in any of these forms.</returns>
    public static bool IsCanceledException(Exception e) =>
        e is OperationCanceledException or CanceledFailureException
            || (e is ActivityFailureException or ChildWorkflowFailureException && e.InnerException is CanceledFailureException);
}
