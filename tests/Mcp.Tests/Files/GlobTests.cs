using CodingAgent.Mcp.Files;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Mcp.Tests.Files;

public sealed class GlobTests
{
    [Theory]
    [InlineData("*.cs", "a.cs")]
    [InlineData("**/*.cs", "a.cs")]
    [InlineData("**/*.cs", "src/deep/a.cs")]
    [InlineData("src/**", "src/a")]
    [InlineData("src/", "src/deep/a")]
    [InlineData("./src/*.cs", "src/a.cs")]
    [InlineData("/src/*.cs", "src/a.cs")]
    [InlineData("src/**/a", "src/a")]
    [InlineData("src/**.cs", "src/deep/a.cs")]
    [InlineData("src\\**\\a.cs", "src/deep/a.cs")]
    [InlineData("?.cs", "a.cs")]
    [InlineData("**/.github/*", ".github/x.yml")]
    [InlineData("**", "a/b")]
    [InlineData("src/**/*.{ts,tsx}", "src/app/a.tsx")]
    [InlineData("src/**/*.{ts,tsx}", "src/a.ts")]
    [InlineData("{src,tests}/**/*.cs", "tests/a/b.cs")]
    [InlineData("{src/**,docs}/*.md", "src/a/b.md")]
    [InlineData("a.{b,{c,d}}", "a.d")]
    [InlineData("a{,.min}.js", "a.js")]
    [InlineData("a{,.min}.js", "a.min.js")]
    [InlineData("{**/,}a", "x/a")]
    [InlineData("v{8..11}", "v10")]
    [InlineData("{only}", "{only}")]
    [InlineData("a{b", "a{b")]
    [InlineData("a}b", "a}b")]
    [InlineData("src/app/[id]/*.tsx", "src/app/[id]/page.tsx")]
    [InlineData("src/app/[id]/*.tsx", "src/app/d/page.tsx")]
    [InlineData("app/[...slug]/page.tsx", "app/[...slug]/page.tsx")]
    [InlineData("app/[[...slug]]/page.tsx", "app/[[...slug]]/page.tsx")]
    [InlineData("**/sign-in/[[...sign-in]]/page.js", "app/(auth)/sign-in/[[...sign-in]]/page.js")]
    [InlineData("app/(auth)/@modal/[id]/**", "app/(auth)/@modal/[id]/a/b")]
    [InlineData("pages/\\[id\\].vue", "pages/[id].vue")]
    [InlineData("pages/[id].{vue,tsx}", "pages/[id].tsx")]
    [InlineData("[a-c]*", "bx")]
    [InlineData("[!a-c]*", "dx")]
    [InlineData("[]]", "]")]
    [InlineData("a[b", "a[b")]
    [InlineData("a+b(c)^$.x", "a+b(c)^$.x")]
    [InlineData("routes/$id.tsx", "routes/$id.tsx")]
    [InlineData("a b/#c", "a b/#c")]
    public void Pattern_OfThatForm_Matches(string pattern, string path) => Glob.Parse(pattern).IsMatch(path).ShouldBeTrue();

    [Theory]
    [InlineData("*.cs", "src/a.cs")]
    [InlineData("src/*", "src/a/b")]
    [InlineData("src/**", "src")]
    [InlineData("src/**/a", "src/ba")]
    [InlineData("src/*.{ts,tsx}", "src/a.t")]
    [InlineData("app/[id]/x", "app/id/x")]
    [InlineData("[!a-c]*", "ax")]
    [InlineData("[!a]", "/")]
    [InlineData("?", "/")]
    [InlineData("a.c", "abc")]
    [InlineData("A.cs", "a.cs")]
    [InlineData("**/a", "ba")]
    public void Pattern_OfAnotherForm_DoesNot(string pattern, string path) => Glob.Parse(pattern).IsMatch(path).ShouldBeFalse();

    [Theory]
    [InlineData("!src/**", "a pattern cannot exclude")]
    [InlineData("", "empty")]
    [InlineData("/", "empty")]
    public void Pattern_ThatCannotBeRead_IsRefusedInWords(string pattern, string reason) =>
        Should.Throw<ArgumentException>(() => Glob.Parse(pattern)).Message.ShouldContain(reason);

    [Fact]
    public void Pattern_OverlookingCase_Matches() => Glob.Parse("SRC/[ID]/{A,b}.cs", ignoreCase: true).IsMatch("src/[id]/B.CS").ShouldBeTrue();

    [Theory]
    [InlineData("**/")]
    [InlineData("*/**/")]
    [InlineData("**/*a*/")]
    [InlineData("{**/,*/}")]
    public void Pattern_OfManySteps_TakesNoLongerThanThePathIs(string step)
    {
        var glob = Glob.Parse(string.Concat(Enumerable.Repeat(step, 14)) + "name.x");
        var path = string.Concat(Enumerable.Repeat("aaaa/", 24)) + "name.y";
        for (var i = 0; i < 200; i++) glob.IsMatch(path).ShouldBeFalse();
    }

    [Fact]
    public void AnyPath_EscapedOrPlain_MatchesItself() => Prop.ForAll<NonEmptyString>(text =>
    {
        var path = text.Get.Replace("\\", "", StringComparison.Ordinal).Replace('\0', 'x').Trim('/', '!', '.');
        if (path.Length == 0 || path.Contains("//", StringComparison.Ordinal)) return;
        var pattern = string.Concat(path.Select(c => "[]{}*?!,()".Contains(c, StringComparison.Ordinal) ? $"\\{c}" : c.ToString()));
        // A pattern without a slash may be written with backslashes as separators, so that it needs one to have escapes.
        Glob.Parse($"a/{pattern}").IsMatch($"a/{path}").ShouldBeTrue(pattern);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void AnyPattern_IsReadOrRefused() => Prop.ForAll<NonEmptyString>(text =>
    {
        try
        {
            Glob.Parse(text.Get).IsMatch("a/b");
        }
        catch (ArgumentException)
        {
            // Refused in words.
        }
    }).QuickCheckThrowOnFailure();
}
