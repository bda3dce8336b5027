using Google.Protobuf.WellKnownTypes;
using Temporalio.Protocol.Testing;

namespace Temporalio.Protocol.Methods;

/// <summary>Time skipping of a test server.</summary>
public static class TestServiceMethods
{
    /// <summary>The full service name.</summary>
    public const string Service = "temporal.api.testservice.v1.TestService";

    /// <summary>Counts a lock up: time runs at its own pace while the count is above zero.</summary>
    public static readonly RpcMethod<LockTimeSkippingRequest, LockTimeSkippingResponse> LockTimeSkipping = new(Service, "LockTimeSkipping");

    /// <summary>Counts a lock down.</summary>
    public static readonly RpcMethod<UnlockTimeSkippingRequest, UnlockTimeSkippingResponse> UnlockTimeSkipping = new(Service, "UnlockTimeSkipping");

    /// <summary>Returns when the server's clock has moved by a duration.</summary>
    public static readonly RpcMethod<SleepRequest, SleepResponse> Sleep = new(Service, "Sleep") { IsLongPoll = true };

    /// <summary>Returns when the server's clock has reached a time.</summary>
    public static readonly RpcMethod<SleepUntilRequest, SleepResponse> SleepUntil = new(Service, "SleepUntil") { IsLongPoll = true };

    /// <summary>Unlocks, sleeps, locks again.</summary>
    public static readonly RpcMethod<SleepRequest, SleepResponse> UnlockTimeSkippingWithSleep = new(Service, "UnlockTimeSkippingWithSleep") { IsLongPoll = true };

    /// <summary>Reads the server's clock.</summary>
    public static readonly RpcMethod<Empty, GetCurrentTimeResponse> GetCurrentTime = new(Service, "GetCurrentTime");
}
