using System.Globalization;

namespace CodingAgent.Mcp.Tests.Servers;

/// <summary>
/// What a model may send so that a tool works for minutes: whatever it is, the tool has answered or been stopped within its limit, and the
/// next call finds the write lock free. The patience of each test is a multiple of the limit; what it replaces took minutes.
/// </summary>
public sealed class TimeLimitTests
{
    private const int Long = 1_000_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<string, string, string, string> Edits => new()
    {
        { "places that overlap", new string('a', 7 * Long), new string('a', Long), "b" },
        { "blanks before many places", string.Concat(Enumerable.Repeat("  x", 2 * Long)) + "\n", "  x", "y" },
        { "new lines for one", "one\n", "one", string.Join('\n', Enumerable.Repeat("x", Long)) },
        { "new lines beside a line of blanks", "\t" + new string(' ', Long) + "one x\nend\n", new string(' ', Long) + "one  x\nend", string.Join('\n', Enumerable.Repeat(" two", Long / 4)) + "\nend" },
        { "ever other indentation", Indented("\t", "line"), Indented("", "line"), Indented("", "other") },
        { "places over ever other lines", string.Concat(Enumerable.Repeat("word word word word word\n", 300_000)), "word\nword word word word word word word word", "x" },
        { "lines that are all alike", string.Concat(Enumerable.Repeat("same\n", Long)), string.Concat(Enumerable.Repeat("same \n", Long / 2)), string.Concat(Enumerable.Repeat("same\n", Long / 3)) },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public async Task Edit_OfLongTexts_EndsWithinItsLimitAndFreesTheLock(string kind, string file, string oldText, string newText)
    {
        await using var tools = await ToolsFixture.CreateAsync(o => o with { FileTimeLimit = Limit }, ("a.cs", "x\n"));
        tools.WriteFile("long.cs", file);

        await Answer(tools, "edit_file", new { path = "long.cs", old_text = oldText, new_text = newText }, kind);

        (await tools.CallAsync("edit_file", new { path = "a.cs", old_text = "x", new_text = "y" }).WaitAsync(Patience)).ShouldContain("Edited a.cs");
    }

    [Fact]
    public async Task Write_OfAMillionNewLinesOverOthers_EndsWithinItsLimit()
    {
        await using var tools = await ToolsFixture.CreateAsync(o => o with { FileTimeLimit = Limit }, ("a.cs", "x\n"));
        tools.WriteFile("long.cs", string.Concat(Enumerable.Repeat("old\n", Long)));

        await Answer(tools, "write_file", new { path = "long.cs", content = string.Concat(Enumerable.Repeat("new\n", Long)) }, "new lines");

        (await tools.CallAsync("write_file", new { path = "a.cs", content = "y\n" }).WaitAsync(Patience)).ShouldContain("Replaced a.cs");
    }

    [Fact]
    public async Task Write_BelowThousandsOfEditorConfigSections_EndsWithinItsLimit()
    {
        await using var tools = await ToolsFixture.CreateAsync(o => o with { FileTimeLimit = Limit }, ("a.cs", "x\n"));
        var sections = string.Concat(Enumerable.Repeat("[{*{*{*,a},b},c}*?*?*?*z]\ncharset=latin1\n", 1400));
        var folder = string.Join('/', Enumerable.Repeat("d", 120));
        for (var at = folder; at.Length > 0; at = at[..Math.Max(0, at.LastIndexOf('/'))]) tools.WriteFile($"{at}/.editorconfig", sections);

        await Answer(tools, "write_file", new { path = $"{folder}/new.cs", content = "y\n" }, "sections");
    }

    [Theory]
    [InlineData("(a?){400}a{400}")]
    [InlineData("(.*a){100}b")]
    [InlineData("([ab]*a[ab]{300})+c")]
    public async Task Search_WithAPatternMadeToBeSlow_EndsWithinItsLimit(string pattern)
    {
        await using var tools = await ToolsFixture.CreateAsync(o => o with { FileTimeLimit = Limit }, ("a.cs", "x\n"));
        var random = new Random(1);
        for (var i = 0; i < 8; i++) tools.WriteFile($"long{i}.txt", string.Concat(Enumerable.Range(0, 4 * Long).Select(_ => random.Next(2) == 0 ? 'a' : 'b')));

        await Answer(tools, "search_text", new { pattern }, pattern);
    }

    [Theory]
    [InlineData("*{1..200}**/{1..200}**/{1..200}**/{1..200}**/")]
    [InlineData("**/**/**/**/**/**/**/**/**/**/**/**/**/**/**/a")]
    [InlineData("{*{*{*{*{*,a},a},a},a},b}{*{*{*{*,c},d},e},f}")]
    public async Task List_WithAGlobMadeToBeSlow_EndsWithinItsLimit(string glob)
    {
        await using var tools = await ToolsFixture.CreateAsync(o => o with { FileTimeLimit = Limit }, ("a.cs", "x\n"));
        var random = new Random(1);
        for (var i = 0; i < 300; i++) tools.WriteFile($"{i.ToString(CultureInfo.InvariantCulture)}/{string.Concat(Enumerable.Range(0, 200).Select(_ => "0123456789"[random.Next(10)]))}", "");

        await Answer(tools, "list_files", new { glob }, glob);
    }

    private static string Indented(string more, string word) =>
        string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{more}{Blanks(i)}{word} {i.ToString(CultureInfo.InvariantCulture)}\n"));

    // Seventeen blanks that spell a number: no two lines have the same indentation.
    private static string Blanks(int number) => string.Concat(Enumerable.Range(0, 17).Select(bit => (number >> bit & 1) == 0 ? ' ' : '\t'));

    private static async Task Answer(ToolsFixture tools, string tool, object arguments, string kind)
    {
        // A result, a refusal in words, or the limit's own words: each is an answer.
        var answer = await tools.AnswerAsync(tool, arguments).WaitAsync(Patience);
        answer.ShouldNotBeNullOrWhiteSpace(kind);
    }
}
