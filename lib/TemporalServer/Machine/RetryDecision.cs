using Google.Protobuf.WellKnownTypes;

namespace TemporalServer.Machine;

/// <summary>Whether a failed attempt is followed by another, and after what pause.</summary>
internal sealed record RetryDecision(RetryState State, TimeSpan Backoff)
{
    /// <summary>The documented defaults: 1 s, doubling, at most a hundred times the first, without end.</summary>
    public static RetryPolicy Complete(RetryPolicy? policy)
    {
        var full = policy?.Clone() ?? new RetryPolicy();
        if (!full.InitialInterval.IsSet())
        {
            full.InitialInterval = TimeSpan.FromSeconds(1).Span();
        }

        if (full.BackoffCoefficient < 1)
        {
            full.BackoffCoefficient = 2;
        }

        if (!full.MaximumInterval.IsSet())
        {
            full.MaximumInterval = Duration.FromTimeSpan(full.InitialInterval.OrZero() * 100);
        }

        return full;
    }

    /// <summary>What is wrong with a policy; null when nothing is. Zero means the default throughout.</summary>
    public static string? Problem(RetryPolicy? policy)
    {
        if (policy is null)
        {
            return null;
        }

        if (policy.InitialInterval is { Seconds: < 0 } or { Nanos: < 0 })
        {
            return "InitialInterval cannot be negative on retry policy.";
        }

        if (policy.BackoffCoefficient is not 0 and not >= 1)
        {
            return "BackoffCoefficient cannot be less than 1 on retry policy.";
        }

        if (policy.MaximumInterval is { Seconds: < 0 } or { Nanos: < 0 })
        {
            return "MaximumInterval cannot be negative on retry policy.";
        }

        if (policy.MaximumInterval.IsSet() && policy.MaximumInterval.OrZero() < Complete(new RetryPolicy { InitialInterval = policy.InitialInterval }).InitialInterval.OrZero())
        {
            return "MaximumInterval cannot be less than InitialInterval on retry policy.";
        }

        return policy.MaximumAttempts < 0 ? "MaximumAttempts cannot be negative on retry policy." : null;
    }

    /// <summary>Decides for one failed attempt.</summary>
    /// <param name="policy">The policy; null never retries.</param>
    /// <param name="attempt">The attempt that failed, from 1.</param>
    /// <param name="failure">How it failed.</param>
    /// <param name="now">The time of the failure.</param>
    /// <param name="expires">When the last attempt must have ended; null never.</param>
    public static RetryDecision Of(RetryPolicy? policy, int attempt, Failure failure, DateTimeOffset now, DateTimeOffset? expires)
    {
        if (policy is null)
        {
            return new(RetryState.RetryPolicyNotSet, default);
        }

        if (!IsRetryable(failure, policy))
        {
            return new(RetryState.NonRetryableFailure, default);
        }

        if (policy.MaximumAttempts > 0 && attempt >= policy.MaximumAttempts)
        {
            return new(RetryState.MaximumAttemptsReached, default);
        }

        var backoff = failure.ApplicationFailureInfo?.NextRetryDelay is { } next && next.IsSet() ? next.OrZero() : BackoffOf(policy, attempt);
        return expires is { } end && now + backoff > end ? new(RetryState.Timeout, default) : new(RetryState.InProgress, backoff);
    }

    /// <summary>initial × coefficient^(attempt−1), capped.</summary>
    public static TimeSpan BackoffOf(RetryPolicy policy, int attempt)
    {
        var full = Complete(policy);
        var cap = full.MaximumInterval.OrZero();
        var seconds = full.InitialInterval.OrZero().TotalSeconds * Math.Pow(full.BackoffCoefficient, attempt - 1);
        return seconds >= cap.TotalSeconds ? cap : TimeSpan.FromSeconds(seconds);
    }

    private static bool IsRetryable(Failure failure, RetryPolicy policy)
    {
        switch (failure.FailureInfoCase)
        {
            case Failure.FailureInfoOneofCase.CanceledFailureInfo:
            case Failure.FailureInfoOneofCase.TerminatedFailureInfo:
                return false;
            case Failure.FailureInfoOneofCase.TimeoutFailureInfo:
                return failure.TimeoutFailureInfo.TimeoutType is TimeoutType.StartToClose or TimeoutType.Heartbeat
                    && !policy.NonRetryableErrorTypes.Contains("TemporalTimeout:" + failure.TimeoutFailureInfo.TimeoutType);
            case Failure.FailureInfoOneofCase.ServerFailureInfo:
                return !failure.ServerFailureInfo.NonRetryable;
            case Failure.FailureInfoOneofCase.ApplicationFailureInfo:
                return !failure.ApplicationFailureInfo.NonRetryable
                    && !policy.NonRetryableErrorTypes.Contains(failure.ApplicationFailureInfo.Type);
            default:
                return true;
        }
    }
}
