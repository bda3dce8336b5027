using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using FsCheck;
using FsCheck.Fluent;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace CodingAgent.Workflows.Tests.Comments;

public sealed class CommentTests
{
    private static readonly Plan Plan = new(
        "The payment client retries what is worth retrying.",
        ["The public constructor stays as it is."],
        [new("src/PaymentClient/PaymentClient.cs", "Retry 408, 429 and 5xx with growing delays | never a charge twice")],
        [new("tests/PaymentClient.Tests/RetryTests.cs", "Three failures, then success")],
        ["A retried charge: the idempotency key is sent again unchanged."],
        []);

    private static readonly CoderReport Report = new(
        "feat: retry transient payment failures", "`PaymentClient` retries.\n\nThree attempts.", "Calls fail when the provider restarts.",
        "dotnet test", "Revert the commit.", []);

    private static readonly Evidence Green = new("0123456789abcdef0123", [new("test", "dotnet test --no-restore", 0, "exited", TimeSpan.FromSeconds(12.3), "Passed!")]);

    private static readonly Evidence Red = new("0123456789abcdef0123",
        [new("test", "dotnet test", 1, "exited", TimeSpan.FromSeconds(83), "```\nFailed <!-- coding-agent:status:x -->"), new("lint", "lint", 0, "timed out", TimeSpan.FromMinutes(20), "")]);

    private static readonly GateVerdict[] Verdicts = [new("paths", true, "Within the policy's path rules: 2 files."), new("size", false, "Too large: a|b.")];

    // Everything an author could try in one text.
    private const string Hostile = "@everyone see #1 & <!-- coding-agent:status:x --> | a | **bold** [x](http://evil) `code`\n\n# Head\n- item\n1. one\n---\n\u202egnp\u200b";

    private static StatusView Status(TaskState state) => new(
        state, "ann", "The coder works (turn 4)",
        [
            new("Plan", StepMark.Done, "approved by ann", new Uri("https://forge.test/o/r/issues/1#c2")),
            new("Edit", StepMark.Now), new("Check", StepMark.Todo), new("Publish", StepMark.Failed, "a|b @x"),
        ],
        "", 123_456, 7_890, 0.4m, 5m, TimeSpan.FromSeconds(192))
    { Bot = "shop-agent" };

    [Fact]
    public void Status_Editing_MatchesSnapshot() => Snapshot.Match("status-editing", StatusComment.Build(Status(TaskState.Editing)));

    [Fact]
    public void Status_AwaitingApprovalWithNote_MatchesSnapshot() =>
        Snapshot.Match("status-approval", StatusComment.Build(Status(TaskState.AwaitingApproval) with { Note = "The model endpoint is away; trying again. " + Hostile }));

    [Fact]
    public void Status_CommentsBesideTheTask_MatchSnapshot() =>
        Snapshot.Match("status-overheard", StatusComment.Build(Status(TaskState.AwaitingReview) with { Overheard = 2, OverheardFrom = "bob" }));

    [Fact]
    public void Status_WhereTheTaskHasAPage_LeadsThere()
    {
        var text = StatusComment.Build(Status(TaskState.Editing) with { Page = new Uri("https://agent.test/ui/tasks/task/github%3Ao/r/issue/1") });
        text.ShouldContain("lists all commands. [Watch it](https://agent.test/ui/tasks/task/github%3Ao/r/issue/1).</sub>");
        StatusComment.Build(Status(TaskState.Editing)).ShouldNotContain("Watch it");
    }

    [Fact]
    public void Status_OfADividedTask_MatchesSnapshot() => Snapshot.Match("status-parts", StatusComment.Build(Status(TaskState.AwaitingReview) with
    {
        PartTokens = 12_345,
        Parts =
        [
            new("canaries: api", "merged", 12, new Uri("https://forge.test/o/r/pull/12"), ""), new("batch 2 of 2: core, jobs", "waits for CI", 13, new Uri("https://forge.test/o/r/pull/13"), "CI is running"),
            new("web", "a draft that needs a person", 14, new Uri("javascript:alert(1)"), Hostile), new(Hostile, "waits", null, null, ""),
        ],
    }));

