using Temporalio.Protocol.Failures;
using RetryState = Temporalio.Api.Enums.V1.RetryState;

namespace Temporalio.Exceptions;

/// <summary>An activity failed for good; the reason is the inner exception.</summary>
public class ActivityFailureException : FailureException
{
    internal ActivityFailureException(Failure failure, Exception? inner)
        : base(failure, inner)
    {
        var info = failure.ActivityFailureInfo;
        Identity = info.Identity.Length == 0 ? null : info.Identity;
        ActivityType = info.ActivityType?.Name ?? string.Empty;
        ActivityId = info.ActivityId;
        RetryState = (RetryState)(int)info.RetryState;
    }

    /// <summary>Worker that ran the last attempt, when one did.</summary>
    public string? Identity { get; }

    /// <summary>Name of the activity.</summary>
    public string ActivityType { get; }

    /// <summary>Id of the activity in its workflow.</summary>
    public string ActivityId { get; }

    /// <summary>Why it is not retried any more.</summary>
    public RetryState RetryState { get; }
}
