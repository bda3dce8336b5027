using System.Text.Json.Nodes;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Playground.LocalForge;

namespace CodingAgent.LocalForge.Tests;

public sealed class SandboxedCiTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("localforge-ci-");
    private readonly HttpClient _http = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        _http.Dispose();
        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    [FactWhenInstalled("bwrap")]
    public async Task Job_InTheSandbox_WritesItsWorkspaceAndSeesNothingOfTheHost()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "host-secret"), "s");
        var run = await OneCheckAsync(
            new BubblewrapSandbox(new BubblewrapOptions { AllowUnlimitedMemory = true }, TimeProvider.System),
            $"echo x > made.txt && git log -1 && test ! -e {_folder.FullName}/host-secret");
        ((string?)run["conclusion"]).ShouldBe("success", run.ToJsonString());
    }

    [Fact]
    public async Task Job_WithoutSandboxOrLeave_FailsAndSaysWhy()
    {
        var run = await OneCheckAsync(null, "true");
        ((string?)run["conclusion"]).ShouldBe("failure");
        ((string?)run["output"]!["title"]).ShouldBe("No CI sandbox");
    }

    private async Task<JsonNode> OneCheckAsync(ISandbox? sandbox, string command)
    {
        await using var forge = await LocalForgeServer.StartAsync(
            new LocalForgeOptions { DataDirectory = Path.Combine(_folder.FullName, "forge"), CiSandbox = sandbox }, CancellationToken.None);
        forge.CreateUser("acme", "token-acme");
        var seed = _folder.CreateSubdirectory("seed");
        seed.CreateSubdirectory(".github/workflows");
        File.WriteAllText(Path.Combine(seed.FullName, ".github/workflows/ci.yml"), $"on: push\njobs:\n  only:\n    steps:\n      - run: |\n          {command}\n");
        await forge.CreateRepositoryAsync("acme", "shop", seed.FullName);
        var folder = _folder.CreateSubdirectory("clone").FullName;
        await Tools.GitAsync(folder, "clone", "--quiet", forge.BaseUrl.Replace("://", "://acme:token-acme@", StringComparison.Ordinal) + "/acme/shop.git", ".");
        await Tools.GitAsync(folder, "push", "--quiet", "origin", "HEAD:refs/heads/topic");
        var sha = await Tools.GitAsync(folder, "rev-parse", "HEAD");
        var runs = await Playground.EventuallyAsync(
            async () => JsonNode.Parse(await _http.GetStringAsync(new Uri($"{forge.ApiUrl}/repos/acme/shop/commits/{sha}/check-runs")))!["check_runs"]!.AsArray(),
            r => r.Count == 1 && (string?)r[0]!["status"] == "completed");
        return runs[0]!;
    }
}
