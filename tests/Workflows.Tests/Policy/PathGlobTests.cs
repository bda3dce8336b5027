using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tests.Policy;

public sealed class PathGlobTests
{
    [Theory]
    [InlineData("src/**/*.{ts,tsx}", "src/app/x.tsx", true)]
    [InlineData("src/**/*.{ts,tsx}", "src/x.ts", true)]
    [InlineData("src/**/*.{ts,tsx}", "src/x.t", false)]
    [InlineData("src/app/[id]/*.tsx", "src/app/[id]/page.tsx", true)]
    [InlineData("src/app/[id]/*.tsx", "src/app/i/page.tsx", false)]
    [InlineData("src/app/[...slug]/**", "src/app/[...slug]/a/b", true)]
    [InlineData("{src,lib}/**", "lib/a/b", true)]
    [InlineData("{src,lib}/**", "bin/a", false)]
    [InlineData("{src/{a,b},lib}/x", "src/b/x", true)]
    [InlineData("{src/{a,b},lib}/x", "src/lib/x", false)]
    [InlineData("a{,.min}.js", "a.js", true)]
    [InlineData("a{,.min}.js", "a.min.js", true)]
    [InlineData("{{cookiecutter.slug}}/**", "{{cookiecutter.slug}}/a", true)]
    [InlineData("{x}", "{x}", true)]
    [InlineData("a,b", "a,b", true)]
    [InlineData("a|b", "a", false)]
    [InlineData("a(b)", "a(b)", true)]
    [InlineData("{a,(b|c)}", "(b|c)", true)]
    public void Pattern_Matches(string pattern, string path, bool expected) => new PathGlob(pattern).IsMatch(path).ShouldBe(expected);

    [Theory]
    [InlineData("SRC/**/*.{TS,tsx}", "src/a.ts")]
    [InlineData("src/{App,Lib}", "SRC/app/inner/x.cs")]
    public void DenyRule_IgnoresCase_AndTakesFoldersAlong(string pattern, string path) => new PathGlob(pattern, denies: true).IsMatch(path).ShouldBeTrue();

    [Theory]
    [InlineData("{a,b")]
    [InlineData("a}")]
    [InlineData("{a}}")]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/../b")]
    public void Slip_IsNoPattern(string pattern)
    {
        PathGlob.IsValid(pattern).ShouldBeFalse();
        Should.Throw<FormatException>(() => new PathGlob(pattern));
    }

    [Fact]
    public void WorstPattern_Ends()
    {
        var pattern = string.Concat(Enumerable.Repeat("**/", 14)) + string.Concat(Enumerable.Repeat("{a,b,*}", 20)) + "x";
        var path = string.Join('/', Enumerable.Repeat("ab", 2000));
        new PathGlob(pattern).IsMatch(path).ShouldBeFalse("a backtracking matcher would not come back");
    }

    [Fact]
    public void All_IsOneOfThem()
    {
        var any = PathGlob.All(["a/**", "*.md"]);
        any("a/b").ShouldBeTrue();
        any("x.md").ShouldBeTrue();
        any("b/x.md").ShouldBeFalse();
        PathGlob.All([])("a").ShouldBeFalse();
    }

    [Theory]
    [InlineData(".github/workflows/**", ".github/workflows", true)]
    [InlineData("**/.husky/**", ".husky", true)]
    [InlineData("**/.husky/**", "web/.husky", true)]
    [InlineData("vendor/", "vendor", true)]
    [InlineData("vendor/**", "vendored", false)]
    [InlineData("a/**/**", "a", true)]
    [InlineData("**", "a", true)]
    public void DeniedFolder_DeniesWhatStandsInItsPlace(string pattern, string path, bool matches)
    {
        new PathGlob(pattern, denies: true).IsMatch(path).ShouldBe(matches);
        if (pattern != "**") new PathGlob(pattern).IsMatch(path).ShouldBeFalse("who allows a folder allows no file of its name");
    }
}
