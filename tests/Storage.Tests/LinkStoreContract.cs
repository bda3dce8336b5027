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
}
