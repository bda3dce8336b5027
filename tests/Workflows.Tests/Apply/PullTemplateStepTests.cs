using CodingAgent.TestKit;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>A repository with a template for pull requests.</summary>
public sealed class PullTemplateStepTests() : ApplierTests((new GitRemote(Files), new FakeStores()))
{
    private const string Template = "## Summary\n\nPlease summarise.\n\n## Checklist\n\n- [ ] A person has read it\n- [ ] A person has tried it\n";

    private static Dictionary<string, string> Files { get; } = new()
    {
        ["src/A.cs"] = "one\ntwo\n",
        ["src/B.cs"] = "one\n",
        ["tests/ATests.cs"] = "test one\n",
        [".github/PULL_REQUEST_TEMPLATE.md"] = Template,
    };

    [Fact]
    public async Task Pull_OfARepositoryWithATemplate_FillsItAndKeepsWhatPeopleTicked()
    {
        var step = await StepAsync();
        var published = await PublishAsync(step);
        published.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        var pull = await Forge.GetPullAsync(TaskHarness.Repo, published.Pull!.Value, default);
        pull.Body.ShouldStartWith("Closes #7\n\n## Summary\n\n> ");
        pull.Body.ShouldContain("## Checklist\n\n- [ ] A person has read it\n- [ ] A person has tried it\n\n### Why");
        pull.Body.ShouldNotContain("### What changed");

        await Forge.UpdatePullAsync(TaskHarness.Repo, pull.Number, pull.Title, pull.Body.Replace("- [ ] A person has tried it", "- [ ] A person has not", StringComparison.Ordinal).Replace("- [ ]", "- [x]", StringComparison.Ordinal), default);
        await PublishAsync(step with { Latest = step.Report, Report = step.Report with { Summary = "In other words." } }, "four");
        var body = (await Forge.GetPullAsync(TaskHarness.Repo, pull.Number, default)).Body;
        body.ShouldContain("## Summary\n\n> In other words.\n\n## Checklist\n\n- [x] A person has read it\n- [ ] A person has tried it\n");
        // That is about one commit.
        body.ShouldContain("### For the reviewer\n\n- [ ] ");
        body.Split("- [x]").Length.ShouldBe(2);
    }
}
