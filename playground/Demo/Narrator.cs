using System.Diagnostics;
using Spectre.Console;

namespace CodingAgent.Playground.Demo;

/// <summary>Prints the story: one headline per step, what the forge shows below it.</summary>
internal static class Narrator
{
    private static readonly Stopwatch Clock = Stopwatch.StartNew();

    public static void Step(string text) =>
        AnsiConsole.MarkupLineInterpolated($"[grey]{Clock.Elapsed:mm\\:ss}[/] [bold]{text}[/]");

    public static void Forge(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            AnsiConsole.MarkupLineInterpolated($"      [blue]│[/] {line.TrimEnd()}");
    }

    public static void Good(string text) => AnsiConsole.MarkupLineInterpolated($"      [green]✓[/] {text}");

    public static void Bad(string text) => AnsiConsole.MarkupLineInterpolated($"      [red]✗ {text}[/]");

    public static void Note(string text) => AnsiConsole.MarkupLineInterpolated($"      [grey]{text}[/]");
}
