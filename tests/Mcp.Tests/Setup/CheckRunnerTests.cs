using System.Globalization;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Overlays;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Tests.Git;
using CodingAgent.Mcp.Tests.Sandboxes;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Mcp.Tests.Setup;

/// <summary>Checks as evidence: what one does is no other's business, unless that one needs it.</summary>
public sealed class CheckRunnerTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    // What a hostile check might do for those that follow, and what an honest one looks at.
    private static readonly string[] Deeds =
    [
        "echo 'exit 0' > scripts/audit.sh", "rm -rf scripts", "touch marker", "mkdir -p out && echo made > out/lib", "rm -rf out deps", "echo forged > deps/installed",
        "touch \"$HOME/marker\"", "chmod -R 0 scripts", "mv scripts away && ln -s /tmp scripts", "(sleep 300; echo 'exit 0' > scripts/audit.sh) > /dev/null 2>&1 &", "true",
    ];

    private static readonly string[] Questions =
    [
        "sh scripts/audit.sh", "test ! -e marker", "test ! -e out", "grep -q set deps/installed", "test ! -e \"$HOME/marker\"", "test -f scripts/audit.sh", "false", "exit 7", "true",
    ];

    private readonly GitFixture _git = new();
    private readonly BubblewrapSandbox _sandbox = new(new BubblewrapOptions(), TimeProvider.System);
    private int _runs;

    public void Dispose() => _git.Dispose();

    [Fact]
    public async Task Verdicts_OfChecksInAnyOrder_AreTheSame()
    {
        var (request, environment) = await PreparedAsync(_git.Git);
        var gen =
            from deeds in Gen.Elements(Deeds).ArrayOf(4)
            from questions in Gen.Elements(Questions).ArrayOf(4)
            from needs in Gen.Choose(0, 2).ArrayOf(4)
            from order in Gen.Shuffle([0, 1, 2, 3])
            select (Checks: Enumerable.Range(0, 4).Select(i => new WorkspaceCheck($"c{i}", $"{questions[i]}; code=$?; {deeds[i]}; exit $code")
            {
                // Only on earlier ones, so never in a circle.
                Needs = needs[i] < i ? [$"c{needs[i]}"] : [],
            }).ToArray(), Order: order.ToArray());
        Prop.ForAll(gen.ToArbitrary(), c =>
        {
            var listed = VerdictsAsync(request, environment, c.Checks).GetAwaiter().GetResult();
            var shuffled = VerdictsAsync(request, environment, [.. c.Order.Select(i => c.Checks[i])]).GetAwaiter().GetResult();
            shuffled.ShouldBe(listed, ignoreOrder: true);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(6));
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Check_ThatNeedsAnother_SeesWhatThatMade_OverTheTreesOwnFiles(WorkspaceLayering layering)
    {
        var git = _git.NewGit("needs", o => o with { RequiredLayering = layering });
        var (request, environment) = await PreparedAsync(git);
        WorkspaceCheck[] checks =
        [
            new("test", "cat out/lib deps/installed deps/extra; sh scripts/audit.sh; echo more > out/lib; touch tested") { Needs = ["build"] },
            new("build", "mkdir out && echo built > out/lib && echo x > deps/extra && rm deps/old && echo 'exit 0' > scripts/audit.sh && echo ran >> \"$HOME/log\""),
            new("again", "cat out/lib; test ! -e tested && test ! -e deps/old && sh scripts/audit.sh") { Needs = ["build"] },
            new("pack", "cat out/lib tested; ls; exit 3") { Needs = ["test"] },
            new("alone", "test ! -e out && test -e deps/old"),
        ];
        await using var runner = new CheckRunner(git, request, environment, checks, "n");
        var results = new List<(string, int, string)>();
        foreach (var check in checks)
        {
            var (result, redNeed) = await runner.RunAsync(check, null, None);
            redNeed.ShouldBeNull();
            results.Add((check.Name, result.ExitCode, result.StandardOutput));
        }

        results.ShouldBe([
            ("test", 0, "built\nset\nx\naudited\n"), ("build", 0, ""), ("again", 0, "built\naudited\n"),
            ("pack", 3, "more\ndeps\nmanifest.txt\nout\nscripts\ntested\n"), ("alone", 0, "")]);
    }

    [Fact]
    public async Task Check_ThatLeavesWhatCannotBeHandedOn_SaysSo()
    {
        var (request, environment) = await PreparedAsync(_git.Git);
        WorkspaceCheck[] checks = [new("build", "echo x > \"$(printf 'odd\\377')\"; echo y > even"), new("test", "cat even; ls") { Needs = ["build"] }];
        await using var runner = new CheckRunner(_git.Git, request, environment, checks, "o");
        (await runner.RunAsync(checks[1], null, None)).Result.StandardOutput.ShouldNotContain("odd");
        (await runner.RunAsync(checks[0], null, None)).Result.StandardError.ShouldContain("[1 of the files and folders that it left are not handed on to other commands: odd\uFFFD (its name is not UTF-8)]");
    }

    [Fact]
    public async Task Check_WhoseNeedIsRed_IsNotRun_AndTheNeedRunsOnce()
    {
        var (request, environment) = await PreparedAsync(_git.Git);
        WorkspaceCheck[] checks = [new("build", "echo broken; exit 2"), new("test", "echo never") { Needs = ["build"] }, new("pack", "echo never") { Needs = ["test"] }];
        await using var runner = new CheckRunner(_git.Git, request, environment, checks, "r");
        foreach (var check in checks)
        {
            var (result, redNeed) = await runner.RunAsync(check, null, None);
            (redNeed?.Name, result.ExitCode, result.StandardOutput).ShouldBe((check.Name == "build" ? null : "build", 2, "broken\n"));
        }

        runner.LinesOf(checks[2]).ShouldBe("echo broken; exit 2\necho never\necho never");
    }

    [Fact]
    public async Task Workspaces_OfNeededChecks_AreGoneAfterwards()
    {
        var (request, environment) = await PreparedAsync(_git.Git);
        WorkspaceCheck[] checks = [new("build", "mkdir out"), new("test", "test -d out") { Needs = ["build"] }];
        await using (var runner = new CheckRunner(_git.Git, request, environment, checks, "gone"))
        {
            foreach (var check in checks) (await runner.RunAsync(check, null, None)).Result.Succeeded.ShouldBeTrue();
        }

        Directory.EnumerateDirectories(_git.Beside("one"), "gone*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    private async Task<IReadOnlyList<(string, string?, int)>> VerdictsAsync(SetupRequest request, BuildEnvironment environment, IReadOnlyList<WorkspaceCheck> checks)
    {
        var verdicts = new List<(string, string?, int)>();
        await using var runner = new CheckRunner(_git.Git, request, environment, checks, string.Create(CultureInfo.InvariantCulture, $"o{_runs++}"));
        foreach (var check in checks)
        {
            var (result, redNeed) = await runner.RunAsync(check, null, None);
            verdicts.Add((check.Name, redNeed?.Name, result.ExitCode));
        }

        return verdicts;
    }

    private async Task<(SetupRequest Request, BuildEnvironment Environment)> PreparedAsync(TrustedGit git)
    {
        var head = _git.Origin.Commit("main", ("manifest.txt", "a\n"), ("scripts/audit.sh", "echo audited\n"));
        var mirror = await git.FetchMirrorAsync("test:o/r", _git.Origin.Url, null, None);
        var request = new SetupRequest(mirror, head, await git.TreeOfAsync(mirror, head, None), [new SetupCommand("deps", "mkdir deps && echo set > deps/installed && touch deps/old")], [], SandboxFixture.Limits)
        {
            Sandbox = _sandbox,
            Platform = "here",
            Reads = p => p == "manifest.txt",
            IsLock = _ => false,
        };
        var layers = new SetupLayers(git, new SetupLayersOptions { Root = _git.Beside($"layers-{_runs++}") }, TimeProvider.System);
        return (request, new BuildEnvironment((await layers.PrepareAsync(request, None)).Layer.ShouldNotBeNull(), null, SandboxFixture.Limits));
    }
}
