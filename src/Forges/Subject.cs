namespace CodingAgent.Forges;

/// <summary>
/// What people talk on: an issue or a pull request. Where a forge counts both in one row the number alone names one of them; where it counts
/// them apart (GitLab) it names two.
/// </summary>
/// <param name="Number">Number within the repository, as people see it.</param>
/// <param name="IsPull">Whether it is a pull request.</param>
public readonly record struct Subject(int Number, bool IsPull)
{
    /// <summary>An issue.</summary>
    public static Subject Issue(int number) => new(number, false);

    /// <summary>A pull request.</summary>
    public static Subject Pull(int number) => new(number, true);

    /// <summary>The issue where there is one, else the pull request; null for neither.</summary>
    public static Subject? Of(int? issue, int? pull) => issue is { } i ? Issue(i) : pull is { } p ? Pull(p) : null;
}
