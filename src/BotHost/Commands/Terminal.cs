using System.Runtime.InteropServices;
using System.Text;
using CodingAgent.Mcp.Texts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace CodingAgent.BotHost.Commands;

/// <summary>Where the words of a command go: a terminal, which may be drawn on, or a program or file, which gets plain lines.</summary>
internal static partial class Terminal
{
    private const int OutputDescriptor = 1;
    private const short Gone = 0x08 | 0x10;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether people read it as it comes.</summary>
    public static bool IsTerminal { get; } = !Console.IsOutputRedirected;

    /// <summary>Whether what was written may be drawn over: on a terminal that can, where nobody asked for plain output.</summary>
    public static bool IsLive { get; } =
        IsTerminal && Variable("NO_COLOR") is null && Variable("CI") is null && Variable("TERM") is not (null or "dumb");

    /// <summary>Outside text as part of one line: it breaks no line, moves no cursor and turns no text round, and what was in it shows.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">Characters at most; what is beyond is cut.</param>
    public static string Line(string text, int most = 200) => Invisible.Shown(TextCut.Head(text.Replace("\r\n", " ", StringComparison.Ordinal).Replace('\n', ' ').Replace('\t', ' '), most, "…"));

    /// <summary>Likewise of many lines.</summary>
    /// <param name="text">The text.</param>
    public static IEnumerable<string> Block(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n').Select(l => Line(l, int.MaxValue));

    /// <summary>How many columns a line takes.</summary>
    /// <param name="line">The line.</param>
    public static int WidthOf(string line) => new Segment(line).CellCount();

    /// <summary>As much of a line as has room in so many columns.</summary>
    /// <param name="line">The line.</param>
    /// <param name="columns">How many.</param>
    public static string Cut(string line, int columns) => Segment.Truncate(new Segment(line), columns)?.Text ?? "";

    /// <summary>
    /// Keeps control codes out of plain output on a terminal: the console sends it some of its own before the first word, unless it is one that
    /// understands none. To be called before that.
    /// </summary>
    public static void KeepPlain()
    {
        if (!IsLive && IsTerminal)
            Environment.SetEnvironmentVariable("TERM", "dumb");
    }

    /// <summary>The terminal, to write tables to and, where it is live, to draw on.</summary>
    public static IAnsiConsole NewConsole() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new Sized(),
        Interactive = InteractionSupport.No,
        Ansi = IsLive ? AnsiSupport.Yes : AnsiSupport.No,
        ColorSystem = IsLive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
    });

    /// <summary>
    /// Cancels when nobody reads the output any more, as behind <c>| head</c>. Console output to a closed pipe is dropped without a word, so that what
    /// waits for more would wait for nobody.
    /// </summary>
    /// <param name="cancel">What to cancel.</param>
    /// <returns>Ends the looking.</returns>
    public static IDisposable CancelWhenNobodyReads(CancellationTokenSource cancel) => new Timer(_ =>
    {
        if (HasNoReader())
            cancel.Cancel();
    }, null, LookAgain, LookAgain);

    /// <summary>Whether the output is a pipe whose other end is closed.</summary>
    public static bool HasNoReader()
    {
        if (!OperatingSystem.IsLinux() || IsTerminal)
            return false;
        var output = new Polled { Descriptor = OutputDescriptor };
        return Poll(ref output, 1, 0) > 0 && (output.Found & Gone) != 0;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref Polled polled, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct Polled
    {
        public int Descriptor;
        public short Asked;
        public short Found;
    }

    // Some terminals say that they have no columns or no rows (a container's, a serial line's), in which nothing could be drawn.
    private sealed class Sized : IAnsiConsoleOutput
    {
        private readonly AnsiConsoleOutput _inner = new(Console.Out);

        public TextWriter Writer => _inner.Writer;

        bool IAnsiConsoleOutput.IsTerminal => true;

        public int Width => Math.Max(1, (_inner.Width is > 1 and < 10_000 and var width ? width : 80) - 1);

        public int Height => _inner.Height is > 0 and < 10_000 and var height ? height : 24;

        public void SetEncoding(Encoding encoding) => _inner.SetEncoding(encoding);
    }
}
