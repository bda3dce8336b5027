using Google.Protobuf.WellKnownTypes;
using Temporalio.Exceptions;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Failures;

namespace Temporalio.Converters;

/// <summary>Turns exceptions into Temporal's failure structure and back.</summary>
public class DefaultFailureConverter : IFailureConverter
{
    /// <summary>Creates the converter with plain messages.</summary>
    public DefaultFailureConverter()
        : this(new())
    {
    }

    /// <summary>Creates the converter.</summary>
    /// <param name="options">Options.</param>
    protected DefaultFailureConverter(DefaultFailureConverterOptions options) => Options = options;

    /// <summary>Options in use.</summary>
    public DefaultFailureConverterOptions Options { get; private init; }

    Failure IFailureConverter.ToFailure(Exception exception, IPayloadConverter payloadConverter) => ToFailure(exception, payloadConverter);

    Exception IFailureConverter.ToException(Failure failure, IPayloadConverter payloadConverter) => ToException(failure, payloadConverter);

    private static Failure CopyOrBuild(Exception exception, IPayloadConverter converter)
    {
        // A failure that came over the wire travels on unchanged.
        if (exception is FailureException { Recorded: { } recorded })
        {
            return recorded.Clone();
        }

        var failure = new Failure { Message = exception.Message, Source = "DotNetSDK", StackTrace = exception.StackTrace ?? string.Empty };
        switch (exception)
        {
            case ApplicationFailureException app:
                failure.ApplicationFailureInfo = new()
                {
                    Type = app.ErrorType ?? string.Empty,
                    NonRetryable = app.NonRetryable,
                    Details = Details(app.Details, converter),
                    NextRetryDelay = app.NextRetryDelay is { } delay ? Duration.FromTimeSpan(delay) : null,
                    Category = (Protocol.Enums.ApplicationErrorCategory)(int)app.Category,
                };
                break;
            case CanceledFailureException canceled:
                failure.CanceledFailureInfo = new() { Details = Details(canceled.Details, converter) };
                break;
            case WorkflowAlreadyStartedException:
                failure.ApplicationFailureInfo = new() { Type = nameof(WorkflowAlreadyStartedException) };
                break;
            default:
                failure.ApplicationFailureInfo = new() { Type = exception.GetType().Name };
                break;
        }

        return failure;
    }

    private static Payloads? Details(IFailureDetails details, IPayloadConverter converter) => details switch
    {
        OutboundFailureDetails outbound => converter.ToWirePayloads(outbound.Details),
        InboundFailureDetails { Payloads: { Count: > 0 } inbound } => inbound.ToWire(),
        _ => null,
    };

    private Failure ToFailure(Exception exception, IPayloadConverter converter)
    {
        var failure = CopyOrBuild(exception, converter);
        if (exception.InnerException is { } inner && failure.Cause is null)
        {
            failure.Cause = ToFailure(inner, converter);
        }

        if (Options.EncodeCommonAttributes && failure.EncodedAttributes is null)
        {
            failure.EncodedAttributes = converter.ToWirePayload(
                new Dictionary<string, string> { ["message"] = failure.Message, ["stack_trace"] = failure.StackTrace });
            failure.Message = "Encoded failure";
            failure.StackTrace = string.Empty;
        }

        return failure;
    }

    private FailureException ToException(Failure failure, IPayloadConverter converter)
    {
        if (failure.EncodedAttributes is not null)
        {
            failure = failure.Clone();
            DecodeCommonAttributes(failure, converter);
        }

        var inner = failure.Cause is null ? null : ToException(failure.Cause, converter);
        return failure.FailureInfoCase switch
        {
            Failure.FailureInfoOneofCase.ApplicationFailureInfo => new ApplicationFailureException(failure, inner, converter),
            Failure.FailureInfoOneofCase.TimeoutFailureInfo => new TimeoutFailureException(failure, inner, converter),
            Failure.FailureInfoOneofCase.CanceledFailureInfo => new CanceledFailureException(failure, inner, converter),
            Failure.FailureInfoOneofCase.TerminatedFailureInfo => new TerminatedFailureException(failure, inner),
            Failure.FailureInfoOneofCase.ServerFailureInfo => new ServerFailureException(failure, inner),
            Failure.FailureInfoOneofCase.ActivityFailureInfo => new ActivityFailureException(failure, inner),
            Failure.FailureInfoOneofCase.ChildWorkflowExecutionFailureInfo => new ChildWorkflowFailureException(failure, inner),
            _ => new FailureException(failure, inner),
        };
    }

    private static void DecodeCommonAttributes(Failure failure, IPayloadConverter converter)
    {
        try
        {
            if (converter.FromWire(failure.EncodedAttributes, typeof(Dictionary<string, string>)) is Dictionary<string, string> attributes
                && attributes.TryGetValue("message", out var message))
            {
                failure.Message = message;
                failure.StackTrace = attributes.GetValueOrDefault("stack_trace", string.Empty);
            }
        }
        catch (Exception)
        {
            // The placeholder message stays: a failure that cannot be decoded is still a failure.
        }
    }

    /// <summary>A converter that moves message and stack trace into a payload, so that a codec can encrypt them.</summary>
    public class WithEncodedCommonAttributes : DefaultFailureConverter
    {
        /// <summary>Creates the converter.</summary>
        public WithEncodedCommonAttributes()
            : base(new() { EncodeCommonAttributes = true })
        {
        }
    }
}
