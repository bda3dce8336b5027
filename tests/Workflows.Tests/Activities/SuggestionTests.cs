using System.Text;
using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using FsCheck;
using FsCheck.Fluent;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>Exact replacements that reviewers propose: on text, and on real git.</summary>
public sealed class SuggestionTests : GitWorkers
{
    private const string Hunk = "@@ -1,2 +1,3 @@\n one\n-zwei\n+two\n+three";

    [Theory]
    [InlineData("one\ntwo\nthree\n", 2, 3, "2\n3\n4", "one\n2\n3\n4\n")]
    [InlineData("one\ntwo\nthree\n", 3, 3, null, "one\ntwo\n")]
    [InlineData("one\ntwo\nthree\n", 3, 3, "", "one\ntwo\n\n")]
    [InlineData("one\ntwo\nthree", 3, 3, "3\n4", "one\ntwo\n3\n4")]
    [InlineData("one\ntwo\nthree\n", 1, 3, "1", "1\n", "@@ -1,2 +1,3 @@\n+one\n-gone\n+two\n-gone, too\n+three\n\\ No newline at end of file")]
    [InlineData("one\r\ntwo\r\nthree\r\n", 2, 3, "2\r\n3", "one\r\n2\r\n3\r\n")]
    [InlineData("\ufeffone\ntwo\nthree\n", 3, 3, "3", "\ufeffone\ntwo\n3\n")]
    [InlineData("one\ntwo\nthree\nmore\n", 2, 3, "two", "one\ntwo\nmore\n")]
    public void Apply_LinesAsTheyWere_AreReplacedExactly(string text, int start, int end, string? with, string expected, string hunk = Hunk)
    {
        var (made, whyNot) = SuggestedEdits.Apply(text, [new(start, end, with, hunk)]);
        made.ShouldBe(expected);
        whyNot.ShouldBe([null]);
    }

    [Theory]
    [InlineData("one\ntwo\nTHREE\n", 2, 3, Hunk, "not those any more")]
    [InlineData("one\n", 2, 3, Hunk, "no such lines")]
    [InlineData("one\ntwo\nthree\n", 0, 3, Hunk, "no such lines")]
    [InlineData("one\ntwo\nthree\n", 3, 2, Hunk, "no such lines")]
    [InlineData("one\ntwo\nthree\n", 2, 3, "", "nobody knows")]
    [InlineData("one\ntwo\nthree\n", 1, 3, "@@ -1 +1 @@\n+two\n+three", "not those any more")]
    public void Apply_LinesThatAreOthers_StayAndSayWhy(string text, int start, int end, string hunk, string why)
    {
        var (made, whyNot) = SuggestedEdits.Apply(text, [new(start, end, "x", hunk)]);
        made.ShouldBe(text);
        whyNot.ShouldHaveSingleItem().ShouldNotBeNull().ShouldContain(why);
    }

    [Fact]
    public void Apply_Several_AreAllMadeUnlessTheyMeet()
    {
        const string text = "a\nb\nc\nd\n";
        SuggestedEdits.Proposal Of(int start, int end, string with) => new(start, end, with, $"@@ @@\n{string.Join('\n', text.Split('\n')[..end].Select(l => " " + l))}");
        var (made, whyNot) = SuggestedEdits.Apply(text, [Of(1, 1, "A\nA"), Of(4, 4, "D"), Of(2, 3, "x"), Of(3, 3, "y"), Of(1, 1, "A\nA")]);
        made.ShouldBe("A\nA\nb\nc\nD\n");
        whyNot.Select(w => w is null).ShouldBe([true, true, false, false, true]);
        whyNot[2].ShouldNotBeNull().ShouldContain("another remark");
    }

