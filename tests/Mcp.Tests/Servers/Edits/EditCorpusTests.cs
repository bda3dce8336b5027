namespace CodingAgent.Mcp.Tests.Servers.Edits;

/// <summary>
/// Edits as models write them, through the real tool: what a person would have understood is understood, everything else is refused in words
/// and changes nothing.
/// </summary>
public sealed class EditCorpusTests(EditCorpusTests.Workspace workspace) : IClassFixture<EditCorpusTests.Workspace>
{
    private static readonly Dictionary<string, IReadOnlyList<EditCase>> Kinds = new(StringComparer.Ordinal)
    {
        ["exact"] = EditCases.Exact,
        ["indentation"] = EditCases.Indentation,
        ["blanks"] = EditCases.Blanks,
        ["characters"] = EditCases.Characters,
        ["line ends"] = EditCases.LineEnds,
        ["encodings"] = EditCases.Encodings,
        ["dress"] = EditCases.Dress,
        ["escapes"] = EditCases.Escapes,
        ["refused"] = EditCases.Refusals,
    };

    public static TheoryData<string, string> All()
    {
        var data = new TheoryData<string, string>();
        foreach (var (kind, cases) in Kinds)
        {
            foreach (var c in cases) data.Add(kind, c.Name);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task EditFile_AsModelsWriteIt_DoesWhatIsMeant(string kind, string name)
    {
        var c = Kinds[kind].Single(k => k.Name == name);
        var tools = workspace.Tools;
        var file = Path.Combine(tools.Workspace.RootPath, c.Path);
        await File.WriteAllBytesAsync(file, c.Bytes(c.Before));
        var arguments = new { path = c.Path, old_text = c.Old, new_text = c.New };
        if (c.After is null) (await tools.ErrorAsync("edit_file", arguments)).ShouldContain(c.Refusal!);
        else (await tools.CallAsync("edit_file", arguments)).ShouldContain(c.Says ?? "");
        var after = await File.ReadAllBytesAsync(file);
        c.Encoding.GetString(after.AsSpan(c.Encoding.Preamble.Length)).ShouldBe(c.After ?? c.Before);
        after.ShouldBe(c.Bytes(c.After ?? c.Before));
    }

    [Fact]
    public void Corpus_IsLarge_AndEachNameIsOne()
    {
        Kinds.Values.Sum(k => k.Count).ShouldBeGreaterThanOrEqualTo(150);
        Kinds.SelectMany(k => k.Value).Select(c => c.Name).ShouldBeUnique();
    }

    public sealed class Workspace : IAsyncLifetime
    {
        public ToolsFixture Tools { get; private set; } = null!;

        public async Task InitializeAsync() => Tools = await ToolsFixture.CreateAsync();

        public async Task DisposeAsync() => await Tools.DisposeAsync();
    }
}
