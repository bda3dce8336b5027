namespace CodingAgent.LocalForge.Tests;

public sealed class GitTests(Playground forge) : IClassFixture<Playground>
{
    [Fact]
    public async Task Clone_Anonymous_ReadsPublicRepository()
    {
        var folder = forge.NewFolder();
        await Tools.GitAsync(folder, "clone", "--quiet", forge.Forge.BaseUrl + "/acme/shop.git", ".");
        (await File.ReadAllTextAsync(Path.Combine(folder, "README.md"))).ShouldBe("# Shop\n");
    }

    [Fact]
    public async Task Push_WithWriteAccess_MovesBranchAndPullAtOnce()
    {
        var number = await forge.OpenPullAsync("ada", "push-moves");
        var sha = await forge.PushAsync("ada", "push-moves", "more", ("src/new.txt", "new\n"));
        var pull = await forge.GetAsync("ada", $"{Playground.Repo}/pulls/{number}");
        ((string?)pull["head"]!["sha"]).ShouldBe(sha);
        ((int)pull["changed_files"]!).ShouldBe(2);
    }

    [Theory]
    [InlineData("eve", "403")]
    [InlineData("nobody", "Authentication failed")]
    public async Task Push_WithoutWriteAccess_IsRefused(string login, string says)
    {
        var folder = forge.NewFolder();
        await Tools.GitAsync(folder, "clone", "--quiet", forge.Forge.BaseUrl + "/acme/shop.git", ".");
        await Playground.CommitAsync(folder, "mine", ("x.txt", "x"));
        var (exit, output) = await Tools.TryGitAsync(folder, "push", forge.CloneUrl(login), "HEAD:refs/heads/mine");
        exit.ShouldNotBe(0);
        output.ShouldContain(says);
        await forge.GetAsync("ada", Playground.Repo + "/branches/mine", expect: 404);
    }

    [Fact]
    public async Task Push_ToPullRefs_IsRefused()
    {
        var folder = forge.NewFolder();
        await Tools.GitAsync(folder, "clone", "--quiet", forge.CloneUrl("ada"), ".");
        (await Tools.TryGitAsync(folder, "push", "origin", "HEAD:refs/pull/77/head")).ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task Push_LargePackInChunks_Arrives()
    {
        var noise = new byte[3_000_000];
        new Random(7).NextBytes(noise);
        var sha = await forge.PushAsync("ada", "large", "large", ("large.txt", Convert.ToBase64String(noise)));
        ((string?)(await forge.GetAsync("ada", Playground.Repo + "/git/ref/heads/large"))["object"]!["sha"]).ShouldBe(sha);
    }

    [Fact]
    public async Task PrivateRepository_ForStranger_IsNotThere()
    {
        await forge.Forge.CreateRepositoryAsync("ada", "secret", forge.Seed(("a", "a")), isPrivate: true);
        await forge.GetAsync("eve", "/repos/ada/secret", expect: 404);
        var (exit, output) = await Tools.TryGitAsync(forge.NewFolder(), "ls-remote", forge.CloneUrl("eve", "ada/secret"));
        exit.ShouldNotBe(0);
        output.ShouldContain("not found");
        (await Tools.TryGitAsync(forge.NewFolder(), "ls-remote", forge.CloneUrl("ada", "ada/secret"))).ExitCode.ShouldBe(0);
    }
}
