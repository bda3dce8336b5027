using Temporalio.Protocol.Failures;

namespace Temporalio.Exceptions;

/// <summary>A failure raised by the server itself.</summary>
public class ServerFailureException : FailureException
{
    internal ServerFailureException(Failure failure, Exception? inner)
        : base(failure, inner) => NonRetryable = failure.ServerFailureInfo.NonRetryable;

    /// <summary>True when trying again cannot help.</summary>
    public bool NonRetryable { get; }
}
