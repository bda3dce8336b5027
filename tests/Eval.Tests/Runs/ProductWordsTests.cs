using CodingAgent.Eval.Runs;

namespace CodingAgent.Eval.Tests.Runs;

public sealed class ProductWordsTests
{
    [Theory]
    [InlineData("Failed", "no", false, true)]
    [InlineData("Stopped", "", false, true)]
    [InlineData("Planning", "a note on the way", false, false)]
    [InlineData("AwaitingApproval", "", false, false)]
    [InlineData("AwaitingReview", "The checks are still red.", false, true)]
    [InlineData("AwaitingReview", "A host was refused.", true, false)]
    [InlineData("AwaitingReview", "", true, false)]
    [InlineData("AwaitingSetup", "Set-up failed.", false, true)]
    [InlineData("Merged", "", false, false)]
    public void HasStopped_OnlyWhenAPersonMustMendSomething(string state, string reason, bool isReady, bool expected) =>
        ProductWords.HasStopped(state, reason, isReady).ShouldBe(expected);

    [Theory]
    [InlineData("Set-up was refused these hosts: `evil.example`, `pypi.org:443`.", "evil.example pypi.org:443")]
    [InlineData("Hosts blocked: `a.example`", "a.example")]
    [InlineData("The person `ada.example` refused the plan.", "")]
    [InlineData("See `docs.example` for hosts.", "")]
    public void RefusedHosts_AreReadFromTheLinesThatSaySo(string comment, string expected) =>
        string.Join(' ', ProductWords.RefusedHosts([comment])).ShouldBe(expected);
}
