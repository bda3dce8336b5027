using Google.Protobuf.WellKnownTypes;

namespace Temporalio.Common;

/// <summary>How a failed activity or workflow is retried. Defaults are the server's.</summary>
public record RetryPolicy
{
    /// <summary>Delay before the first retry.</summary>
    public TimeSpan InitialInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Factor by which the delay grows with each retry; at least 1.</summary>
    public float BackoffCoefficient { get; set; } = 2.0F;

    /// <summary>Upper limit of the delay; null means 100 times the initial one.</summary>
    public TimeSpan? MaximumInterval { get; set; }

    /// <summary>Attempts in all, the first included; 0 means no limit.</summary>
    public int MaximumAttempts { get; set; }

    /// <summary>Values of <see cref="Exceptions.ApplicationFailureException.ErrorType" /> that are not retried.</summary>
    public IReadOnlyCollection<string>? NonRetryableErrorTypes { get; set; }

    internal static RetryPolicy FromProto(Protocol.Common.RetryPolicy proto) => new()
    {
        InitialInterval = proto.InitialInterval?.ToTimeSpan() ?? TimeSpan.FromSeconds(1),
        BackoffCoefficient = (float)proto.BackoffCoefficient,
        MaximumInterval = proto.MaximumInterval?.ToTimeSpan(),
        MaximumAttempts = proto.MaximumAttempts,
        NonRetryableErrorTypes = proto.NonRetryableErrorTypes.Count == 0 ? null : [.. proto.NonRetryableErrorTypes],
    };

    internal Protocol.Common.RetryPolicy ToProto()
    {
        var proto = new Protocol.Common.RetryPolicy
        {
            InitialInterval = Duration.FromTimeSpan(InitialInterval),
            BackoffCoefficient = BackoffCoefficient,
            MaximumInterval = MaximumInterval is { } max ? Duration.FromTimeSpan(max) : null,
            MaximumAttempts = MaximumAttempts,
        };
        proto.NonRetryableErrorTypes.AddRange(NonRetryableErrorTypes ?? []);
        return proto;
    }
}
