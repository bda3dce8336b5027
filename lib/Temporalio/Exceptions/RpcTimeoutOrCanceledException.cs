namespace Temporalio.Exceptions;

/// <summary>A call that follows another operation ran out of time or was cancelled by its caller.</summary>
public class RpcTimeoutOrCanceledException : TemporalException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was waited for.</param>
    /// <param name="inner">What ended the wait.</param>
    public RpcTimeoutOrCanceledException(string message, Exception? inner)
        : base(message, inner)
    {
    }
}
