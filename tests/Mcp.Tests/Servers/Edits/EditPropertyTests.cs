using System.Diagnostics;
using System.Text;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Servers;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Mcp.Tests.Servers.Edits;

/// <summary>What holds of every edit: bytes outside its place stay, a refusal changes nothing, and the time is bounded.</summary>
public sealed class EditPropertyTests
{
    private static readonly string[] Words = ["go();", "  x = 1", "\tif a:", "", "  ", "“é”", "a\fb", "x\u0085y", "z\u2028", "c\u00a0d ", "}", "    return", "same", "same"];
    private static readonly string[] Breaks = ["\n", "\r\n", "\r"];

    private static readonly Encoding[] Encodings =
        [new UTF8Encoding(false), new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32];

    [Fact]
    public void Edit_OfAUniqueLine_ChangesThatLinesBytesAlone() => Prop.ForAll<(byte[] Seed, byte At, bool Final)>(input =>
    {
        var (lines, breaks) = Random(input.Seed, input.Final);
        var at = input.At % lines.Count;
        lines[at] = "the one target";
        foreach (var encoding in Encodings)
        {
            byte[] before = [.. encoding.Preamble, .. encoding.GetBytes(Joined(lines, breaks))];
            var file = TextFile.Decode(before).ShouldNotBeNull();
            var match = EditLadder.Apply("f.txt", file.Segments, "the one target", "changed → 変", CancellationToken.None);
            string[] changed = [.. lines];
            changed[at] = "changed → 変";
            file.Replace(match.First, match.Count, match.Lines).Encode().ShouldBe([.. encoding.Preamble, .. encoding.GetBytes(Joined(changed, breaks))]);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Edit_OfAnyExactRegion_LeavesWhatIsBeforeAndAfter() => Prop.ForAll<(byte[] Seed, byte From, byte Length, bool Final)>(input =>
    {
        var (lines, breaks) = Random(input.Seed, input.Final);
        var text = Joined(lines, breaks);
        var from = input.From % lines.Count;
        var count = 1 + (input.Length % (lines.Count - from));
        var old = string.Join('\n', lines.Skip(from).Take(count));
        var bytes = Encoding.UTF8.GetBytes(text);
        var file = TextFile.Decode(bytes).ShouldNotBeNull();
        EditMatch match;
        try
        {
            match = EditLadder.Apply("f.txt", file.Segments, old, "neu\nalt", CancellationToken.None);
        }
        catch (WorkspacePathException)
        {
            file.Encode().ShouldBe(bytes);
            return;
        }

        // The bytes up to the place and from it on are the file's; what lies between is the new text.
        var after = Encoding.UTF8.GetString(file.Replace(match.First, match.Count, match.Lines).Encode());
        var head = string.Concat(Enumerable.Range(0, match.First).Select(i => lines[i] + breaks[i]));
        var last = match.First + match.Count - 1;
        var tail = string.Concat(Enumerable.Range(last, Math.Max(0, lines.Count - last)).Select(i => (i == last ? "" : lines[i]) + breaks[i]));
        after.ShouldStartWith(head);
        after.ShouldEndWith(tail);
        after[head.Length..^tail.Length].ShouldContain("neu");
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void AnyBytes_AreReadAndWrittenBack_OrAreNoText() => Prop.ForAll<byte[]>(bytes =>
    {
        foreach (var sample in new[] { bytes, [.. bytes.Select(b => (byte)(b | 0x80))], [.. "# coding: shift_jis\n"u8, .. bytes], [.. "# coding: gbk\n"u8, .. bytes], [.. "éé"u8, .. bytes] })
            TextFile.Decode(sample)?.Encode().ShouldBe(sample);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("iso-2022-jp")]
    [InlineData("hz-gb-2312")]
    [InlineData("gb18030")]
    [InlineData("big5")]
    [InlineData("cp949")]
    [InlineData("euc-jp")]
    [InlineData("cp1255")]
    [InlineData("koi8-u")]
    [InlineData("ibm037")]
    [InlineData("utf-7")]
    [InlineData("utf-16")]
    [InlineData("no-such-encoding")]
    public void AnyBytes_ThatDeclareAnEncoding_AreReadAndWrittenBack(string name) => Prop.ForAll<byte[]>(bytes =>
    {
        foreach (var body in new[] { bytes, [.. bytes.Select(b => (byte)(b | 0x80))], [.. bytes.Select(b => (byte)(b & 0x7f)), 0x1b, 0x24, 0x42, 0x46, 0x7c, 0x1b, 0x28, 0x42] })
        {
            byte[] sample = [.. Encoding.ASCII.GetBytes($"# coding: {name}\nx = 1\n"), .. body];
            if (TextFile.Decode(sample) is not { } file) continue;
            file.Encode().ShouldBe(sample);
            if (!file.Segments[1].Equals("x = 1", StringComparison.Ordinal)) continue;
            file.Replace(1, 1, ["x = 2"]).Encode().ShouldBe([.. Encoding.ASCII.GetBytes($"# coding: {name}\nx = 2\n"), .. body]);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void WholeText_WrittenAgain_IsTheSameBytes() => Prop.ForAll<(byte[] Seed, bool Final)>(input =>
    {
        var (lines, breaks) = Random(input.Seed, input.Final);
        var bytes = Encoding.UTF8.GetBytes(Joined(lines, breaks));
        var file = TextFile.Decode(bytes).ShouldNotBeNull();
        file.ReplaceAll(string.Join('\n', file.Segments)).Encode().ShouldBe(bytes);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Edit_OfSloppyBlock_ChangesOnlyTheWordThatChanged() => Prop.ForAll<(byte[] Seed, byte At, byte Shift)>(input =>
    {
        // A block remembered with other indentation and without blanks at ends of lines.
        var lines = input.Seed.Take(12).Select((b, i) => $"{new string(' ', 4 * (1 + (b % 4)))}call{i}(“{b}”);{new string(' ', b % 3)}").Append("    last();").ToArray();
        var at = input.At % lines.Length;
        var shift = input.Shift % 9 - 4;
        string Remembered(string line) => (shift >= 0 ? new string(' ', shift) + line : line[-shift..]).TrimEnd().Replace('“', '"').Replace('”', '"');
        var old = string.Concat(lines.Select(l => Remembered(l) + "\n"));
        var fresh = string.Concat(lines.Select((l, i) => Remembered(i == at ? l.Replace("(", "2(", StringComparison.Ordinal) : l) + "\n"));
        var file = TextFile.Decode(Encoding.UTF8.GetBytes("begin\r\n" + string.Concat(lines.Select(l => l + "\r\n")))).ShouldNotBeNull();
        var match = EditLadder.Apply("f.cs", file.Segments, old, fresh, CancellationToken.None);
        var wanted = "begin\r\n" + string.Concat(lines.Select((l, i) => (i == at ? l.Replace("(", "2(", StringComparison.Ordinal) : l) + "\r\n"));
        Encoding.UTF8.GetString(file.Replace(match.First, match.Count, match.Lines).Encode()).ShouldBe(wanted);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("unlike")]
    [InlineData("alike but for the last line")]
    [InlineData("all lines the same")]
    [InlineData("one character over and over")]
    public void OldText_OfTwentyThousandLines_IsRefusedInTime(string kind)
    {
        var (file, old) = kind switch
        {
            "unlike" => (Numbered(20_000, "return value"), Numbered(20_000, "no such line")),
            "alike but for the last line" => (Numbered(20_000, "return value"), Numbered(20_000, "return value") + "and this\n"),
            "all lines the same" => (string.Concat(Enumerable.Repeat("    }\n", 60_000)), string.Concat(Enumerable.Repeat("   }\n", 20_000)) + "x\n"),
            _ => (new string('a', 400_000), new string('a', 200_000) + "b"),
        };
        var segments = TextFile.Split(file).Lines;
        // Linear in both texts, it takes some tenths of a second; comparing each line with each took eight minutes.
        var clock = Stopwatch.StartNew();
        Should.Throw<WorkspacePathException>(() => EditLadder.Apply("f.cs", segments, old, "x\n", CancellationToken.None)).Message.Length.ShouldBeLessThan(60_000);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(1));
    }

    private static string Numbered(int count, string text) => string.Concat(Enumerable.Range(0, count).Select(i => $"    {text} {i};\n"));

    private static (List<string> Lines, List<string> Breaks) Random(byte[] seed, bool final)
    {
        var lines = seed.Select(b => Words[b % Words.Length]).Append("end").ToList();
        // A line break after a lone CR must not make it a CRLF.
        var breaks = seed.Select((b, i) => Breaks[(b / 16) % 3]).Append(final ? "\n" : "").ToList();
        for (var i = 1; i < lines.Count; i++) if (breaks[i - 1] == "\r" && lines[i].Length == 0) lines[i] = "filled";
        return (lines, breaks);
    }

    private static string Joined(IReadOnlyList<string> lines, IReadOnlyList<string> breaks) => string.Concat(lines.Select((l, i) => l + breaks[i]));
}
