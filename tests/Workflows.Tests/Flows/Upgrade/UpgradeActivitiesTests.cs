using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Flows.Upgrade;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using CodingAgent.Workflows.Tests.Activities;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Flows.Upgrade;

/// <summary>On real git and a real sandbox, with a package manager of five lines that takes the newest a range allows.</summary>
public sealed class UpgradeActivitiesTests : GitWorkers
{
    // Keeps what is locked where the range allows it; else locks the newest, which is 2.9.9; an exact version is locked as it is.
    private const string Manager = """
        want=$(sed -n 's/.*"lib": *"\([^"]*\)".*/\1/p' a/package.json); have=$(cat a/package-lock.json)
        case "$want" in
          ^2*) case "$have" in 2.*) ;; *) echo 2.9.9 > a/package-lock.json ;; esac ;;
          *) echo "$want" > a/package-lock.json ;;
        esac
        """;

    private static readonly RepositoryPolicy Policy = OneCheck with { Danger = new RepositoryPolicy.DangerRules { Dependencies = RiskRule.Allow } };

    public UpgradeActivitiesTests()
        : base((new GitRemote(new Dictionary<string, string>
        {
            ["a/package.json"] = "{ \"dependencies\": { \"lib\": \"^1.0.0\" } }\n",
            ["a/package-lock.json"] = "1.0.0\n",
            ["a/app.js"] = "require('lib').old();\n",
            ["b/package.json"] = "{ \"dependencies\": { \"lib\": \"1.0.0\" } }\n",
            ["node_modules/x/package.json"] = "{ \"dependencies\": { \"lib\": \"^1.0.0\" } }\n",
        }), new FakeStores())) => RealSandbox = new BubblewrapSandbox(new BubblewrapOptions(), TimeProvider.System);

    [Fact]
    public async Task Survey_OfANamedVersion_PlansManifestsAndCallsAndSigns()
    {
        var survey = await SurveyAsync("lib", "2.0.0");
        survey.Problem.ShouldBeNull();
        survey.Upgrade!.Modules.Select(m => m.Name).ShouldBe(["a", "b"]);
        survey.Plan!.Edits.Select(e => e.Path).ShouldBe(["a/package.json", "b/package.json", "a/app.js"]);
        var record = Keys.Open<PlanRecord>(survey.Record!)!;
        (record.BaseSha, record.PolicyBlob, record.Plan.Goal).ShouldBe((Remote.Sha, "blob", survey.Plan.Goal));
    }

    [Theory]
    [InlineData("libx", "2.0.0", "No manifest of this repository asks for libx; there is lib.")]
    [InlineData("lib", "1.0.0", "nobody asks for lib below 1.0.0")]
    [InlineData("lib", "v4", "is no version as npm writes it")]
    public async Task Survey_OfWhatCannotBe_SaysWhy(string name, string version, string words) => (await SurveyAsync(name, version)).Problem.ShouldNotBeNull().ShouldContain(words);

    [Fact]
    public async Task Make_WithALockFile_TakesTheVersionAndNoNewerOne()
    {
        var survey = await SurveyAsync("lib", "2.0.0");
        var (git, mirrors) = Worker("one");
        var made = await new ActivityEnvironment().RunAsync(() => Activities(git, mirrors).MakeAsync(
            new UpgradeActivities.MakeStep(TaskHarness.Repo, Remote.Sha, null, survey.Upgrade!, ["a/package.json"], Policy, Build(), survey.Plan)));
        made.ShouldSatisfyAllConditions(m => m.Problem.ShouldBeNull(), m => m.Failure.ShouldBeNull());
        var mirror = await mirrors.WithCommitAsync(TaskHarness.Repo, Remote.Sha, default);
        async Task<string> ReadAsync(string path) => System.Text.Encoding.UTF8.GetString((await git.ReadFileAsync(mirror, SnapshotRef.Parse(made.Snapshot!).TreeId, path, default))!);
        (await ReadAsync("a/package.json")).ShouldBe("{ \"dependencies\": { \"lib\": \"^2.0.0\" } }\n");
        (await ReadAsync("a/package-lock.json")).ShouldBe("2.0.0\n");
        (await ReadAsync("b/package.json")).ShouldContain("1.0.0");
    }

