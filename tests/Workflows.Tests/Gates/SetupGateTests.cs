using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tests.Gates;

public sealed class SetupGateTests
{
    private static readonly RepositoryPolicy Policy = new();

    private static Plan Planned(params string[] paths) => new("g", [], [.. paths.Select(p => new PlannedEdit(p, "x"))], [], [], []);

    [Theory]
    [InlineData("package.json", "package.json", null)]
    [InlineData("package.json", "package.json package-lock.json", null)]
    [InlineData("package-lock.json", "package-lock.json", null)]
    [InlineData("src/A.cs", "package.json", "package.json")]
    // A lock file alone chooses other packages than the manifest did: somebody must have agreed to it.
    [InlineData("src/A.cs", "package-lock.json", "package-lock.json")]
    [InlineData("web/package.json", "package.json package-lock.json", "package.json, package-lock.json")]
    // A sibling's lock file is not written from the planned manifest.
    [InlineData("web/package.json", "web/package.json api/package-lock.json", "api/package-lock.json")]
    [InlineData("package.json", "package.json .npmrc", ".npmrc")]
    [InlineData("src/A.cs", "tests/A.Tests/A.Tests.csproj", "tests/A.Tests/A.Tests.csproj")]
    [InlineData("src/a.c", "tests/CMakeLists.txt", null)]
    [InlineData("src/a.c", "CMakeLists.txt", "CMakeLists.txt")]
    public void Setup_OfAChange_TakesTheApprovedPlansWord(string planned, string changed, string? named)
    {
        var why = SetupGate.WhyNot(Policy, Planned(planned.Split(' ')), changed.Split(' '));
        if (named is null) why.ShouldBeNull();
        else why.ShouldNotBeNull().ShouldStartWith($"The approved plan does not name {named};");
    }

    [Fact]
    public void Setup_PolicyDeniesDependencies_NoPlanHelps()
    {
        var deny = Policy with { Danger = new() { Dependencies = RiskRule.Deny } };
        SetupGate.WhyNot(deny, Planned("package.json"), ["package.json"]).ShouldNotBeNull().ShouldContain("danger.dependencies");
        SetupGate.WhyNot(deny, null, ["package.json"]).ShouldNotBeNull();
        SetupGate.WhyNot(deny, null, []).ShouldBeNull();
    }

    [Fact]
    public void Setup_TaskWithoutAPlan_IsHeldByThePolicyAlone() => SetupGate.WhyNot(Policy, null, ["package.json"]).ShouldBeNull();
}
