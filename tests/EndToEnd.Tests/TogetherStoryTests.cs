using System.Text.Json.Nodes;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>One issue that takes a change in two repositories, from the label to both merges; every part real but the model.</summary>
public sealed class TogetherStoryTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    private static readonly Sample Shop = new("together-shop", "repositories: [acme/together-lib]", FlowSample.PythonDefect);
    private static readonly Sample Lib = new("together-lib", "changed_from: [acme/together-shop]", FlowSample.JavaScriptDefect);

    private Stage _stage = null!;
    private BotProcess _service = null!;

    public async Task InitializeAsync()
    {
        _stage = await Stage.BuildAsync(new StageOptions { References = [Shop.Change, Lib.Change], RunsCi = false }, CancellationToken.None);
        _stage.Settings["Features__MultiRepo"] = "true";
        _service = await _stage.StartServiceAsync("all", CancellationToken.None);
    }

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task Implement_InTwoRepositories_IsHeldUntilBothAreGreenAndClosesTheIssueWithTheLastMerge()
    {
        var (shop, lib) = (await AddAsync(Shop), await AddAsync(Lib));
        var issue = (await shop.PostAsync("issues", new JsonObject { ["title"] = "Carts and slugs end wrongly", ["body"] = "Both do." }, default))["number"]!.GetValue<int>();
        await shop.PostAsync($"issues/{issue}/labels", new JsonObject { ["labels"] = new JsonArray("agent:implement") }, default);

        // The service dies between the two plans and the pull requests: nothing is made twice.
        await Eventually.FindAsync("the plan", async () => (await CommentsAsync(shop, issue)).FirstOrDefault(c => c.Contains("plan hash", StringComparison.Ordinal)), Patience, () => ExplainAsync(shop, issue));
        await _service.KillAsync();
        _service = await _stage.StartServiceAsync("all", CancellationToken.None);
        var plan = (await CommentsAsync(shop, issue)).Single(c => c.Contains("### 🧭 Plan", StringComparison.Ordinal));
        plan.ShouldContain("#### In `acme/together-lib`");
        plan.ShouldContain("`shop/cart.py`");
        plan.ShouldContain("`src/slug.js`");

        var inShop = await PullAsync(shop, issue);
        var inLib = await PullAsync(lib, issue);
        (await FilesAsync(shop, inShop)).ShouldBe(Shop.Paths);
        (await FilesAsync(lib, inLib)).ShouldBe(Lib.Paths);
        inShop["head"]!["ref"]!.GetValue<string>().ShouldStartWith($"coding-agent/issue-{issue}-");
        inLib["head"]!["ref"]!.GetValue<string>().ShouldStartWith($"coding-agent/acme-together-shop-{issue}-");
        await BodyAsync(shop, inShop, $"Together with acme/together-lib#{inLib["number"]}: ");
        await BodyAsync(lib, inLib, $"Part of acme/together-shop#{issue}; its status there names the other parts.\n\nTogether with acme/together-shop#{inShop["number"]}: ");

        // Red there holds the one that is green here.
        await StatusAsync(lib, inLib, "failure");
        await StatusAsync(shop, inShop, "success");
        await Eventually.FindAsync("the green one says for whom it waits", async () => (await CommentsAsync(shop, Number(inShop))).FirstOrDefault(
            c => c.Contains("waits until what belongs to it is green too (acme/together-lib)", StringComparison.Ordinal)), Patience, () => ExplainAsync(shop, Number(inShop)));
        await Eventually.FindAsync("the issue has both", async () => (await CommentsAsync(shop, issue)).FirstOrDefault(c => c.Contains("| acme/together-shop | green, held back |", StringComparison.Ordinal)), Patience, () => ExplainAsync(shop, issue));
        (await shop.GetAsync($"pulls/{Number(inShop)}", default))["draft"]!.GetValue<bool>().ShouldBeTrue();
        (await lib.GetAsync($"pulls/{Number(inLib)}", default))["draft"]!.GetValue<bool>().ShouldBeTrue();

        // Somebody runs it again: both are made ready.
        await StatusAsync(lib, inLib, "success");
        await ReadyAsync(shop, inShop, issue);
        await ReadyAsync(lib, inLib, issue);
        await lib.PutAsync($"pulls/{Number(inLib)}/merge", new JsonObject { ["merge_method"] = "merge" }, default);
        await Eventually.FindAsync("the merge is told", async () => (await CommentsAsync(shop, issue)).FirstOrDefault(c => c.Contains("| acme/together-lib | merged |", StringComparison.Ordinal)), Patience, () => ExplainAsync(shop, issue));
        (await shop.GetAsync($"issues/{issue}", default))["state"]!.GetValue<string>().ShouldBe("open");
        await shop.PutAsync($"pulls/{Number(inShop)}/merge", new JsonObject { ["merge_method"] = "merge" }, default);
        await Eventually.FindAsync("the issue is closed", async () => await shop.GetAsync($"issues/{issue}", default) is var i && i["state"]!.GetValue<string>() == "closed" ? i : null, Patience, () => ExplainAsync(shop, issue));
        (await shop.GetAsync("pulls?state=all", default)).AsArray().Count.ShouldBe(1);
        (await lib.GetAsync("pulls?state=all", default)).AsArray().Count.ShouldBe(1);
    }

    private static int Number(JsonNode pull) => pull["number"]!.GetValue<int>();

    private static Task StatusAsync(Human who, JsonNode pull, string state) =>
        who.PostAsync($"statuses/{pull["head"]!["sha"]}", new JsonObject { ["state"] = state, ["context"] = "ci/build" }, default);

    private static async Task<IReadOnlyList<string>> FilesAsync(Human who, JsonNode pull) =>
        [.. (await who.GetAsync($"pulls/{Number(pull)}/files", default)).AsArray().Select(f => f!["filename"]!.GetValue<string>()).Order(StringComparer.Ordinal)];

    private async Task BodyAsync(Human who, JsonNode pull, string starts) => await Eventually.FindAsync($"a body that has '{starts}'", async () =>
        await who.GetAsync($"pulls/{Number(pull)}", default) is var now && now["body"]!.GetValue<string>().ReplaceLineEndings("\n").Contains(starts, StringComparison.Ordinal) ? now : null, Patience, () => ExplainAsync(who, Number(pull)));

    private async Task ReadyAsync(Human who, JsonNode pull, int issue) => await Eventually.FindAsync("a pull request that is ready", async () =>
        await who.GetAsync($"pulls/{Number(pull)}", default) is var now && !now["draft"]!.GetValue<bool>() ? now : null, Patience, () => ExplainAsync(who, Number(pull)));

    private Task<JsonNode> PullAsync(Human who, int issue) => Eventually.FindAsync(
        "a pull request", async () => (await who.GetAsync("pulls?state=all", default)).AsArray() is [var first, ..] ? first : null, Patience, () => ExplainAsync(who.At($"{Stage.Owner}/{Shop.Name}"), issue));

    private static async Task<IReadOnlyList<string>> CommentsAsync(Human who, int number) =>
        [.. (await who.GetAsync($"issues/{number}/comments?per_page=100", default)).AsArray().Select(c => c!["body"]!.GetValue<string>())];

    private async Task<string> ExplainAsync(Human who, int number) =>
        string.Join("\n---\n", [.. _stage.RefusedByModel.Select(r => $"refused by the model: {r.Detail}"), .. await CommentsAsync(who, number)]);

    private async Task<Human> AddAsync(Sample sample)
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
        try
        {
            sample.Of.WriteTo(folder);
            var policy = Path.Combine(folder, ".github", "coding-agent.yml");
            await File.WriteAllTextAsync(policy, (await File.ReadAllTextAsync(policy)).Replace("ci: { required: false }", $"limits: {{ ci_attempts: 0 }}\n{sample.Rule}", StringComparison.Ordinal));
            return await _stage.AddRepositoryAsync(sample.Name, folder, CancellationToken.None);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed record Sample(string Name, string Rule, FlowSample Of)
    {
        public ReferenceChange Change => Of.Change with { Repository = $"{Stage.Owner}/{Name}" };

        public IReadOnlyList<string> Paths => [.. Of.Change.Files.Select(f => f.Path).Order(StringComparer.Ordinal)];
    }
}
