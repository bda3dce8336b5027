using Temporalio.Api.Enums.V1;
using Temporalio.Converters;
using Temporalio.Protocol.Failures;

namespace Temporalio.Exceptions;

/// <summary>
/// A failure raised by application code. Ordinary exceptions of activities become one whose <see cref="ErrorType" /> is the
/// exception's type name.
/// </summary>
public class ApplicationFailureException : FailureException
{
    /// <summary>Creates a failure.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="errorType">Name that retry policies and handlers match on.</param>
    /// <param name="nonRetryable">True when trying again cannot help.</param>
    /// <param name="details">Values recorded with the failure.</param>
    /// <param name="nextRetryDelay">Delay before the next attempt, in place of the retry policy's.</param>
    /// <param name="category">How loud the failure should be.</param>
    public ApplicationFailureException(
        string message,
        string? errorType = null,
        bool nonRetryable = false,
        IReadOnlyCollection<object?>? details = null,
        TimeSpan? nextRetryDelay = null,
        ApplicationErrorCategory category = ApplicationErrorCategory.Unspecified)
        : this(message, null, errorType, nonRetryable, details, nextRetryDelay, category)
    {
    }

    /// <summary>Creates a failure with a cause.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="inner">What caused it.</param>
    /// <param name="errorType">Name that retry policies and handlers match on.</param>
    /// <param name="nonRetryable">True when trying again cannot help.</param>
    /// <param name="details">Values recorded with the failure.</param>
    /// <param name="nextRetryDelay">Delay before the next attempt, in place of the retry policy's.</param>
    /// <param name="category">How loud the failure should be.</param>
    public ApplicationFailureException(
        string message,
        Exception? inner,
        string? errorType = null,
        bool nonRetryable = false,
        IReadOnlyCollection<object?>? details = null,
        TimeSpan? nextRetryDelay = null,
        ApplicationErrorCategory category = ApplicationErrorCategory.Unspecified)
        : base(message, inner)
    {
        ErrorType = errorType;
        NonRetryable = nonRetryable;
        Details = new OutboundFailureDetails(details);
        NextRetryDelay = nextRetryDelay;
        Category = category;
    }

    internal ApplicationFailureException(Failure failure, Exception? inner, IPayloadConverter converter)
        : base(failure, inner)
    {
        var info = failure.ApplicationFailureInfo;
        ErrorType = info.Type.Length == 0 ? null : info.Type;
        NonRetryable = info.NonRetryable;
        Details = InboundFailureDetails.From(converter, info.Details);
        NextRetryDelay = info.NextRetryDelay?.ToTimeSpan();
        Category = (ApplicationErrorCategory)(int)info.Category;
    }

    /// <summary>Name that retry policies and handlers match on.</summary>
    public string? ErrorType { get; protected init; }

    /// <summary>True when trying again cannot help.</summary>
    public bool NonRetryable { get; protected init; }

    /// <summary>Values recorded with the failure.</summary>
    public IFailureDetails Details { get; protected init; }

    /// <summary>Delay before the next attempt, in place of the retry policy's.</summary>
    public TimeSpan? NextRetryDelay { get; protected init; }

    /// <summary>How loud the failure should be.</summary>
    public ApplicationErrorCategory Category { get; protected init; }
}
