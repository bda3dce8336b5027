using System.Text.RegularExpressions;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;
using FsCheck;
using FsCheck.Fluent;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Words = CodingAgent.Workflows.Comments.Markdown;

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
    [InlineData("skip-checks:: :true", "skip-checkstrue")]
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
    [InlineData("ask @@ann", "ask at ann")]
    [InlineData("www.www.evil.example", "www www evil.example")]
    [InlineData("Fixes #\u200B99", "Fixes no. 99")]
    [InlineData("see " + Token, "see ***")]
    // Every CI and release service that reads commits.
    [InlineData("[skip actions]", "(skip actions)")]
    [InlineData("[skip azp]", "(skip azp)")]
    [InlineData("[azurepipelines skip]", "(azurepipelines skip)")]
    [InlineData("[skip travis]", "(skip travis)")]
    [InlineData("[travis-ci skip]", "(travis-ci skip)")]
    [InlineData("[skip circleci]", "(skip circleci)")]
    [InlineData("[skip appveyor]", "(skip appveyor)")]
    [InlineData("[skip netlify]", "(skip netlify)")]
    [InlineData("[CF-Pages-Skip]", "(CF-Pages-Skip)")]
    [InlineData("[skip-cd]", "(skip-cd)")]
    [InlineData("[vercel skip]", "(vercel skip)")]
    [InlineData("[skip release]", "(skip release)")]
    [InlineData("[release skip]", "(release skip)")]
    [InlineData("[skip_build]", "(skip_build)")]
    [InlineData("[deploy:production]", "(deploy:production)")]
    [InlineData("[[skip ci]]", "((skip ci))")]
    [InlineData("`[skip ci]`", "`(skip ci)`")]
    [InlineData("*** skip_ci ***", "skip_ci")]
    [InlineData("--skip-ci", "skip-ci")]
    [InlineData("+semver: breaking", "semver breaking")]
    [InlineData("#major", "# major")]
    [InlineData("BEGIN_COMMIT_OVERRIDE feat: x END_COMMIT_OVERRIDE", "BEGIN COMMIT OVERRIDE feat: x END COMMIT OVERRIDE")]
    // Trailers.
    [InlineData("BREAKING CHANGE: all is new", "(BREAKING CHANGE) all is new")]
    [InlineData("BREAKING-CHANGE: all is new", "(BREAKING-CHANGE) all is new")]
    [InlineData("breaking change all is new", "(breaking change) all is new")]
    [InlineData("Signed-off-by: Ann", "Signed-off-by Ann")]
    [InlineData("Co-authored-by: Ann", "Co-authored-by Ann")]
    [InlineData("Reviewed-by: Ann", "Reviewed-by Ann")]
    [InlineData("Change-Id: I1", "Change-Id I1")]
    [InlineData("Changelog: added", "Changelog added")]
    [InlineData("Depends-On: x", "Depends-On x")]
    [InlineData("Closes-Bug: 9", "Closes-Bug 9")]
    [InlineData("Agent-Task: task/other", "Agent-Task task/other")]
    // Closing words of both forges, and other trackers.
    [InlineData("Fixes PROJ-12", "Fixes PROJ 12")]
    [InlineData("closes: PROJ-1, PROJ-2 and PROJ-3", "closes: PROJ 1, PROJ 2 and PROJ 3")]
    [InlineData("Implements issue AB_C-7", "Implements issue AB_C 7")]
    [InlineData("fixes `#9`", "fixes `no. 9`")]
    [InlineData("Closing group/project#9 and group/project!3", "Closing group/project no. 9 and group/project no. 3")]
    [InlineData("User#9", "User no. 9")]
    // References of GitLab's.
    [InlineData("see &9, $9, %9 and ~bug", "see & 9, $ 9, % 9 and ~ bug")]
    [InlineData("~\"needs review\" %\"v 1\"", "~ \"needs review\" % \"v 1\"")]
    [InlineData("[issue:group/project/9] *iteration:3", "(issue:group/project/9) iteration:3")]
    // Ids of commits.
    [InlineData("as in 0123456789abcdef0123456789abcdef01234567", "as in 012345…")]
    [InlineData("o/r@abc1234", "o/r at abc123…")]
    [InlineData("abc1234...def5678", "abc123…...def567…")]
    [InlineData("www.evil.example", "www evil.example")]
    [InlineData("mail a@evil.example", "mail a at evil.example")]
    [InlineData("a\u034F\u3164\uFE0F\U000E0041b", "ab")]
    // What means nothing to a forge stays.
    [InlineData("in C#9 and F#6", "in C# 9 and F# 6")]
    [InlineData("fixes UTF-8, closes SHA-256", "fixes UTF-8, closes SHA-256")]
    [InlineData("in 2026, 1234567 bytes, 0x00ff00aa, defaced", "in 2026, 1234567 bytes, 0x00ff00aa, defaced")]
    [InlineData("50% of ~/bin, a & b, $HOME", "50% of ~/bin, a & b, $HOME")]
    [InlineData("rated ⚠\uFE0F and 👍", "rated ⚠\uFE0F and 👍")]
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

    [Theory]
    [InlineData("Draft: add x", "Draft add x")]
    [InlineData("WIP: add x", "WIP add x")]
    [InlineData("[Draft] add x", "Draft add x")]
    [InlineData("(draft) add x", "draft add x")]
    [InlineData("[WIP]: add x", "WIP add x")]
    [InlineData("Draft - add x", "Draft add x")]
    [InlineData("draft", "draft change")]
    [InlineData("fixup! add x", "fixup add x")]
    [InlineData("squash! fixup! add x", "squash fixup! add x")]
    [InlineData("amend! add x", "amend add x")]
    [InlineData("/merge", "(/merge)")]
    [InlineData("/close the door", "(/close) the door")]
    [InlineData("/api/v1 answers", "/api/v1 answers")]
    [InlineData("fix: draft: x", "fix: draft: x")]
    [InlineData("PROJ-12 #close", "PROJ-12 # close")]
    [InlineData("PROJ-12 #in-progress #time 2h", "PROJ-12 # in-progress #time 2h")]
    public void Title_BeginningThatActs_ActsNoMore(string written, string left)
    {
        PullText.Title(written, "x").ShouldBe(left);
        PullText.Title("", written).ShouldBe(left);
        var subject = CommitText.Build(written, "x", "", "ann", "a@b", "task/x", "implement-1").Split('\n')[0];
        subject.ShouldBe(left.Contains(':', StringComparison.Ordinal) ? left : $"feat: {left}");
    }

    [Fact]
    public void Commit_Body_HasNoLineThatIsACommandOrATrailer()
    {
        string[] words = ["/merge", "/assign at ann", "Signed-off-by: x", "BREAKING CHANGE: y", "Reviewed-by: z", "/label ~bug"];
        for (var pad = 0; pad < 80; pad++)
        {
            var text = string.Join(' ', words.Select(w => $"{new string('x', pad)} {w}"));
            var lines = CommitText.Build("t", "x", text, "ann", "a@b", "task/x", "implement-1").Split('\n');
            lines.Skip(2).SkipLast(4).ShouldAllBe(l => !Regex.IsMatch(l, @"^\s*/\w|^[\w-]+: |^[\s|*]*BREAKING CHANGE[:\s]"));
            lines[^4..].ShouldBe(["Co-authored-by: ann <a@b>", "Agent-Task: task/x", "Agent-Step: implement-1", ""]);
        }
    }

    [Fact]
    public void Commit_AskedForOverRest_NamesNobodyOfTheForge() =>
        CommitText.Build("fix: it", "x", "Why.", "rest-api:pipeline", null, "task/x", "implement-1").ShouldBe("fix: it\n\nWhy.\n\nAgent-Task: task/x\nAgent-Step: implement-1\n");

    [Fact]
    public void CutTexts_NeverEndWithinACharacter()
    {
        foreach (var whole in (string[])["🎉", "e\u0301", "👨\u200D👩", "👍\U0001F3FD", "न\u0940"])
        {
            for (var pad = 50; pad < 130; pad++)
            {
                var text = $"{new string('a', pad)}{string.Concat(Enumerable.Repeat(whole, 40))}";
                string[] leaving = [PullText.Title(text, "x"), CommitText.Build(text, "x", text, "ann", "a@b", "task/x", "s"), Words.Inline(text, pad + 3), Words.Code(text, pad + 3), Words.Quote(text, pad + 3), Words.Fence(text, pad)];
                leaving.ShouldAllBe(t => !t.Contains('\uFFFD') && t.EnumerateRunes().All(r => r != System.Text.Rune.ReplacementChar));
            }
        }
    }

    [Fact]
    public void PullBody_Code_IsReadAsItIs_AndActsOnNothingInASquashedCommit()
    {
        const string Command = "make x # [skip ci] Fixes #9 closes GH-3 ***NO_CI*** --skip-ci npm i @a/b https://forge.test/o/r/issues/9";
        var body = PullText.Body(new("task/x", 7, new("t", "s", "w", "h", "r", []), null, new string('a', 40), new Evidence("t", [new(Command, Command, 0, "exited", TimeSpan.Zero, "")]), [], [new("advice", $"{Command}.cs", Command)], 1, 1, "ann"));
        Live(body["Closes #7".Length..]).ShouldBeFalse(body);
        body.ShouldNotContain("@a");
        body.ShouldNotContain("https://forge");
        body.Replace("\u200B", "", StringComparison.Ordinal).ShouldContain($"`{Command}`");
    }

    [Theory]
    [InlineData("/merge")]
    [InlineData("  /close")]
    [InlineData("/assign @ann")]
    [InlineData("/lgtm cancel")]
    public void Output_LineThatIsABotsCommand_IsNone(string line)
    {
        var fence = Words.Fence($"before\n{line}\n{line}\n/usr/bin/x: not found\nafter");
        fence.Split('\n').Any(l => l.TrimStart().StartsWith(line.Trim(), StringComparison.Ordinal)).ShouldBeFalse(fence);
        fence.ShouldContain("\n/usr/bin/x: not found\n");
        fence.Replace("\u200B", "", StringComparison.Ordinal).ShouldContain($"\n{line}\n");
        Words.Inline(line).ShouldStartWith("&#8203;");
    }

    [Fact]
    public void CommitAndTitle_AnyText_IsDisarmed() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Noisy(), text =>
    {
        var once = PullText.Title(text, "x");
        return once.Length < 130 && !Live(once) && !Live(CommitText.Build(text, "x", text, "ann", "a@b", "task/x", "implement-1").Replace('\n', ' '));
    }));

    [Fact]
    public void Title_DisarmedOnce_IsDisarmedForGood() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(1_000), Prop.ForAll(Noisy(), text =>
    {
        var once = PullText.Title(text.Length > 40 ? text[..40] : text, "x");
        return PullText.Title(once, "x") == once;
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
        Gen.Elements("[", "]", "skip", "ci", " ", "no", "***", "NO_CI", "#", "9", "GH-", "://", ":", "skip-checks", "fixes", "!", "@", "\u200B", "(", "o/r",
            "Draft", "WIP", "fixup", "BREAKING CHANGE", "PROJ-1", "C", "~", "%", "$", "&", "www.", "a.b", "/", "merge", "abc1234", "Signed-off-by", "+semver", "*", "iteration"),
        ArbMap.Default.GeneratorFor<string?>().Select(s => s ?? "")))
                                                 select string.Concat(parts)).ToArbitrary();

    // As the forges and their CI services read commits.
    private static bool Live(string text) => Regex.IsMatch(
        text, @"\[(skip|no)[ _-]?(ci|actions)\]|\[(ci|actions)[ _-]?skip\]|\*\*\*NO_CI\*\*\*|\bskip-checks:|(close[sd]?|fix(e[sd])?|resolve[sd]?):? ([\w/-]*#|GH-|https?://\S+/)[0-9]+\b|(?<![\w&])#[0-9]+\b",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture);
}
