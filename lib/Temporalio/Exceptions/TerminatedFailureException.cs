using Temporalio.Converters;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Failures;

namespace Temporalio.Exceptions;

/// <summary>A workflow was closed by force.</summary>
public class TerminatedFailureException : FailureException
{
    internal TerminatedFailureException(Failure failure, Exception? inner, IPayloadConverter? converter = null, Payloads? details = null)
        : base(failure, inner) => Details = converter is null || details is null ? null : InboundFailureDetails.From(converter, details);

    /// <summary>Values given with the termination; null when there are none.</summary>
    public IFailureDetails? Details { get; protected init; }
}
