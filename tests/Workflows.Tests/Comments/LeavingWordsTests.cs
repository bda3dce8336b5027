using System.Text.RegularExpressions;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;
using FsCheck;
using FsCheck.Fluent;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace CodingAgent.Workflows.Tests.Comments;

/// <summary>What leaves in commits, titles and comments acts on nothing, links to nothing that nobody asked for, and tells no secret.</summary>
public sealed class LeavingWordsTests
{
    // Shaped as issuers shape them, and nobody's. In two pieces, so that this file itself passes the gate.
    private const string Token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345";
    private const string Model = "sk-" + "proj-0123456789abcdefABCDEF0123";

    [Theory]
    [InlineData("[skip ci]", "(skip ci)")]
    [InlineData("[ci skip]", "(ci skip)")]
    [InlineData("[no ci]", "(no ci)")]
    [InlineData("[Skip Actions]", "(Skip Actions)")]
    [InlineData("[actions skip]", "(actions skip)")]
    [InlineData("[skip-ci]", "(skip-ci)")]
    [InlineData("[ci_skip]", "(ci_skip)")]
    [InlineData("[skip azurepipelines]", "(skip azurepipelines)")]
    [InlineData("[travis skip]", "(travis skip)")]
    [InlineData("[skip\u200B ci]", "(skip ci)")]
    [InlineData("[skip\nci]", "(skip ci)")]
    [InlineData("***NO_CI***", "NO_CI")]
    [InlineData("skip-checks: true", "skip-checks true")]
    [InlineData("skip-checks:true", "skip-checkstrue")]
    [InlineData("Release-As: 9.0.0", "Release-As 9.0.0")]
    [InlineData("Fixes #99", "Fixes no. 99")]
    [InlineData("Closes: #9", "Closes: no. 9")]
    [InlineData("closes org/repo#9", "closes org/repo no. 9")]
    [InlineData("(resolves #9)", "(resolves no. 9)")]
    [InlineData("Fixes GH-12", "Fixes GH 12")]
    [InlineData("fixes gh-12", "fixes gh 12")]
    [InlineData("AB#12", "AB no. 12")]
    [InlineData("merge !12", "merge no. 12")]
    [InlineData("resolves https://forge.test/o/r/issues/9", "resolves https: //forge.test/o/r/issues/9")]
    [InlineData("ask @ann", "ask at ann")]
    [InlineData("Fixes #\u200B99", "Fixes no. 99")]
    [InlineData("see " + Token, "see ***")]
    // What means nothing to a forge stays.
    [InlineData("a[0] and map[\"ci/x.yml\"]", "a[0] and map(\"ci/x.yml\")")]
    [InlineData("fix: read items[i], color #00ff00 and C# 12", "fix: read items[i], color #00ff00 and C# 12")]
    [InlineData("fix: UTF-8 and sha-256, wow!", "fix: UTF-8 and sha-256, wow!")]
    public void CommitAndTitle_WordsThatAct_ActNoMore(string written, string left)
    {
        PullText.Title(written, "x").ShouldBe(left);
        var commit = CommitText.Build($"docs: fix {written}", "x", $"Summary with {written} and more", "ann", "7+ann@users.noreply.github.com", "task/x", "implement-1").Replace('\n', ' ');
        commit.ShouldContain($"docs: fix {left}");
        commit.ShouldContain($"Summary with {left} and more");
        // An issue's title stands in where the report has none.
        CommitText.Build("", written, "", "ann", "7+ann@users.noreply.github.com", "task/x", "implement-1").ShouldStartWith(left.Contains(':') ? left : $"feat: {left}");
    }