    [Fact]
    public void Pull_BodyOfAPart_ClosesNothing() =>
        PullText.Body(new("task/github:o/r/issue/1/part/a-1", 1, Report, Plan, "89abcdef0123456789", Green, Verdicts, [], 1, 1, "ann") { IsPart = true })
            .ShouldSatisfyAllConditions(b => b.ShouldStartWith("Part of #1;"), b => b.ShouldNotContain("Closes"), b => b.ShouldContain("issue/1/part/a-1"));

    [Fact]
    public void Status_Merged_AsksNobodyToLabelAgain()
    {
        var text = StatusComment.Build(Status(TaskState.Merged));
        text.ShouldContain("its change is merged. For what is still to do, open a new issue.");
        text.ShouldNotContain("Label the issue again");
        text.ShouldNotContain("the branch stays");
        text.ShouldNotContain("<code>");
    }

    [Fact]
    public void Plan_Superseded_AsksForNoAnswer()
    {
        var text = PlanComment.Superseded(2, new Uri("https://forge.test/o/r/issues/1#c3"));
        text.ShouldContain("[version 2](https://forge.test/o/r/issues/1#c3)");
        text.ShouldNotContain("/agent approve");
        CodingAgent.Workflows.Commands.CommandParser.Parse(text).ShouldBeEmpty();
    }

    [Fact]
    public void PolicyErrors_Reference_IsAWordAndNoCode()
    {
        var text = Replies.PolicyErrors(".github/coding-agent.yml", "the default branch", PolicyParser.Parse("version: 2").Errors);
        text.ShouldContain("`.github/coding-agent.yml` on the default branch has");
        text.ShouldNotContain("`the default branch`");
    }

    [Fact]
    public void Plan_First_MatchesSnapshot() =>
        Snapshot.Match("plan-first", PlanComment.Build(new(Plan, 1, "a1b2c3d4e5f6", "0123456789abcdef", [new("test", "dotnet test")], 0.8m, 5m, true, "")));

    [Fact]
    public void Plan_WithReasonAndFunctions_MatchesSnapshot() => Snapshot.Match("plan-whole", PlanComment.Build(new(
        Plan with
        {
            TicketId = "o/r#1",
            Rationale = "The client knows which failures pass; a handler below it would not.",
            Edits = [Plan.Edits[0] with { Functions = ["PaymentClient.ChargeAsync", "a|b`c", Hostile] }],
            Checks = ["test"],
        },
        1, "a1b2c3d4e5f6", "0123456789abcdef", [new("test", "dotnet test")], 0.8m, 5m, true, "")));

    [Fact]
    public void Plan_OfSeveralRepositories_MatchesSnapshot() => Snapshot.Match("plan-together", PlanComment.Build(new(
        Plan with { Others = [new("o/lib", "89abcdef0123456789", "", Plan with { Goal = "The library too.", Rationale = "It is called there.", Checks = ["test"] }), new("o/hostile", "0123", "", new Plan(Hostile, [Hostile], [new("src/`a|b`.cs", Hostile)], [], [Hostile], [Hostile]))] },
        1, "a1b2c3d4e5f6", "0123456789abcdef", [new("test", "dotnet test")], 0.8m, 5m, true, "")
    {
        Because = [new RiskyFile("o/lib:.github/workflows/ci.yml", "is a CI file"), new RiskyFile("", "o/hostile: the policy asks for every plan")],
    }));

    [Fact]
    public void Plan_OfSeveralRepositories_IsShownOnlyWhereAllOfItIs()
    {
        var plan = Plan with { Others = [new("o/lib", "0123", "", Plan with { Goal = "The library too." })] };
        var comment = PlanComment.Build(new(plan, 1, "abc", "0123", [], 1, 1, true, ""));
        PlanComment.Shows(comment, plan, "abc").ShouldBeTrue();
        foreach (var other in (Plan[])[plan with { Others = [plan.Others[0] with { Repository = "o/lib2" }] }, plan with { Others = [plan.Others[0] with { Plan = Plan }] }, plan with { Others = [.. plan.Others, plan.Others[0] with { Repository = "o/more" }] }])
            PlanComment.Shows(comment, other, "abc").ShouldBeFalse();
        PlanComment.Shows(PlanComment.Build(new(Plan, 1, "abc", "0123", [], 1, 1, true, "")), plan, "abc").ShouldBeFalse();
    }

