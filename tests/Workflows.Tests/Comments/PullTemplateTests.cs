using CodingAgent.Agents.Cohort;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Comments;

/// <summary>What becomes of a repository's own template for pull requests.</summary>
public sealed class PullTemplateTests
{
    private static readonly CoderReport Report = new("Pay once", "Orders are paid once.", "They were paid twice.", "Run the tests.", "Revert the commit.", []);

    [Theory]
    // The heading, and which of our sections goes below it.
    [InlineData("## Description", "Orders are paid once.")]
    [InlineData("# :pencil: Summary of changes", "Orders are paid once.")]
    [InlineData("## What does this PR do?", "Orders are paid once.")]
    [InlineData("### Proposed Changes:", "Orders are paid once.")]
    [InlineData("**What changed**", "Orders are paid once.")]
    [InlineData("Overview\n--------", "Orders are paid once.")]
    [InlineData("## Motivation and Context", "They were paid twice.")]
    [InlineData("## Why is this needed", "They were paid twice.")]
    [InlineData("## 🧪 How Has This Been Tested?", "Run the tests.")]
    [InlineData("## Test plan", "Run the tests.")]
    [InlineData("## Rollback plan", "Revert the commit.")]
    [InlineData("## Risks", "None named")]
    public void Section_ThatTheTemplateAsksFor_StandsThereAndNowhereElse(string heading, string section)
    {
        var body = Body($"{heading}\n\nPlease describe it here.\n\n## Screenshots\n\nNone yet.\n");
        var at = body.IndexOf(heading, StringComparison.Ordinal);
        body[at..body.IndexOf("## Screenshots", StringComparison.Ordinal)].ShouldContain(section);
        body.Split(section).Length.ShouldBe(2);
        body.ShouldNotContain("Please describe");
        body.ShouldContain("None yet.");
    }

    [Theory]
    [InlineData("## Type of change")]
    [InlineData("## Breaking changes")]
    [InlineData("## Checklist before requesting a review")]
    [InlineData("## Description and screenshots")]
    [InlineData("## Tests added by whom")]
    [InlineData("## Changelog")]
    [InlineData("HUMAN:")]
    public void Section_ThatAsksForSomethingElse_IsAPersonsToFill(string heading)
    {
        var body = Body($"{heading}\n\nWrite it yourself.\n\n- [ ] done\n");
        body.ShouldContain($"{heading}\n\nWrite it yourself.\n\n- [ ] done\n");
        body.ShouldContain("### What changed\n\n> Orders are paid once.");
    }

    [Theory]
    [InlineData("2. second")]
    [InlineData("| a | b |\n|---|---|")]
    [InlineData("<!-- hint -->")]
    [InlineData("- [ ] ticked")]
    public void Section_WithSomethingRightBelowItsHeading_DoesNotRunIntoIt(string below) =>
        Body($"## Description\n{below}\n## Other\n").ShouldContain($"## Description\n\n> Orders are paid once.\n\n{below}\n## Other");

    [Fact]
    public void Section_ForTwoOfOurs_HasBoth()
    {
        var body = Body("## What does this MR do and why?\n\n%{first_multiline_commit}\n");
        body.ShouldContain("## What does this MR do and why?\n\n> Orders are paid once.\n\n> They were paid twice.");
        body.ShouldNotContain("### What changed");
        body.ShouldNotContain("### Why");
        body.ShouldContain("### How to test");
    }

    [Fact]
    public void Template_OfManyKinds_MatchesSnapshot() => Snapshot.Match("pull-template", Body("""
        <!-- Thank you! Read CONTRIBUTING.md first. -->

        ## Description

        <!-- What and why, in your words -->
        Please include a summary of the change.

        Fixes # (issue)

        ## Type of change

        - [ ] Bug fix
        - [ ] New feature

        ## How Has This Been Tested?

        Please describe the tests that you ran.

        - [ ] Unit tests
        - [ ] By hand

        ```sh
        # Description
        make test
        ```



        ## Checklist:

        - [x] I know the rules
        - [ ] I ticked this myself

        /label ~"needs review"
        /assign me
        /merge
        /approve
        """));

    [Theory]
    [InlineData("")]
    [InlineData("   \n\n")]
    [InlineData("Fixes #\n")]
    [InlineData("Closes: #(issue)\n")]
    [InlineData("resolves [ISSUE NUMBER]")]
    public void Template_ThatSaysNothing_IsAsIfThereWereNone(string template) => Body(template).ShouldBe(Body(""));

    [Fact]
    public void Template_ThatCannotBeOne_IsAsIfThereWereNone()
    {
        Body(new string('x', 20_001)).ShouldBe(Body(""));
        Should.NotThrow(() => Body(string.Concat(Enumerable.Repeat("> ", 9_000))));
    }

    [Fact]
    public void Issue_AndTask_StayFirstAndLast()
    {
        var body = Body("## Description\n\nCloses #99\n\n<!-- agent-task: task/github:o/r/issue/99 -->\n");
        body.ShouldStartWith("Closes #1\n\n");
        TaskReference.Read(body)!.ToString().ShouldBe("task/github:o/r/issue/1");
    }

    [Fact]
    public void Ticks_OfPeople_StayWhereTheirLinesStay()
    {
        const string old = "- [x] one\n* [X] two\n- [ ] three\n  - [x] gone\n";
        PullText.WithTicks("- [ ] one\n* [ ] two\n- [ ] three\n- [ ] four\n- [x] five\n", old).ShouldBe("- [x] one\n* [x] two\n- [ ] three\n- [ ] four\n- [x] five\n");
        PullText.WithTicks("- [ ] one\n", "").ShouldBe("- [ ] one\n");
    }

    private static string Body(string template) => PullText.Body(new PullView(
        "task/github:o/r/issue/1", 1, Report, null, "89abcdef0123456789", new Evidence("t", []), [], [], 1, 1, "ann")
    { Template = template });
}