    [Fact]
    public async Task Make_WithFilesToPutBack_WritesThemFromTheBaseAndKeepsTheRest()
    {
        var survey = await SurveyAsync("lib", "2.0.0");
        var (git, mirrors) = Worker("one");
        var mirror = await mirrors.WithCommitAsync(TaskHarness.Repo, Remote.Sha, default);
        var merged = await git.ReplaceFilesAsync(mirror, Remote.Sha, await git.TreeOfAsync(mirror, Remote.Sha, default), new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["a/package.json"] = "{ \"dependencies\": { \"lib\": \"^2.0.0\" } }\n"u8.ToArray(),
            ["a/package-lock.json"] = "<<<<<<< ours\n2.0.0\n=======\n1.1.0\n>>>>>>> theirs\n"u8.ToArray(),
            ["a/app.js"] = "require('lib').mended();\n"u8.ToArray(),
        }, default);
        var snapshot = new SnapshotRef(merged, await Stores.PutAsync(await git.PackAsync(mirror, Remote.Sha, merged, default), default)).ToString();
        var step = new UpgradeActivities.MakeStep(TaskHarness.Repo, Remote.Sha, snapshot, survey.Upgrade!, ["a/package.json"], Policy, Build(), survey.Plan);
        var made = await new ActivityEnvironment().RunAsync(() => Activities(git, mirrors).MakeAsync(step with { Resets = ["a/package.json", "a/package-lock.json"] }));
        async Task<string> ReadAsync(string path) => System.Text.Encoding.UTF8.GetString((await git.ReadFileAsync(mirror, SnapshotRef.Parse(made.Snapshot!).TreeId, path, default))!);
        (await ReadAsync("a/package.json")).ShouldBe("{ \"dependencies\": { \"lib\": \"^2.0.0\" } }\n");
        (await ReadAsync("a/package-lock.json")).ShouldBe("2.0.0\n");
        (await ReadAsync("a/app.js")).ShouldBe("require('lib').mended();\n");

        (await new ActivityEnvironment().RunAsync(() => Activities(git, mirrors).MakeAsync(step with { Resets = ["gone.lock"] }))).Problem.ShouldBe("gone.lock is not there on both sides.");
    }

    [Fact]
    public async Task Make_WhereTheManagerFails_ShowsItsWords()
    {
        var survey = await SurveyAsync("lib", "2.0.0");
        var (git, mirrors) = Worker("one");
        var made = await new ActivityEnvironment().RunAsync(() => Activities(git, mirrors).MakeAsync(
            new UpgradeActivities.MakeStep(TaskHarness.Repo, Remote.Sha, null, survey.Upgrade!, ["a/package.json"], Policy, Build("echo no such version; exit 3"), survey.Plan)));
        made.Snapshot.ShouldBeNull();
        made.Failure!.Output.ShouldContain("no such version");
    }

    private Task<UpgradeActivities.Survey> SurveyAsync(string name, string version)
    {
        var (git, mirrors) = Worker("one");
        return new ActivityEnvironment().RunAsync(() => Activities(git, mirrors).SurveyAsync(
            new UpgradeActivities.SurveyStep(Task, TaskHarness.Repo, Remote.Sha, Policy, "blob", Build(), new UpgradeRequest(name, version), "k")));
    }

    private UpgradeActivities Activities(CodingAgent.Mcp.Git.TrustedGit git, RepositoryMirrors mirrors) => new(git, mirrors, Builds(git, "one").Builds, Stores, Keys, Settings, TimeProvider.System);

    private RepositoryBuild Build(string manager = Manager) => new([new SetupCommand("lock", "true", manager)], [], Remote.Git("rev-parse", $"{Remote.Sha}^{{tree}}").Trim(), [], []);
}
