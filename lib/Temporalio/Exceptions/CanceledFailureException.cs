using Temporalio.Converters;
using Temporalio.Protocol.Failures;

namespace Temporalio.Exceptions;

/// <summary>Work ended because it was cancelled.</summary>
public class CanceledFailureException : FailureException
{
    internal CanceledFailureException(string message)
        : base(message) => Details = new OutboundFailureDetails(null);

    internal CanceledFailureException(Failure failure, Exception? inner, IPayloadConverter converter)
        : base(failure, inner) => Details = InboundFailureDetails.From(converter, failure.CanceledFailureInfo.Details);

    /// <summary>Values recorded with the cancellation.</summary>
    public IFailureDetails Details { get; protected init; }
}
