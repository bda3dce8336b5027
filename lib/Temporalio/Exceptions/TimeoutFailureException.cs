using Temporalio.Converters;
using Temporalio.Protocol.Failures;
using TimeoutType = Temporalio.Api.Enums.V1.TimeoutType;

namespace Temporalio.Exceptions;

/// <summary>A timeout of an activity or workflow passed.</summary>
public class TimeoutFailureException : FailureException
{
    internal TimeoutFailureException(Failure failure, Exception? inner, IPayloadConverter converter)
        : base(failure, inner)
    {
        TimeoutType = (TimeoutType)(int)failure.TimeoutFailureInfo.TimeoutType;
        LastHeartbeatDetails = InboundFailureDetails.From(converter, failure.TimeoutFailureInfo.LastHeartbeatDetails);
    }

    /// <summary>Which timeout passed.</summary>
    public TimeoutType TimeoutType { get; }

    /// <summary>What the activity recorded with its last heartbeat.</summary>
    public InboundFailureDetails LastHeartbeatDetails { get; protected init; }
}
