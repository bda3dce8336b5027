using System.Collections.Concurrent;
using System.Reflection;
using CodingAgent.Mcp.Sandboxes;
using Xunit.Sdk;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>A way of limiting as a test's argument; its case is skipped, saying why, where this machine does not have it.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class MechanismDataAttribute : DataAttribute
{
    private static readonly ConcurrentDictionary<LimitMechanism, string?> Problems = new();

    public MechanismDataAttribute(LimitMechanism mechanism)
    {
        Mechanism = mechanism;
        Skip = Problems.GetOrAdd(mechanism, m => new BubblewrapSandbox(new BubblewrapOptions { RequiredMechanism = m }, TimeProvider.System)
            .InspectAsync().GetAwaiter().GetResult().Problem);
    }

    public LimitMechanism Mechanism { get; }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Mechanism]];
}
