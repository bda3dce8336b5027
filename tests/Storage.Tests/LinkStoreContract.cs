using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Storage.Tests;

/// <summary>What every link store must do.</summary>
public abstract class LinkStoreContract
{
    private static readonly RepoRef Repo = RepoRef.Parse("github:Octo/Hello");
    private static readonly TaskId First = TaskId.ForIssue(Repo, 12);
    private static readonly TaskId Second = TaskId.ForPull(Repo, 34);

    protected abstract ILinkStore Links { get; }

    [Fact]
    public async Task Find_NothingLinked_IsNull()
    {
        (await Links.FindByIssueAsync(Repo, 12, default)).ShouldBeNull();
        (await Links.FindByPullAsync(Repo, 12, default)).ShouldBeNull();
        (await Links.FindByHeadAsync(Repo, "abc", default)).ShouldBeNull();
    }

    [Fact]
    public async Task Link_PartByPart_FindsByEach()
    {
        await Links.LinkAsync(First, Repo, 12, null, null, default);
        await Links.LinkAsync(First, Repo, null, 34, "abc", default);
        await Links.LinkAsync(First, Repo, null, null, "def", default);

        (await Links.FindByIssueAsync(Repo, 12, default)).ShouldBe(First);
        (await Links.FindByPullAsync(Repo, 34, default)).ShouldBe(First);
        (await Links.FindByHeadAsync(Repo, "abc", default)).ShouldBe(First);
        (await Links.FindByHeadAsync(Repo, "def", default)).ShouldBe(First);
        (await Links.FindByPullAsync(Repo, 12, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Link_Again_NewestWins()
    {
        await Links.LinkAsync(First, Repo, 12, 34, "abc", default);
        await Links.LinkAsync(Second, Repo, null, 34, null, default);
        (await Links.FindByPullAsync(Repo, 34, default)).ShouldBe(Second);
        (await Links.FindByIssueAsync(Repo, 12, default)).ShouldBe(First);
    }

    [Fact]
    public async Task Find_OtherSpellingOfTheRepository_IsTheSame()
    {
        await Links.LinkAsync(First, Repo, 12, null, "ABC", default);
        (await Links.FindByIssueAsync(RepoRef.Parse("github:octo/hello"), 12, default)).ShouldBe(First);
        (await Links.FindByHeadAsync(RepoRef.Parse("github:octo/hello"), "abc", default)).ShouldBe(First);
        (await Links.FindByIssueAsync(RepoRef.Parse("github:octo/other"), 12, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Find_ByAnotherNameOfTheRepository_IsTheSame()
    {
        var renamed = RepoRef.Parse("github:Octo/Hi");
        await Links.LinkAsync(First, Repo, 12, 34, "abc", default);
        (await Links.IsNamedAsync(Repo, default)).ShouldBeFalse();
        await Links.NameAsync(Repo, 7, default);
        (await Links.FindByIssueAsync(renamed, 12, default)).ShouldBeNull();
        await Links.NameAsync(renamed, 7, default);

        (await Links.IsNamedAsync(renamed, default)).ShouldBeTrue();
        (await Links.FindByIssueAsync(renamed, 12, default)).ShouldBe(First);
        (await Links.FindByPullAsync(renamed, 34, default)).ShouldBe(First);
        (await Links.FindByHeadAsync(renamed, "ABC", default)).ShouldBe(First);
        // What a task links later, by the name it began with.
        await Links.LinkAsync(First, Repo, null, null, "def", default);
        (await Links.FindByHeadAsync(renamed, "def", default)).ShouldBe(First);
        // A task that began under the new name comes first there.
        await Links.LinkAsync(Second, renamed, 12, null, null, default);
        (await Links.FindByIssueAsync(renamed, 12, default)).ShouldBe(Second);
        (await Links.FindByIssueAsync(Repo, 12, default)).ShouldBe(First);
    }

    [Fact]
    public async Task Find_NumberOfAnotherRepositoryOrForge_IsNot()
    {
        await Links.LinkAsync(First, Repo, 12, null, null, default);
        await Links.NameAsync(Repo, 7, default);
        await Links.NameAsync(RepoRef.Parse("github:octo/other"), 8, default);
        await Links.NameAsync(RepoRef.Parse("gitlab:octo/other"), 7, default);
        (await Links.FindByIssueAsync(RepoRef.Parse("github:octo/other"), 12, default)).ShouldBeNull();
        (await Links.FindByIssueAsync(RepoRef.Parse("gitlab:octo/other"), 12, default)).ShouldBeNull();
    }
}
