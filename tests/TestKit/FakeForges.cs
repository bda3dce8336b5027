using System.Reflection;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.TestKit;

/// <summary>Several repositories in memory as one forge: each call goes to the repository that it names, and to the first where it names none or one that is not there.</summary>
public class FakeForges : DispatchProxy
{
    private Func<RepoRef?, FakeForge> _of = null!;

    /// <summary>The forge of these repositories.</summary>
    public static IForge Of(Func<RepoRef?, FakeForge> repositories) => Made<IForge>(repositories);

    /// <summary>What they tell agents.</summary>
    public static IRepositoryGuidance GuidanceOf(Func<RepoRef?, FakeForge> repositories) => Made<IRepositoryGuidance>(repositories);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Invoke(_of(args?.OfType<RepoRef>().FirstOrDefault()), BindingFlags.DoNotWrapExceptions, null, args, null);

    private static T Made<T>(Func<RepoRef?, FakeForge> repositories)
        where T : class
    {
        var made = Create<T, FakeForges>();
        ((FakeForges)(object)made)._of = repositories;
        return made;
    }
}
