using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Gates;

public sealed class DependenciesGateTests
{
    private static readonly PackageChange Fine = new("npm", "a", null, "1.0.0", "package.json") { Age = TimeSpan.FromDays(900) };

    private static GateVerdict Judge(DependencyReport report, TimeSpan age = default, params (string Path, string Told)[] asked) => Gatekeeper.Judge(
        new GateInput(new ChangeSet("base", "tree", [], 0, 0), [], new RepositoryPolicy { Danger = new() { DependencyAge = age } }, null, null, "x", "main") { Dependencies = report, Asked = asked.ToDictionary(a => a.Path, a => a.Told) }).Single(v => v.Gate == "dependencies");

    [Fact]
    public void Judge_NewPackages_AreMarkedAndToldAsUncheckedWhereNothingIsKnown()
    {
        Judge(DependencyReport.None).ShouldBe(new GateVerdict("dependencies", true, "No package is new or of another version."));
        Judge(new([Fine], 3, [], IsChecked: true)).ShouldBe(new GateVerdict("dependencies", true, "1 package new or of another version, and 3 more that those need.") { Marked = true });
        Judge(new([Fine], 0, [], IsChecked: false)).Message.ShouldContain("not checked for advisories");
    }

    [Fact]
    public void Judge_KnownAdvisory_TooYoung_OrOddLockFile_TakesAPersonsWord()
    {
        var known = Judge(new([Fine with { Advisories = ["GHSA-1"] }], 0, [], true));
        (known.Passed, known.FixerFirst).ShouldBe((false, true));
        known.Asks.ShouldBe([new("package.json", "takes a 1.0.0, which has known advisories: GHSA-1")]);
        Judge(new([Fine with { Advisories = ["GHSA-1"] }], 0, [], true), default, ("package.json", "needs it (It takes a 1.0.0, which has known advisories: GHSA-1.)")).ShouldSatisfyAllConditions(v => v.Passed.ShouldBeTrue(), v => v.Message.ShouldContain("as a person agreed"));

        var young = new DependencyReport([Fine with { Age = TimeSpan.FromHours(3) }], 0, [], true);
        Judge(young).Passed.ShouldBeTrue("no least age is set");
        Judge(young, TimeSpan.FromDays(3)).Asks.Single().Why.ShouldBe("takes a 1.0.0, which has been public for less than 3d 0h (danger.dependency_age)");
        Judge(new([Fine with { Age = null }], 0, [], true), TimeSpan.FromDays(3)).Passed.ShouldBeTrue("its age is not known");

        Judge(new([], 0, [new("package-lock.json", "takes packages from evil.example")], true)).Asks.ShouldBe([new("package-lock.json", "takes packages from evil.example")]);
    }
}
