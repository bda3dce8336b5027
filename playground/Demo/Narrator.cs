using CodingAgent.Mcp.Texts;
using Spectre.Console;

namespace CodingAgent.Playground.Demo;

/// <summary>
/// Prints the story: one headline per step, what the forge shows below it, and while it waits what for. On a terminal that can be drawn on the wait is
/// one line in place; else it is told by a line now and then, and no line is broken or coloured.
/// </summary>
public sealed class Narrator
{
    private const string Indent = "      ";

    // A line is a line: whoever shows it wraps it, so that addresses and commands can be copied.
    private const int Unbroken = 100_000;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(20);

    private readonly IAnsiConsole _console;
    private readonly Func<int>? _columns;
    private readonly TimeProvider _time;
    private readonly long _began;
    private volatile LiveDisplayContext? _live;

    /// <summary>Begins to count the time.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="columns">How wide the terminal is that may be drawn on; null where there is none.</param>
    /// <param name="time">Clock.</param>
    public Narrator(TextWriter output, Func<int>? columns, TimeProvider time)
    {
        (_columns, _time, _began) = (columns, time, time.GetTimestamp());
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Interactive = InteractionSupport.No,
            Ansi = columns is null ? AnsiSupport.No : AnsiSupport.Yes,
            ColorSystem = columns is null ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        _console.Profile.Width = Unbroken;
    }

    /// <summary>One for this process's output.</summary>
    public static Narrator OnConsole() => new(
        Console.Out,
        Console.IsOutputRedirected || Variable("NO_COLOR") is not null || Variable("CI") is not null || Variable("TERM") is null or "dumb" ? null : () => Console.WindowWidth,
        TimeProvider.System);

    /// <summary>A headline, with the time.</summary>
    /// <param name="text">One line.</param>
    public void Step(string text) => Line($"[grey]{Clock(_time.GetElapsedTime(_began))}[/] [bold]{Shown(text)}[/]");

    /// <summary>What the forge shows.</summary>
    /// <param name="text">Lines; blank ones are left out.</param>
    public void Forge(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Line($"{Indent}[blue]│[/] {Shown(line.TrimEnd())}");
    }

    /// <summary>What is as it should be.</summary>
    /// <param name="text">One line.</param>
    public void Good(string text) => Line($"{Indent}[green]✓[/] {Shown(text)}");

    /// <summary>What is not.</summary>
    /// <param name="text">One line.</param>
    public void Bad(string text) => Line($"{Indent}[red]✗ {Shown(text)}[/]");

    /// <summary>What is good to know.</summary>
    /// <param name="text">One line.</param>
    public void Note(string text) => Line($"{Indent}[grey]{Shown(text)}[/]");

    /// <summary>Waits for something, and tells for what and for how long.</summary>
    /// <param name="what">What it is.</param>
    /// <param name="limit">How long at most.</param>
    /// <param name="wait">The waiting; cancelled at the limit.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>What it waited for.</returns>
    /// <exception cref="StoryException">It did not come within the limit.</exception>
    public async Task<T> WaitAsync<T>(string what, TimeSpan limit, Func<CancellationToken, Task<T>> wait, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(limit, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        var began = _time.GetTimestamp();
        string Words() => $"{Indent}… {Clock(_time.GetElapsedTime(began))} of at most {Clock(limit)}: waits for {what}";
        try
        {
            if (_columns is not null)
            {
                return await _console.Live(Text.Empty).AutoClear(true).StartAsync(async live =>
                {
                    void Draw() => live.UpdateTarget(new Text(Cut(Words(), _columns()), Color.Grey));
                    Draw();
                    _live = live;
                    await using var tick = _time.CreateTimer(_ => Draw(), null, Tick, Tick);
                    try
                    {
                        return await wait(end.Token);
                    }
                    finally
                    {
                        _live = null;
                    }
                });
            }

            _console.WriteLine($"{Indent}… waits for {what}, at most {Clock(limit)}");
            await using var again = _time.CreateTimer(_ => _console.WriteLine(Words()), null, Again, Again);
            return await wait(end.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new StoryException($"Waited {limit.TotalMinutes:0} minutes for {what}, in vain.");
        }
    }

    // What is drawn in place goes first, or its end would stand behind a shorter line. The next tick draws it again.
    private void Line(FormattableString line)
    {
        _live?.UpdateTarget(Text.Empty);
        _console.MarkupLineInterpolated(line);
    }

    // Some terminals say that they have no columns; the last one stays free, or the terminal would begin another line.
    private static string Cut(string line, int columns) => TextCut.Head(line, Math.Max(1, (columns > 1 ? columns : 80) - 1), "");

    // What people and models wrote moves no cursor.
    private static string Shown(string text) => Invisible.Shown(text);

    private static string Clock(TimeSpan time) => $"{(int)time.TotalMinutes:00}:{time.Seconds:00}";

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
