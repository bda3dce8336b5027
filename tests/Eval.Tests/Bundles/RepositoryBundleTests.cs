using CodingAgent.Eval.Bundles;

namespace CodingAgent.Eval.Tests.Bundles;

public sealed class RepositoryBundleTests
{
    public static TheoryData<string> All => [.. RepositoryBundle.Names];

    [Theory]
    [MemberData(nameof(All))]
    public void Load_EachThatComesAlong_IsWhole(string name)
    {
        var bundle = RepositoryBundle.Load(name);

        bundle.Base.Count.ShouldBeGreaterThan(2);
        bundle.After.ShouldNotBeEmpty();
        foreach (var (path, text) in bundle.After)
            text.ShouldNotBe(bundle.Base.GetValueOrDefault(path), $"{path} does not change");
        (bundle.Header.Expect == Ending.Stops ? bundle.Header.Words.Count : bundle.Header.Test.Length).ShouldBeGreaterThan(0);
        bundle.Base.Keys.ShouldNotContain(".github/coding-agent.yml");
    }

    [Fact]
    public void Names_ThereAreAtLeastSixteenToMergeAndThreeThatStop()
    {
        var endings = RepositoryBundle.Names.Select(n => RepositoryBundle.Load(n).Header.Expect).ToArray();
        endings.Count(e => e == Ending.Merged).ShouldBeGreaterThanOrEqualTo(16);
        endings.Count(e => e == Ending.Stops).ShouldBe(3);
    }

    [Fact]
    public void Parse_Files_KeepTheirText()
    {
        var bundle = RepositoryBundle.Parse("x", "ecosystem: C\nissue: Do it\n-- base/a.c --\nint a;\n\n-- base/empty --\n-- after/b/c.c --\nint b;");

        bundle.Base["a.c"].ShouldBe("int a;\n\n");
        bundle.Base["empty"].ShouldBe("");
        bundle.After["b/c.c"].ShouldBe("int b;");
    }

    [Theory]
    [InlineData("ecosystem: C\nissue: x\n", "there is no file")]
    [InlineData("ecosystem: C\nissue: x\n-- other/a --\n", "neither with base/ nor with after/")]
    [InlineData("ecosystem: C\nissue: x\n-- base/../a --\n", "not a path within the repository")]
    [InlineData("ecosystem: C\nissue: x\n-- base//a --\n", "not a path within the repository")]
    [InlineData("ecosystem: C\nissue: x\n-- base/ --\n", "not a path within the repository")]
    [InlineData("ecosystem: C\nissue: x\n-- base/a --\n-- base/a --\n", "is given twice")]
    [InlineData("ecosystem: C\n-- base/a --\n", "needs 'ecosystem' and 'issue'")]
    [InlineData("-- base/a --\n", "the header is empty")]
    [InlineData("ecosystem: C\nissue: x\nexpect: perhaps\n-- base/a --\n", "line 3")]
    [InlineData("ecosystem: C\nissue: x\ncolour: red\n-- base/a --\n", "colour")]
    [InlineData("ecosystem: [\n-- base/a --\n", "of the header")]
    public void Parse_Malformed_SaysWhat(string text, string expected) =>
        Should.Throw<EvalException>(() => RepositoryBundle.Parse("x", text)).Message.ShouldContain(expected);

    [Fact]
    public void Load_Unknown_NamesThoseThereAre() =>
        Should.Throw<EvalException>(() => RepositoryBundle.Load("nope")).Message.ShouldContain("csharp-console");
}
