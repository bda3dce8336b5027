using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Gates;

public sealed class GateRemarksTests
{
    [Fact]
    public void Remarks_OfGatesAndSelfReview_StandWhereTheyAreAbout()
    {
        var remarks = GateRemarks.Of(
            [
                new GateVerdict("characters", true, "…") { Marked = true, Lines = [new FlaggedLine("src/A.cs", 7, "U+202E in line 7")] },
                new GateVerdict("tests", false, "…") { Lines = [new FlaggedLine("tests/A.cs", 1, "is gone")] },
                new GateVerdict("paths", true, "Nothing to see."),
            ],
            [new CritiqueFinding("src/B.cs", "blocking", "leaks"), new CritiqueFinding("src/C.cs", "advice", "long"), new CritiqueFinding("", "advice", "of the whole")]);
        remarks.ShouldBe(
        [
            new CheckRemark("src/A.cs", 7, RemarkLevel.Warning, "Gate characters: U+202E in line 7"),
            new CheckRemark("tests/A.cs", 1, RemarkLevel.Failure, "Gate tests: is gone"),
            new CheckRemark("src/B.cs", 1, RemarkLevel.Warning, "Self-review, blocking: leaks"),
            new CheckRemark("src/C.cs", 1, RemarkLevel.Notice, "Self-review, advice: long"),
        ]);
    }

    /// <summary>One remark that the forge would refuse costs the whole check; and what a model writes is shown to people.</summary>
    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../other/file")]
    [InlineData("src/a\nb.cs")]
    public void Remarks_OfAFindingWhosePathIsNone_AreLeftOut(string path) =>
        GateRemarks.Of([], [new CritiqueFinding(path, "advice", "x")]).ShouldBeEmpty();

    [Fact]
    public void Remarks_OfHostileWords_AreShortVisibleAndWithoutSecrets()
    {
        var message = GateRemarks.Of([], [new CritiqueFinding("a.cs", "advice", "key gh" + "p_0123456789abcdefghijABCDEFGHIJ0123ab \u202Ehidden\u200B " + new string('x', 5_000))]).Single().Message;
        message.Length.ShouldBeLessThanOrEqualTo(1_001);
        message.ShouldNotContain('\u202E');
        message.ShouldNotContain("0123456789abcdefghij");
    }
}
