using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>What a task that cannot start says, and what a repository is told of itself.</summary>
public sealed class RepositoryDetectorTests : IDisposable
{
    private static readonly RepositoryPolicy Policy = new() { Checks = [new("test", "sh test.sh")] };

    private PreparedRepository? _repository;

    public void Dispose() => _repository?.Dispose();

    private PreparedRepository Repository(params (string Path, string Text)[] files) =>
        _repository = new PreparedRepository(files.Append(("test.sh", "true\n")).ToDictionary(f => f.Item1, f => f.Item2, StringComparer.Ordinal));

    [Fact]
    public async Task BranchInTheWay_IsToldWithBothNames_AndNothingIsSetUp()
    {
        var repository = Repository();
        repository.Remote.Git("branch", "coding-agent", "main");
        var problem = (await repository.PrepareAsync(Policy with { Setup = ["exit 1"] }, "coding-agent/issue-7")).Problem.ShouldNotBeNull();
        problem.Reason.ShouldBe("The branch coding-agent/issue-7 cannot be made, because there is a branch coding-agent. Nothing was started and no model was asked.");
        problem.WhatToDo.ShouldBe("Rename or delete `coding-agent`, then ask again.");
        (await repository.PrepareAsync(Policy, "agent/issue-7")).Problem.ShouldBeNull();
    }

    [Fact]
    public async Task SetupOfThePolicy_ThatFails_ShowsItsLastWordsAndSaysWhichKeyToMend()
    {
        var problem = (await Repository().PrepareAsync(Policy with { Setup = ["true", "echo left-pad is nowhere; exit 3"] })).Problem.ShouldNotBeNull();
        problem.Reason.ShouldBe("Setting the repository up failed at echo left-pad is nowhere; exit 3. Nothing was started and no model was asked.");
        problem.WhatToDo.ShouldBe("In .github/coding-agent.yml on the default branch, mend its `setup` (`setup: []` where nothing is to be done); then ask again.");
        problem.Shows.ShouldBe([new FailedCheck("setup echo left-pad is nowhere; exit 3", "exit code 3", "left-pad is nowhere\n") { Command = "echo left-pad is nowhere; exit 3" }]);
    }

    [Fact]
    public async Task Setup_ThatCannotRunHere_SaysWhatIsMissing()
    {
        var problem = (await Repository().PrepareAsync(Policy with { Setup = ["no-such-tool install"] })).Problem.ShouldNotBeNull();
        problem.Reason.ShouldBe("Setting the repository up failed at no-such-tool install: `no-such-tool install` cannot run here: no-such-tool is not installed. Nothing was started and no model was asked.");
    }

    [Fact]
    public async Task SetupThatWasFound_ThatFails_AsksForOneInThePolicy()
    {
        // No registry is open, whatever this machine has: npm is missing, or finds nothing.
        var repository = Repository(
            ("package.json", """{ "name": "a", "version": "1.0.0", "scripts": { "test": "node t.js" }, "dependencies": { "left-pad": "1.3.0" } }"""),
            (".npmrc", "fetch-retries=0\n"),
            ("package-lock.json", """{ "name": "a", "version": "1.0.0", "lockfileVersion": 3, "packages": { "": { "name": "a", "version": "1.0.0", "dependencies": { "left-pad": "1.3.0" } }, "node_modules/left-pad": { "version": "1.3.0", "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz" } } }"""));
        var problem = (await repository.PrepareAsync(new RepositoryPolicy { Sandbox = new() { Network = [] } })).Problem.ShouldNotBeNull();
        problem.Reason.ShouldStartWith("Setting the repository up failed at ");
        problem.Reason.ShouldNotContain("..");
        problem.WhatToDo.ShouldBe("In .github/coding-agent.yml on the default branch, write the commands that set it up under `setup` (`setup: []` where nothing is to be done); then ask again.");
    }

    [Fact]
    public async Task Setup_ThatWasRefusedAHost_NamesItAndTheKeyThatOpensIt()
    {
        // A plain request to the proxy, with nothing but the shell.
        const string Ask = "p=${https_proxy##*/}; exec 3<>/dev/tcp/${p%:*}/${p##*:}; printf 'CONNECT evil.example:443 HTTP/1.1\\r\\nHost: evil.example:443\\r\\n\\r\\n' >&3; head -n 1 <&3; exit 1";
        var prepared = await Repository().PrepareAsync(Policy with { Setup = [Ask], Sandbox = new() { Network = ["registry.example"] } });
        prepared.Problem.ShouldNotBeNull().Reason.ShouldContain(" Hosts it was refused: the host evil.example:443 (");
        prepared.Problem.WhatToDo.ShouldContain("mend its `setup`, name the hosts it needs under `sandbox: { network: [registries, …] }` (");
        prepared.RefusedHosts.ShouldHaveSingleItem().ShouldStartWith("the host evil.example:443 (");
    }

    [Fact]
    public async Task LfsFilesAndSubmodules_AreToldAsWhatCommandsSeeOfThem()
    {
        var repository = Repository(
            (".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n"),
            ("a.bin", $"version https://git-lfs.github.com/spec/v1\noid sha256:{new string('4', 64)}\nsize 12345\n"),
            (".gitmodules", "[submodule \"lib/sub\"]\n\tpath = lib/sub\n\turl = https://example.com/sub.git\n"));
        repository.Remote.Git("read-tree", "main");
        repository.Remote.Git("update-index", "--add", "--cacheinfo", $"160000,{new string('5', 40)},lib/sub");
        var tree = repository.Remote.Git("write-tree").Trim();
        var commit = repository.Remote.Git("-c", "user.name=t", "-c", "user.email=t@t", "commit-tree", tree, "-p", "main", "-m", "x").Trim();
        repository.Remote.Git("update-ref", "refs/heads/main", commit);

        var prepared = await repository.PrepareAsync(Policy);
        prepared.Problem.ShouldBeNull();
        prepared.Build.Notes.ShouldBe(
        [
            "1 file of this repository lie in Git LFS; commands see their pointers",
            "1 submodule of this repository are empty folders for commands: lib/sub; a line `git submodule update --init` under `setup` has them fetched",
        ]);
    }

    [Theory]
    [InlineData("web/package.json")]
    [InlineData("web/.pnpmfile.cjs")]
    [InlineData("yarn.lock")]
    [InlineData("requirements/dev.txt")]
    [InlineData("Shop.slnx")]
    [InlineData("Directory.Packages.props")]
    [InlineData("gradle/deps.gradle.kts")]
    [InlineData("gradle/wrapper/gradle-wrapper.properties")]
    [InlineData(".mvn/extensions.xml")]
    [InlineData("api/.mvn/wrapper/maven-wrapper.properties")]
    [InlineData("cmake/deps.cmake")]
    [InlineData("subprojects/zlib.wrap")]
    [InlineData("a/.cargo/config.toml")]
    [InlineData("rust-toolchain.toml")]
    public void File_ThatDecidesWhatSetUpFetches_IsAnInputOfItsLayer(string path) => RepositoryBuilds.IsInput(path).ShouldBeTrue();

    [Theory]
    [InlineData("src/App.cs")]
    [InlineData("docs/package.json.md")]
    [InlineData("src/gradle.py")]
    [InlineData("README.txt")]
    public void File_OfAnyOtherKind_IsNone(string path) => RepositoryBuilds.IsInput(path).ShouldBeFalse();
}