    [Fact]
    public void Apply_AnyText_NeverThrowsAndChangesOnlyWhatItSaysItChanged()
    {
        var line = Gen.Elements("a", "b", "", "\r", "x\ry", "🙂");
        var texts = from lines in line.ListOf() from end in Gen.Elements("", "\n", "\r\n") select string.Join(end.Length > 0 ? end : "\n", lines) + end;
        var cases = from text in texts from start in Gen.Choose(-1, 6) from length in Gen.Choose(-1, 3) from with in Gen.Elements(null, "", "n", "n\nm") from hunk in texts select (text, start, length, with, hunk);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var hunk = "@@\n" + string.Join('\n', c.hunk.Split('\n').Select(l => "+" + l));
            var (made, whyNot) = SuggestedEdits.Apply(c.text, [new(c.start, c.start + c.length, c.with, hunk)]);
            return whyNot[0] is null || made == c.text;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Suggestions_OnAChange_MakeASnapshotThatAnotherWorkerCanGoOnFrom()
    {
        var edited = await EditedAsync();
        var applied = await ApplyAsync(edited, Thread(1, "src/A.cs", 3, "@@ -1,2 +1,3 @@\n one\n two\n+three", "drei\nvier"), Thread(2, "src/A.cs", 1, "@@ @@\n eins", "uno"), Thread(3, "gone.cs", 1, "@@ @@\n x", "y"));
        (await ReadAsync("two", applied.Snapshot, "src/A.cs")).ShouldBe("one\ntwo\ndrei\nvier\n");
        (await ReadAsync("two", applied.Snapshot, "tests/ATests.cs")).ShouldBe("test three\n");
        var feedback = await FeedbackAsync(applied.FeedbackId);
        feedback.Threads.Select(t => t.Suggestions.Single().WhyNotApplied).ShouldBe([null, "the lines are not those any more that it was proposed for", "the file is not there any more"]);
        // Done once more, as after a crash, it is the same.
        (await ApplyAsync(edited, Thread(1, "src/A.cs", 3, "@@ -1,2 +1,3 @@\n one\n two\n+three", "drei\nvier"))).Snapshot.ShouldBe(applied.Snapshot);
    }

    [Fact]
    public async Task Suggestions_ThatCannotBeMade_LeaveTheWorkAsItIs()
    {
        var applied = await ApplyAsync(null, Thread(1, "src/A.cs", 9, "@@ @@\n nine", "x"));
        applied.Snapshot.ShouldBeNull();
        (await ApplyAsync(null, Thread(1, "src/A.cs", 2, "@@ @@\n one\n+two", "two"))).Snapshot.ShouldBeNull("it reads so already");
    }

    private static ThreadText Thread(long id, string path, int line, string hunk, string? text) => new(id, path, line, [new PersonText("ann", "like this")])
    {
        DiffHunk = hunk,
        Suggestions = [new SuggestedLines(line, line, text) { WhyNotApplied = "nobody has tried" }],
    };

    private async Task<SuggestionActivities.Applied> ApplyAsync(string? snapshot, params ThreadText[] threads)
    {
        var (git, mirrors) = Worker("one");
        var id = await Stores.PutJsonForTestsAsync(new ForgeActivities.Feedback([], threads, []));
        var activities = new SuggestionActivities(git, mirrors, Stores, TimeProvider.System);
        return await new ActivityEnvironment().RunAsync(() => activities.ApplySuggestionsAsync(new(TaskHarness.Repo, Remote.Sha, snapshot, id)));
    }

    private async Task<string> ReadAsync(string worker, string? snapshot, string path)
    {
        var (git, mirrors) = Worker(worker);
        var mirror = await mirrors.WithCommitAsync(TaskHarness.Repo, Remote.Sha, default);
        var tree = await mirrors.TreeAsync(mirror, Remote.Sha, snapshot, default);
        return Encoding.UTF8.GetString((await git.ReadFileAsync(mirror, tree, path, default)).ShouldNotBeNull());
    }

    private async Task<ForgeActivities.Feedback> FeedbackAsync(string id) => JsonSerializer.Deserialize<ForgeActivities.Feedback>(await Stores.GetAsync(id, default) ?? []).ShouldNotBeNull();
}
