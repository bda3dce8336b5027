using System.Text.Json.Nodes;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>A dependency upgraded from the label to the pull request, on repositories in three languages; every part real but the model.</summary>
public sealed class UpgradeStoryTests : IAsyncLifetime
{
    private static readonly Sample[] Samples = [Python(), JavaScript(), CSharp()];
    private static readonly Sample InBatches = JavaScript() with { Name = "js-batches", Upgrade = "canary: [a]" };
    private Stage _stage = null!;
    private BotProcess _service = null!;

    public async Task InitializeAsync()
    {
        _stage = await Stage.BuildAsync(new StageOptions { References = [.. Samples.Append(InBatches).Select(s => s.Mend)], RunsCi = false }, CancellationToken.None);
        _service = await _stage.StartServiceAsync("all", CancellationToken.None);
    }

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    /// <summary>Four modules: the canary and one more are green, one is mended, one cannot be.</summary>
    [Fact]
    public Task Upgrade_OfFourModules_ShipsWhatIsGreenAndNamesTheCulprit() => UpgradeAsync("js-upgrade");

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("py-upgrade")]
    [InlineData("cs-upgrade")]
    public Task Upgrade_OfFourModulesInOtherLanguages_ShipsWhatIsGreenAndNamesTheCulprit(string name) => UpgradeAsync(name);

    private async Task UpgradeAsync(string name)
    {
        var sample = Samples.Single(s => s.Name == name);
        var ada = await AddAsync(sample);
        var issue = (await ada.PostAsync("issues", new JsonObject { ["title"] = $"Upgrade {sample.Dependency} to 2.0.0", ["body"] = "Please." }, default))["number"]!.GetValue<int>();
        await ada.PostAsync($"issues/{issue}/labels", new JsonObject { ["labels"] = new JsonArray("agent:upgrade") }, default);

        var pull = await Eventually.FindAsync("a pull request", async () => (await ada.GetAsync("pulls?state=all", default)).AsArray() is [var first, ..] ? first : null, TimeSpan.FromMinutes(6), () => ExplainAsync(ada, issue));
        var comments = await CommentsAsync(ada, issue);
        var plan = comments.Single(c => c.Contains("### 🧭 Plan", StringComparison.Ordinal));
        plan.ShouldContain("4 modules, 1 of them first as canaries");
        var culprit = comments.SingleOrDefault(c => c.Contains("### Not upgraded to 2.0.0", StringComparison.Ordinal)).ShouldNotBeNull(string.Join("\n---\n", comments));
        culprit.ShouldContain("**c**: red alone, with nothing else changed");
        culprit.ShouldContain("gone");
        culprit.ShouldNotContain("**b**");

        var body = pull["body"]!.GetValue<string>();
        body.ShouldContain("in 3 modules: a, d, b");
        body.ShouldContain("Calls were mended in b");
        body.ShouldContain("c (red alone, with nothing else changed)");
        var files = (await ada.GetAsync($"pulls/{pull["number"]}/files", default)).AsArray().Select(f => f!["filename"]!.GetValue<string>());
        files.Order(StringComparer.Ordinal).ShouldBe([$"a/{sample.Manifest}", $"b/{sample.Code}", $"b/{sample.Manifest}", $"d/{sample.Manifest}"], ignoreOrder: true);
    }

    /// <summary>Four modules in two batches: the canary first, a module that is mended and one that cannot be each apart, the rest in between.</summary>
    [Fact]
    public async Task Upgrade_InBatches_ShipsAPullRequestForEachAndADraftOfTheCulprit()
    {
        var ada = await AddAsync(InBatches);
        var issue = (await ada.PostAsync("issues", new JsonObject { ["title"] = "Upgrade lib to 2.0.0", ["body"] = "Please." }, default))["number"]!.GetValue<int>();
        await ada.PostAsync($"issues/{issue}/labels", new JsonObject { ["labels"] = new JsonArray("agent:upgrade") }, default);

        // Killed between the canary and the rest: nothing is made twice.
        await Eventually.FindAsync("the canary's pull request", async () => (await ada.GetAsync("pulls?state=all", default)).AsArray() is [var first, ..] ? first : null, TimeSpan.FromMinutes(6), () => ExplainAsync(ada, issue));
        await _service.KillAsync();
        _service = await _stage.StartServiceAsync("all", CancellationToken.None);
        var pulls = await Eventually.FindAsync(
            "four pull requests", async () => (await ada.GetAsync("pulls?state=all", default)).AsArray() is { Count: 4 } all && (await CommentsAsync(ada, issue)).Any(c => c.Contains("a draft that needs a person", StringComparison.Ordinal)) ? all : null,
            TimeSpan.FromMinutes(6), () => ExplainAsync(ada, issue));
        var byFiles = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var pull in pulls)
            byFiles[string.Join(' ', (await ada.GetAsync($"pulls/{pull!["number"]}/files", default)).AsArray().Select(f => f!["filename"]!.GetValue<string>()).Order(StringComparer.Ordinal))] = pull;
        byFiles.Keys.ShouldBe(["a/package.json", "d/package.json", "b/app.js b/package.json", "c/package.json"], ignoreOrder: true);
        bool IsDraft(string files) => byFiles[files]["draft"]!.GetValue<bool>();
        byFiles.Keys.Where(IsDraft).ShouldBe(["c/package.json"]);
        byFiles.Values.ShouldAllBe(p => p["body"]!.GetValue<string>().StartsWith($"Part of #{issue};"));
        byFiles["a/package.json"]["number"]!.GetValue<int>().ShouldBe(pulls.Min(p => p!["number"]!.GetValue<int>()));

        var culprit = byFiles["c/package.json"];
        culprit["body"]!.GetValue<string>().ShouldContain("Not to be merged as it is.");
        (await CommentsAsync(ada, culprit["number"]!.GetValue<int>())).ShouldContain(c => c.Contains("I stopped here") && c.Contains("gone"));
        var status = (await CommentsAsync(ada, issue)).Single(c => c.Contains("| Part | State |", StringComparison.Ordinal));
        foreach (var pull in pulls)
            status.ShouldContain($"[number {pull!["number"]}]");

        // Stopped on the issue, all of them end; what is published stays.
        await ada.PostAsync($"issues/{issue}/comments", new JsonObject { ["body"] = "/agent stop" }, default);
        await Eventually.FindAsync("the parts end", async () =>
        {
            foreach (var pull in pulls)
            {
                if (!(await CommentsAsync(ada, pull!["number"]!.GetValue<int>())).Any(c => c.Contains("🛑 Stopped", StringComparison.Ordinal)))
                    return null;
            }

            return pulls;
        }, TimeSpan.FromMinutes(2), () => ExplainAsync(ada, issue));
        (await ada.GetAsync("pulls?state=open", default)).AsArray().Count.ShouldBe(4);
    }

    private static async Task<IReadOnlyList<string>> CommentsAsync(Human ada, int issue) =>
        [.. (await ada.GetAsync($"issues/{issue}/comments?per_page=100", default)).AsArray().Select(c => c!["body"]!.GetValue<string>())];

    private async Task<string> ExplainAsync(Human ada, int issue) =>
        string.Join("\n---\n", [.. _stage.RefusedByModel.Select(r => $"refused by the model: {r.Detail}"), .. await CommentsAsync(ada, issue)]);

    private async Task<Human> AddAsync(Sample sample)
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
        try
        {
            foreach (var (path, text) in sample.Files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
                await File.WriteAllTextAsync(Path.Combine(folder, path), text);
            }

            return await _stage.AddRepositoryAsync(sample.Name, folder, CancellationToken.None);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Both versions of the dependency lie in the repository, and the check loads the one that a module's manifest asks for.
    private static Sample Python() => new(
        "py-upgrade", "lib", "requirements.txt", "app.py", "python3 tests/check.py", "lib==1.0.0\n", name => $"import lib\n\n\ndef run():\n    return lib.{name}()\n",
        [
            ("libs/1/lib.py", "def both():\n    return 1\n\n\ndef old():\n    return 1\n\n\ndef gone():\n    return 1\n"),
            ("libs/2/lib.py", "def both():\n    return 2\n\n\ndef new():\n    return 2\n"),
            ("tests/check.py", "import os, subprocess, sys\n\nred = 0\nfor m in 'abcd':\n    major = open(m + '/requirements.txt').read().split('==')[1][0]\n    env = dict(os.environ, PYTHONPATH='libs/' + major + ':' + m, PYTHONDONTWRITEBYTECODE='1')\n    red |= subprocess.run([sys.executable, '-c', 'import app; app.run()'], env=env).returncode\nsys.exit(1 if red else 0)\n"),
        ]);

    private static Sample JavaScript() => new(
        "js-upgrade", "lib", "package.json", "app.js", "node tests/check.js", "{\n  \"private\": true,\n  \"dependencies\": { \"lib\": \"^1.0.0\" }\n}\n", name => $"module.exports = lib => lib.{name}(); // lib\n",
        [
            ("libs/1.js", "exports.both = exports.old = exports.gone = () => 1;\n"),
            ("libs/2.js", "exports.both = exports.new = () => 2;\n"),
            ("tests/check.js", "for (const m of 'abcd') {\n  const major = require(`../${m}/package.json`).dependencies.lib.match(/\\d/)[0];\n  require(`../${m}/app.js`)(require(`../libs/${major}.js`));\n}\n"),
        ]);

    private static Sample CSharp() => new(
        "cs-upgrade", "Lib", "App.csproj", "App.cs", "sh tests/check.sh",
        "<Project Sdk=\"Microsoft.NET.Sdk\">\n  <ItemGroup>\n    <PackageReference Include=\"Lib\" Version=\"1.0.0\" />\n  </ItemGroup>\n</Project>\n", name => $"public static class App\n{{\n    public static int Run() => Lib.{name}();\n}}\n",
        [
            ("libs/1.txt", "both\nold\ngone\n"),
            ("libs/2.txt", "both\nnew\n"),
            ("tests/check.sh", "red=0\nfor m in a b c d; do\n  major=$(sed -n 's/.*Version=\"\\([0-9]\\).*/\\1/p' $m/App.csproj)\n  name=$(sed -n 's/.*Lib\\.\\([a-z]*\\)(.*/\\1/p' $m/App.cs)\n  grep -qx \"$name\" libs/$major.txt || { echo \"$m/App.cs: Lib $major has no $name\"; red=1; }\ndone\nexit $red\n"),
        ]);

    private sealed record Sample(string Name, string Dependency, string Manifest, string Code, string Check, string Declares, Func<string, string> Calls, IReadOnlyList<(string, string)> Others)
    {
        /// <summary>What the policy says of upgrades.</summary>
        public string Upgrade { get; init; } = "pulls: one, batch: 10, canary: [a]";

        public IEnumerable<(string Path, string Text)> Files =>
        [
            .. Others,
            .. "abcd".Select(m => ($"{m}/{Manifest}", Declares)),
            ($"a/{Code}", Calls("both")), ($"b/{Code}", Calls("old")), ($"c/{Code}", Calls("gone")), ($"d/{Code}", Calls("both")),
            (".github/coding-agent.yml", $"version: 1\nplan: {{ approval: never }}\ntests: {{ patterns: [\"tests/**\"] }}\nchecks: [ {{ name: test, run: \"{Check}\" }} ]\nsetup: []\nci: {{ required: false }}\ndanger: {{ dependencies: allow }}\nupgrade: {{ {Upgrade} }}\n"),
        ];

        public ReferenceChange Mend => new($"{Stage.Owner}/{Name}", "Mend the calls", [new ReferenceFile($"b/{Code}", Calls("old"), Calls("new"))]);
    }
}
