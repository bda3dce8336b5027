using CodingAgent.Forges;
using CodingAgent.Workflows.Routing;

namespace CodingAgent.Workflows.Tests.Routing;

public sealed class RevertTextTests
{
    private const string Sha = "0123456789abcdef0123456789abcdef01234567";

    private static readonly RepoRef GitHub = RepoRef.Parse("github:Octo/Hello");
    private static readonly RepoRef GitLab = RepoRef.Parse("gitlab:group/sub/tool");

    [Theory]
    // As GitHub's button writes it.
    [InlineData("Revert \"Add a cache\"", "Reverts octo/hello#12", new[] { 12 })]
    [InlineData("Revert \"Add a cache\"", "Reverts Octo/Hello#12\r\n\r\nIt broke the build.", new[] { 12 })]
    [InlineData("Revert \"Add a cache (#12)\"", "", new[] { 12 })]
    [InlineData("Revert \"Add a cache (#12)\" (#15)", "", new[] { 12 })]
    [InlineData("Revert \"Merge pull request #12 from octo/agent/12-abc\"", "", new[] { 12 })]
    // As people write it.
    [InlineData("Take the cache out again", "Reverts #12.", new[] { 12 })]
    [InlineData("Back", "This reverts pull request #12", new[] { 12 })]
    [InlineData("Back", "Reverts #12, #13 and #14", new[] { 12, 13, 14 })]
    [InlineData("Back", "Revert https://forge.test/octo/hello/pull/12", new[] { 12 })]
    // A revert of a revert brings back what was there: 13 is the revert.
    [InlineData("Revert \"Revert \"Add a cache (#12)\" (#13)\"", "Reverts octo/hello#13", new[] { 13 })]
    [InlineData("Revert \"Revert \"Add a cache (#12)\"\"", "", new int[0])]
    [InlineData("Reapply \"Add a cache (#12)\"", "", new int[0])]
    // A number alone says nothing, nor does a title without one, whose like may be there twice.
    [InlineData("Revert \"Add a cache\"", "See #12; fixes #13", new int[0])]
    [InlineData("Revert to the old cache (#12)", "It does not revert #12, and reverts the workaround of #13", new int[0])]
    [InlineData("Mend what was reverted", "#12 reverts #11\nPartially reverts #12", new int[0])]
    // Of another repository, another forge's sign, an elsewhere that is called alike.
    [InlineData("Back", "Reverts octo/hello-world#12", new int[0])]
    [InlineData("Back", "Reverts !12", new int[0])]
    [InlineData("Back", "Reverts https://evil.test/octo/hello/pull/12", new int[0])]
    // Quoted, in code, in a comment of a template.
    [InlineData("Back", "> Reverts #12", new int[0])]
    [InlineData("Back", "```\nReverts #12\n```\nReverts #13", new[] { 13 })]
    [InlineData("Back", "    Reverts #12", new int[0])]
    [InlineData("Back", "<!-- Reverts #12 -->", new int[0])]
    // Nonsense.
    [InlineData("Back", "Reverts #99999999999999999999", new int[0])]
    [InlineData("Back", "Reverts #0, #-1, #1e3, #12x, # 12", new int[0])]
    [InlineData("Back", "Reverts #٣", new int[0])]
    [InlineData("Back", "Re\u200bverts #\u206612", new[] { 12 })]
    [InlineData("Back", "Reverts #50", new int[0])]
    public void Read_OnGitHub_FindsWhatTheWordsSay(string title, string body, int[] pulls) => RevertText.Read(GitHub, Pull(title, body)).Pulls.ShouldBe(pulls);

    [Theory]
    [InlineData("Revert \"Add a cache\"", "This reverts merge request !12", new[] { 12 })]
    [InlineData("Revert \"Merge branch 'agent/12' into 'main'\"", "This reverts merge request group/sub/tool!12\n\n(cherry picked from commit 123)", new[] { 12 })]
    [InlineData("Back", "Reverts https://forge.test/group/sub/tool/-/merge_requests/12", new[] { 12 })]
    // There this is an issue.
    [InlineData("Back", "Reverts #12", new int[0])]
    public void Read_OnGitLab_FindsWhatTheWordsSay(string title, string body, int[] pulls) => RevertText.Read(GitLab, Pull(title, body)).Pulls.ShouldBe(pulls);

    [Theory]
    [InlineData("This reverts commit " + Sha + ".", 1)]
    [InlineData("This reverts commit " + Sha + ", reversing\nchanges made to aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.", 1)]
    [InlineData("This reverts commit 0123456.", 0)]
    [InlineData("It fixes what commit " + Sha + " broke", 0)]
    [InlineData("This reverts commit " + Sha + "0", 0)]
    public void Read_Commit_IsTakenWholeAlone(string body, int count)
    {
        var (pulls, commits) = RevertText.Read(GitHub, Pull("Revert \"Add a cache\"", body));
        commits.ShouldBe(Enumerable.Repeat(Sha, count));
        pulls.ShouldBeEmpty();
    }

    [Fact]
    public void Read_MuchOfEverything_EndsSoon()
    {
        var endless = string.Concat(Enumerable.Repeat("#1 and ", 20_000));
        RevertText.Read(GitHub, Pull("Revert \"" + new string('(', 60_000), "Reverts " + endless)).Pulls.Count.ShouldBeLessThanOrEqualTo(20);
        RevertText.Read(GitHub, Pull("", string.Concat(Enumerable.Range(1, 50_000).Select(i => $"Reverts #{i}\n")))).Pulls.Count.ShouldBe(20);
    }

    private static PullRequest Pull(string title, string body) => new(
        50, title, body, new Actor("mona", 1, ActorKind.User), new PullHead("b", Sha, GitHub), "main", Sha, false, false, true, new Uri("https://forge.test/octo/hello/pull/50"));
}