    [Theory]
    [InlineData("", "acme/lib#7", "Together with acme/lib#7: they")]
    [InlineData("Part of #1; more.\n\nRest", "acme/lib#7", "Part of #1; more.\n\nTogether with acme/lib#7: they")]
    [InlineData("Part of #1; more.", "acme/lib#7", "Part of #1; more.\nTogether with acme/lib#7: they")]
    [InlineData("A person's words\r\nin two lines", "acme/lib#7", "Together with acme/lib#7: they")]
    public void Pull_Siblings_ArePutInOnceAndReplacedAndTakenOut(string body, string siblings, string starts)
    {
        var once = PullText.WithSiblings(body, siblings);
        once.ShouldStartWith(starts);
        PullText.WithSiblings(once, siblings).ShouldBe(once);
        var more = PullText.WithSiblings(once, "acme/lib#7, acme/app#3");
        more.Split("Together with").Length.ShouldBe(2);
        more.ShouldContain("Together with acme/lib#7, acme/app#3: ");
        PullText.WithSiblings(more, "").ShouldNotContain("Together");
    }

    [Fact]
    public void Pull_Siblings_LeaveWhatPeopleSayBelow()
    {
        var quoted = PullText.WithSiblings("", "acme/lib#7").Split('\n')[0];
        var body = PullText.Body(new("task/github:o/r/issue/1/part/a-1", 1, Report with { Summary = $"> {quoted}" }, Plan, "89abcdef0123456789", Green, Verdicts, [], 1, 1, "ann") { IsPart = true, IssueRepository = "acme/shop", Siblings = "acme/lib#7" });
        body.ShouldStartWith("Part of acme/shop#1; its status there names the other parts.\n\nTogether with acme/lib#7: ");
        PullText.WithSiblings(body, "acme/lib#8").ShouldBe(body.Replace("Together with acme/lib#7: they are held back and made ready together. <!-- agent-together -->\n\n###", "Together with acme/lib#8: they are held back and made ready together. <!-- agent-together -->\n\n###", StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_HostileSecondWithoutApproval_MatchesSnapshot() =>
        Snapshot.Match("plan-hostile", PlanComment.Build(new(
            new Plan(Hostile, [Hostile], [new("src/`a|b`.cs", Hostile)], [], [Hostile], [Hostile]), 2, "a1b2c3d4e5f6", "0123", [], 0.8m, 5m, false, Hostile)));

    [Fact]
    public void Pull_Body_MatchesSnapshot() =>
        Snapshot.Match("pull-body", PullText.Body(new(
            "task/github:o/r/issue/1", 1, Report, Plan, "89abcdef0123456789", Green, Verdicts, [new("src/A.cs", "advice", "Name it better.")], 1.234m, 200_000, "ann")));

    [Fact]
    public void Pull_BodyOfARiskyChange_MatchesSnapshot() => Snapshot.Match("pull-body-risky", PullText.Body(new(
        "task/github:o/r/issue/1", 1, Report, Plan, "89abcdef0123456789", Green,
        [.. Verdicts, new("risk", true, $"As a person or the policy allows: package.json declares dependencies, {Hostile}.") { Marked = true }, new("tests", true, "Tests say less than before, as a person agreed: tests/a.js has 2 assertions fewer. Look at these first.") { Marked = true }],
        [new("src/A.cs", "advice", "Name it better.")], 1.234m, 200_000, "ann")
    {
        Dependencies = new(
            [
                new("npm", "left-pad", null, "1.3.0", "package.json") { Age = TimeSpan.FromDays(3000) },
                new("npm", Hostile, "1.0.0", "2.0.0", "package.json") { Age = TimeSpan.FromHours(5), Advisories = ["GHSA-1", "GHSA-2"] },
                new("npm", "deep", null, "0.0.1", "package-lock.json") { IsDirect = false, Age = TimeSpan.FromDays(9) },
            ],
            12, [new("package-lock.json", "takes packages from mirror.example")], IsChecked: true),
    }));

    [Fact]
    public void Plan_Amended_MatchesSnapshot() => Snapshot.Match("plan-amended", PlanComment.Build(new(
        Plan with { Edits = [.. Plan.Edits, new("tests/.envrc", "Already made; it runs on a developer's machine, or decides what runs there.")] }, 2, "a1b2c3d4e5f6", "0123456789abcdef", [new("test", "dotnet test")], 0, 5m, true, "Nobody was asked.")
    {
        IsAmended = true,
        Because = [new("tests/.envrc", "runs on a developer's machine, or decides what runs there"), new("", "700 lines change (more than 600)")],
        Denied = [new(".github/workflows/ci.yml", "runs in CI, or changes the repository by itself")],
    }));

    [Fact]
    public void Evidence_Red_MatchesSnapshot() => Snapshot.Match("evidence-red", EvidenceText.Summary("89abcdef0123456789", Red, Verdicts));

    [Fact]
    public void Replies_All_MatchSnapshot() => Snapshot.Match("replies", string.Join("\n=====\n",
        Replies.Help(ForgeTerms.Usual, "aprove", "approve"),
        Replies.Mentioned("shop-agent", ForgeTerms.Usual),
        Replies.EditedByAnother("ann", "bob"),
        Replies.Overheard(),
        Replies.Misplaced(ForgeTerms.Usual),
        Replies.NoAccess("eve"),
        Replies.MayNotAsk("eve", "shop-agent", "Must have push access."),
        Replies.Refusal("you have read access only.", "Ask someone with write access."),
        Replies.PolicyErrors(".github/coding-agent.yml", "main", PolicyParser.Parse("version: 1\nlimits: { turn: 3 }\n").Errors),
        Replies.Failure(TaskState.Editing, "The token budget is used up. " + Hostile, "Raise limits.tokens.", "coding-agent/issue-1", []),
        Replies.ApprovalIgnored("the plan it names is not the current one."),
        Replies.Reminder(TaskState.AwaitingApproval, TimeSpan.FromDays(12), ForgeTerms.Usual),
        Replies.Reminder(TaskState.AwaitingReview, TimeSpan.FromDays(12), ForgeTerms.Usual),
        Replies.ThreadAnswer(new(1, "fixed", "Done as asked."), "89abcdef"),
        Replies.ThreadAnswer(new(1, "declined", "It breaks the API."), null),
        Replies.ThreadAnswer(new(1, "question", Hostile), null)));

    [Fact]
    public void Replies_AboutCi_MatchSnapshot() => Snapshot.Match("replies-ci", string.Join("\n=====\n",
        Replies.Ci("89abcdef0123456789", ["unit / test was cancelled: somebody has to run it again", "flaky: browser passed on a re-run", Hostile]),
        Replies.Ci("89abcdef0123456789", []),
        Replies.NothingToMend([]),
        Replies.NothingToMend(["deploy waits for a person: open it and approve the run, or do what it asks"])));

    [Fact]
    public void Commit_Message_MatchesSnapshot() => Snapshot.Match("commit", CommitText.Build(
        "feat: retry @ann transient failures", "chore: change", "Retries what is worth retrying.\n\nSigned-off-by: evil <e@x>", "ann", "7+ann@users.noreply.github.com", "task/github:o/r/issue/1", "implement-1"));

    [Fact]
    public void Build_AnyOutsideText_CannotMentionHideOrBreakOut() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(ArbMap.Default.ArbFor<string?>(), IsHarmless));

    [Fact]
    public void Build_TextThatLooksLikeARow_CannotBreakOut() => IsHarmless("| ").ShouldBeTrue();

    [Fact]
    public void Plan_CommentFromBeforeWordsWereParted_StillShowsIt_AndWithTextThatHidesItDoesNot()
    {
        var plan = new Plan("Costs $5, see items[i] and PROJ-12 ~bug", [Hostile], [new("src/A.cs", Hostile)], [], [], []);
        var comment = PlanComment.Build(new(plan, 1, "abc", "0123", [], 1, 1, true, ""));
        var before = comment.Replace("&#8203;", "", StringComparison.Ordinal).Replace("&#36;", "$", StringComparison.Ordinal);
        before.ShouldNotBe(comment);
        PlanComment.Shows(before, plan, "abc").ShouldBeTrue();
        PlanComment.Shows(before.Replace("&lt;!--", "<!--", StringComparison.Ordinal), plan, "abc").ShouldBeFalse();
        PlanComment.Shows(before.Replace("**Goal:**", "**Goal:** <!--", StringComparison.Ordinal), plan, "abc").ShouldBeFalse();
    }

    [Fact]
    public void Plan_WhateverItSays_IsShownByItsComment_AndNoOtherIs() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(ArbMap.Default.ArbFor<string?>(), ArbMap.Default.ArbFor<string?>(), (a, b) =>
        {
            var (text, other) = ($"{a}{Hostile}", $"{b}\n> quoted");
            var plan = new Plan(text, [other], [new(text, other) { Functions = [other, text] }], [new(other, text)], [text], [other]) { Rationale = text };
            var comment = PlanComment.Build(new(plan, 2, "abc", "0123", [new(text, other)], 1, 1, true, other));
            return PlanComment.Shows(comment, plan, "abc") && !PlanComment.Shows(comment, plan, "abd")
                && !PlanComment.Shows(comment, plan with { Edits = [new(text, other), new("src/B.cs", "more")] }, "abc");
        }));

    [Fact]
    public void Plan_OfSixRepositoriesAsLongAsItMayBe_FitsAComment_WithItsHash()
    {
        var text = string.Concat(Enumerable.Repeat("<&>@#|", 4_000));
        string[] many = [.. Enumerable.Repeat(text, 200)];
        PlannedEdit[] edits = [.. many.Select(t => new PlannedEdit(t, t) { Functions = many })];
        var plan = new Plan(text, many, edits, edits, many, many) { Rationale = text, Checks = many };
        plan = plan with { Others = [.. Enumerable.Range(1, 5).Select(i => new PlanElsewhere($"o/r{i}", "0123", "", plan))] };
        var comment = PlanComment.Build(new(plan, 2, "abc", "0123", [.. many.Select(t => new RepositoryPolicy.Check(t, t))], 1, 1, true, text) { Because = [.. many.Select(t => new RiskyFile(t, t))], Denied = [.. many.Select(t => new RiskyFile(t, t))] });
        comment.Length.ShouldBeLessThan(65_000);
        PlanComment.Shows(comment, plan, "abc").ShouldBeTrue();
    }

    [Fact]
    public void Plan_AsLongAsItMayBe_FitsAComment_WithItsHash()
    {
        var text = string.Concat(Enumerable.Repeat("<&>@#|", 4_000));
        string[] many = [.. Enumerable.Repeat(text, 200)];
        PlannedEdit[] edits = [.. many.Select(t => new PlannedEdit(t, t) { Functions = many })];
        var plan = new Plan(text, many, edits, edits, many, many) { Rationale = text };
        var comment = PlanComment.Build(new(plan, 2, "abc", "0123", [.. many.Select(t => new RepositoryPolicy.Check(t, t))], 1, 1, true, text) { Because = [.. many.Select(t => new RiskyFile(t, t))], Denied = [.. many.Select(t => new RiskyFile(t, t))] });
        comment.Length.ShouldBeLessThan(65_000);
        comment.ShouldContain("/agent approve abc");
        PlanComment.Shows(comment, plan, "abc").ShouldBeTrue();
    }

    private static bool IsHarmless(string? noise)
    {
        var text = $"{noise}{Hostile}{noise}";
        var comment = PlanComment.Build(new(
            new Plan(text, [text], [new(text, text) { Functions = [text, text] }], [new(text, text)], [text], [text]) { Rationale = text }, 2, "abc", "0123", [new(text, text)], 1, 1, true, text))
            + Replies.Ci(text, [text, text])
            + EvidenceText.Summary("abc", new Evidence("t", [new(text, text, 1, text, TimeSpan.Zero, text)]), [new(text, false, text)]);
        var document = Markdig.Markdown.Parse(comment, new MarkdownPipelineBuilder().UsePipeTables().Build());
        // Inside a fence anything may stand, a line that looks like a row too.
        var rows = document.Descendants<FencedCodeBlock>().Reverse().Aggregate(comment, (rest, fence) => rest.Remove(fence.Span.Start, fence.Span.Length))
            .Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal));
        return !comment.Contains("<!--") && !comment.Contains('\u202e')
            && !document.Descendants<LinkInline>().Any()
            && !document.Descendants<HtmlInline>().Any() && !document.Descendants<HtmlBlock>().Any()
            && !document.Descendants<LiteralInline>().Any(l => l.Content.ToString().Contains("@everyone"))
            && rows.All(l => l.EndsWith(" |", StringComparison.Ordinal));
    }
}
