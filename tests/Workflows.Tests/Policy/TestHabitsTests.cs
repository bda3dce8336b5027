using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tests.Detection;

namespace CodingAgent.Workflows.Tests.Policy;

public sealed class TestHabitsTests
{
    [Theory]
    [InlineData("test_foo.py")]
    [InlineData("src/pkg/foo_test.py")]
    [InlineData("conftest.py")]
    [InlineData("spec/models/a_spec.rb")]
    [InlineData("engines/x/spec/a_spec.rb")]
    [InlineData("src/test/java/com/x/ATest.java")]
    [InlineData("module/src/test/resources/x.json")]
    [InlineData("src/commonTest/kotlin/A.kt")]
    [InlineData("pkg/a_test.go")]
    [InlineData("pkg/testdata/x.golden")]
    [InlineData("tests/a.sh")]
    [InlineData("test/run.bats")]
    [InlineData("lib/a.bats")]
    [InlineData("tests/App.Tests/A.cs")]
    [InlineData("src/App.Tests/A.cs")]
    [InlineData("AppTests/A.cs")]
    [InlineData("web/src/__tests__/a.js")]
    [InlineData("web/src/a.test.tsx")]
    [InlineData("web/src/a.spec.mts")]
    [InlineData("web/src/__snapshots__/a.js.snap")]
    [InlineData("tests/integration.rs")]
    [InlineData("src/tests.rs")]
    [InlineData("tests/ATest.php")]
    [InlineData("src/foo_test.cc")]
    public void Default_TestFile_IsOne(string path) => PathGlob.AnyMatch(new RepositoryPolicy().Tests.Patterns, path).ShouldBeTrue();

    [Theory]
    [InlineData("src/payload.test.cs")]
    [InlineData("src/payload.spec.cs")]
    [InlineData("src/payload.test.py")]
    [InlineData("src/latest.py")]
    [InlineData("src/contest.js")]
    [InlineData("src/attestation.go")]
    [InlineData("src/Testing.cs")]
    [InlineData("lib/inspect.rb")]
    [InlineData("protest/a.md")]
    public void Default_ProductFile_IsNone(string path) => PathGlob.AnyMatch(new RepositoryPolicy().Tests.Patterns, path).ShouldBeFalse();

    // In a repository of C#, the folders of its test projects are known: a name alone does not make a test of what the product compiles.
    [Theory]
    [InlineData("src/App/PayloadTests.cs", false)]
    [InlineData("checks/App.Checks/A.cs", true)]
    [InlineData("src/App/test_data.py", false)]
    public void Detected_DotNet_GoesByProjects(string path, bool isTest) => PathGlob.AnyMatch(
        new Layout
        {
            ["src/App/App.csproj"] = "<Project Sdk=\"Microsoft.NET.Sdk\" />",
            ["checks/App.Checks/App.Checks.csproj"] = "<Project Sdk=\"Microsoft.NET.Sdk\"><ItemGroup><PackageReference Include=\"xunit\" /></ItemGroup></Project>",
        }.Detect().TestPatterns,
        path).ShouldBe(isTest);

    [Fact]
    public void PolicyThatNamesPatterns_SaysSo()
    {
        PolicyParser.Parse("version: 1\ntests: { patterns: [\"checks/**\"] }").Policy!.Tests.PatternsAreGiven.ShouldBeTrue();
        PolicyParser.Parse("version: 1\ntests: { required_with_code: false }").Policy!.Tests.PatternsAreGiven.ShouldBeFalse();
    }
}
