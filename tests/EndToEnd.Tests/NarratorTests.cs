using CodingAgent.Playground.Demo;
using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>What the demo prints where nothing may be drawn, and on a terminal.</summary>
public sealed class NarratorTests
{
    private const char Escape = '\u001b';

    private readonly StringWriter _output = new();
    private readonly FakeTimeProvider _time = new();

    private string[] Lines => _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public async Task Wait_Piped_TellsByPlainLinesForWhatAndForHowLong()
    {
        var narrator = new Narrator(_output, null, _time);
        var arrives = new TaskCompletionSource<string>();

        var waiting = narrator.WaitAsync("the plan", TimeSpan.FromMinutes(10), arrives.Task.WaitAsync, CancellationToken.None);
        Lines.ShouldBe(["      … waits for the plan, at most 10:00"]);
        _time.Advance(TimeSpan.FromSeconds(19));
        Lines.Length.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(20));
        Lines[1..].ShouldBe(["      … 00:20 of at most 10:00: waits for the plan", "      … 00:40 of at most 10:00: waits for the plan"]);

        arrives.SetResult("it");
        (await waiting).ShouldBe("it");
        _time.Advance(TimeSpan.FromMinutes(1));
        narrator.Step("The plan is there");
        Lines[3..].ShouldBe(["01:40 The plan is there"]);
    }

    [Fact]
    public async Task Wait_OnATerminal_IsOneLineInPlaceAsWideAsThatAndGoneAfterwards()
    {
        var columns = 40;
        var narrator = new Narrator(_output, () => columns, _time);
        var arrives = new TaskCompletionSource<string>();

        var waiting = narrator.WaitAsync("the plan", TimeSpan.FromMinutes(10), arrives.Task.WaitAsync, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(3));
        var narrow = Screen();
        columns = 0;
        _time.Advance(TimeSpan.FromSeconds(1));
        var unknown = Screen();
        narrator.Note("short");
        var told = Screen();
        _time.Advance(TimeSpan.FromSeconds(1));
        var both = Screen();
        arrives.SetResult("it");
        await waiting;

        narrow.ShouldBe(["      … 00:03 of at most 10:00: waits f"]);
        unknown.ShouldBe(["      … 00:04 of at most 10:00: waits for the plan"]);
        told.ShouldBe(["      short"]);
        both.ShouldBe(["      short", "      … 00:05 of at most 10:00: waits for the plan"]);
        Screen().ShouldBe(["      short"]);
    }

    [Fact]
    public async Task Wait_BeyondItsLimit_EndsTheWaitingAndSaysWhatItWasFor()
    {
        var wasEnded = false;
        var waiting = new Narrator(_output, null, _time).WaitAsync(
            "the plan",
            TimeSpan.FromMinutes(10),
            async end =>
            {
                try
                {
                    return await new TaskCompletionSource<string>().Task.WaitAsync(end);
                }
                finally
                {
                    wasEnded = end.IsCancellationRequested;
                }
            },
            CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(10));

        (await Should.ThrowAsync<StoryException>(waiting)).Message.ShouldBe("Waited 10 minutes for the plan, in vain.");
        wasEnded.ShouldBeTrue();
    }

    [Theory]
    [InlineData("<!-- coding-agent:status -->\n### 🧭 Plan\n\n**Goal:** charge `twice` &amp; \\*never\\* more", "🧭 Plan", "Goal: charge twice & *never* more")]
    [InlineData("| File | Intent |\n|---|---|\n| `a.cs` | Send **again** \\| stop |\n", "File   Intent", "a.cs   Send again | stop")]
    [InlineData("- [x] [Plan](http://forge/1) — hash `19`\n- [ ] ⏳ Edit\n- plain\n  - below", "✓ Plan (http://forge/1) — hash 19", "· ⏳ Edit", "- plain", "  - below")]
    [InlineData("> quoted\n\n---\n\n<sub>small, [here](http://forge/2) and <http://forge/3></sub>", "> quoted", "small, here (http://forge/2) and http://forge/3")]
    [InlineData("```diff\n+a **b**\n\n-c\n```\n<details><summary>more</summary>\n\nunfolded\n\n</details>", "+a **b**", "-c", "unfolded")]
    [InlineData("a\n\nb\n\nc\n\nd\n\ne\n\nf", "a", "b", "c", "d", "e")]
    [InlineData("")]
    public void Comment_IsReadWithoutItsMarks(string markdown, params string[] lines) => ReadComment.Head(markdown, 5).ShouldBe(string.Join('\n', lines));

    [Fact]
    public async Task Wait_Stopped_IsNoFailureOfTheStory()
    {
        using var stop = new CancellationTokenSource();
        var waiting = new Narrator(_output, () => 80, _time).WaitAsync("the plan", TimeSpan.FromMinutes(10), new TaskCompletionSource<string>().Task.WaitAsync, stop.Token);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        Screen().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Line_LongerThanAnyTerminal_IsNotBroken(bool isTerminal)
    {
        var command = $"curl {string.Join(' ', Enumerable.Repeat("http://127.0.0.1:8080/tasks", 40))}";
        new Narrator(_output, isTerminal ? () => 40 : null, _time).Note(command);

        (isTerminal ? Screen() : Lines).ShouldBe([$"      {command}"]);
    }

    [Fact]
    public void Words_OfOthers_KeepTheirBracketsAndMoveNoCursor()
    {
        var narrator = new Narrator(_output, () => 80, _time);
        narrator.Forge($"- [x] [red]Plan[/]\n{Escape}[2J{Escape}]0;title\a \u202etxt.exe");

        Screen().ShouldBe(["      │ - [x] [red]Plan[/]", "      │ [U+001B][2J[U+001B]]0;title[U+0007] [U+202E]txt.exe"]);
    }

    [Fact]
    public void Words_Piped_HaveNoControlCodes()
    {
        var narrator = new Narrator(_output, null, _time);
        narrator.Step("A step");
        narrator.Forge("shown");
        narrator.Good("good");
        narrator.Bad("bad");
        narrator.Note("note");

        _output.ToString().ShouldBe("00:00 A step\n      │ shown\n      ✓ good\n      ✗ bad\n      note\n");
    }

    // What a terminal shows of it: colours aside, lines that are erased or written over are gone.
    private string[] Screen()
    {
        var (rows, row, column) = (new List<string> { "" }, 0, 0);
        var text = _output.ToString();
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case Escape:
                    var end = i + 2;
                    while (!char.IsAsciiLetter(text[end]))
                        end++;
                    var count = int.TryParse(text[(i + 2)..end], out var number) ? number : 1;
                    if (text[end] == 'A')
                        row -= count;
                    else if (text[end] == 'K')
                        rows[row] = "";
                    i = end;
                    break;
                case '\r':
                    column = 0;
                    break;
                case '\n':
                    (row, column) = (row + 1, 0);
                    if (row == rows.Count)
                        rows.Add("");
                    break;
                default:
                    rows[row] = rows[row].PadRight(column)[..column] + text[i] + (rows[row].Length > column + 1 ? rows[row][(column + 1)..] : "");
                    column++;
                    break;
            }
        }

        return [.. rows.Select(r => r.TrimEnd()).Where(r => r.Length > 0)];
    }
}