    [Fact]
    public void CommitAndTitle_AnyText_IsDisarmed() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Noisy(), text =>
    {
        var once = PullText.Title(text, "x");
        return once.Length < 130 && !Live(once) && !Live(CommitText.Build(text, "x", text, "ann", "a@b", "task/x", "implement-1").Replace('\n', ' '));
    }));

    [Fact]
    public void PullBody_ClosesTheTasksOwnIssue_AndNoOther()
    {
        const string Hostile = "Fixes #99, closes org/repo#9, resolves https://forge.test/o/r/issues/9 [skip ci] ***NO_CI***";
        var report = new CoderReport("t", Hostile, Hostile, Hostile, Hostile, []);
        var plan = new Plan("g", [], [], [], [Hostile], []);
        var body = PullText.Body(new("task/x", 7, report, plan, new string('a', 40), new Evidence("t", []), [new("paths", false, Hostile)], [new(Hostile, Hostile, Hostile)], 1, 1, "ann"));

        body.ShouldStartWith("Closes #7\n");
        // A squash merge copies it as it is into the commit.
        Live(body["Closes #7".Length..]).ShouldBeFalse(body);
    }

    [Theory]
    [InlineData("www.evil.example")]
    [InlineData("WWW.evil.example")]
    [InlineData("(www.evil.example/x)")]
    [InlineData("https://evil.example")]
    [InlineData("ftp://evil.example")]
    [InlineData("mailto:a@evil.example")]
    [InlineData("xmpp:a@evil.example")]
    [InlineData("a@evil.example")]
    [InlineData("<https://evil.example>")]
    [InlineData("[x](www.evil.example)")]
    [InlineData("[x]: https://evil.example")]
    public void Plan_Addresses_AreWordsAndNoLinks(string text)
    {
        var comment = PlanComment.Build(new(new Plan(text, [text], [new("a", text)], [], [text], [text]), 1, "abc", "0123", [], 1, 1, true, text));
        var document = Markdig.Markdown.Parse(comment, new MarkdownPipelineBuilder().UsePipeTables().UseAutoLinks().Build());
        document.Descendants<LinkInline>().ShouldBeEmpty(comment);
        document.Descendants<AutolinkInline>().ShouldBeEmpty(comment);
        Regex.IsMatch(comment, @"\bwww\.|[\w.]@\w", RegexOptions.IgnoreCase).ShouldBeFalse(comment);
    }

    [Theory]
    [InlineData("GH-12")]
    [InlineData("gh-12")]
    [InlineData("#12")]
    [InlineData("o/r#12")]
    [InlineData("!12")]
    [InlineData("@ann")]
    public void Plan_References_AreWordsAndNoLinks(string text)
    {
        var comment = PlanComment.Build(new(new Plan(text, [text], [new("a", text)], [], [text], [text]), 1, "abc", "0123", [], 1, 1, true, text));
        comment.ShouldNotContain(text);
        // And are read as they were written.
        System.Net.WebUtility.HtmlDecode(comment).Replace("\u200B", "", StringComparison.Ordinal).ShouldContain(text);
    }

    [Theory]
    [InlineData(Token)]
    [InlineData(Model)]
    [InlineData("glpat-" + "abcdefghij0123456789")]
    [InlineData("-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEAh7Gk29sLqP0zXv8Rt3YwMIIEowIBAAKCAQEA\n")]
    [InlineData("DB_PASSWORD=" + "h7Gk29sLqP0zXv8Rt3Yw")]
    [InlineData("postgres://app:" + "h7Gk29sLqP0zXv8Rt3Yw@db.internal:5432/app")]
    public void Comments_WhatLooksLikeACredential_IsMasked(string secret)
    {
        var tail = secret.Split('=', ':', '\n') is { Length: > 1 } parts ? parts.OrderByDescending(p => p.Length).First().Split('@')[0] : secret[4..];
        var report = new CoderReport(secret, secret, secret, secret, secret, []);
        var plan = new Plan(secret, [secret], [new(secret, secret)], [new(secret, secret)], [secret], [secret]);
        var evidence = new Evidence("t", [new(secret, secret, 1, "exited", TimeSpan.Zero, $"output\n{secret}\nmore")]);
        string[] leaving =
        [
            PullText.Title(secret, "x"), PullText.Title("", secret),
            PullText.Body(new("task/x", 7, report, plan, "abc", evidence, [new("paths", false, secret)], [new(secret, "advice", secret)], 1, 1, secret)),
            CommitText.Build(secret, "x", secret, "ann", "a@b", "task/x", "implement-1"),
            CommitText.Build("", secret, "", "ann", "a@b", "task/x", "implement-1"),
            Replies.ThreadAnswer(new(1, "fixed", secret), "abc"), Replies.ThreadAnswer(new(1, "declined", secret), null),
            Replies.Failure(TaskState.Editing, secret, "x", secret, [new FailedCheck(secret, "failed", secret) { Command = secret }]),
            Replies.Ci("abc", [secret]),
            EvidenceText.Summary("abc", evidence, [new(secret, false, secret)]),
            PlanComment.Build(new(plan, 2, "abc", "0123", [new(secret, secret)], 1, 1, true, secret) { Because = [new(secret, secret)], Denied = [new(secret, secret)] }),
            StatusComment.Build(new StatusView(TaskState.Editing, "ann", secret, [new("Plan", StepMark.Done, secret)], secret, 1, 1, 1, 1, TimeSpan.Zero) { Remarks = [secret] }),
        ];
        foreach (var text in leaving)
            text.ShouldNotContain(tail);
    }

    private static Arbitrary<string> Noisy() => (from parts in Gen.ListOf(Gen.OneOf(
        Gen.Elements("[", "]", "skip", "ci", " ", "no", "***", "NO_CI", "#", "9", "GH-", "://", ":", "skip-checks", "fixes", "!", "@", "\u200B", "(", "o/r"),
        ArbMap.Default.GeneratorFor<string?>().Select(s => s ?? "")))
                                                 select string.Concat(parts)).ToArbitrary();

    // As the forges and their CI services read commits.
    private static bool Live(string text) => Regex.IsMatch(
        text, @"\[(skip|no)[ _-]?(ci|actions)\]|\[(ci|actions)[ _-]?skip\]|\*\*\*NO_CI\*\*\*|\bskip-checks:|(close[sd]?|fix(e[sd])?|resolve[sd]?):? ([\w/-]*#|GH-|https?://\S+/)[0-9]+\b|(?<![\w&])#[0-9]+\b",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture);
}
