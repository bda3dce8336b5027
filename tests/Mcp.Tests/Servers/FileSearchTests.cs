using System.Text;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class FileSearchTests
{
    [Fact]
    public async Task SearchText_FindsMatchesInAnyEncoding()
    {
        await using var f = await ToolsFixture.CreateAsync();
        f.WriteBytes("latin.c", Encoding.Latin1.GetBytes("// Größe\r\n"));
        f.WriteBytes("wide.txt", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("die Größe\n")]);
        f.WriteBytes("utf8.txt", "Größe\n"u8.ToArray());
        f.WriteBytes("feed.txt", "a\fb Größe\u2028c\n"u8.ToArray());
        (await f.CallAsync("search_text", new { pattern = "Größe" })).ShouldBe(
            "4 matches in 4 files\nfeed.txt:1: a\fb Größe\u2028c\nlatin.c:1: // Größe\nutf8.txt:1: Größe\nwide.txt:1: die Größe\n");
        (await f.CallAsync("search_text", new { pattern = "Größe$", glob = "*.{c,txt}" })).ShouldStartWith("3 matches");
    }

    // Files are read as bytes first where the pattern names what every match holds; in parentheses it does not. Both find the same.
    [Fact]
    public async Task SearchText_ByBytesOrByText_FindsTheSame()
    {
        await using var f = await ToolsFixture.CreateAsync();
        var random = new Random(20261201);
        string[] parts = ["needle", "needl", "hay ", "\n", "\r\n", "\r", "é", "ß", "\u2028", "\f", "\t", "needleneedle", "😀", "\u00a0"];
        string[] heads = ["", "", "", "\uFEFF", "# -*- coding: latin-1 -*-\n", "# coding: utf-8\n", "<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n"];
        Encoding[] encodings = [new UTF8Encoding(false), new UTF8Encoding(false), new UTF8Encoding(false), Encoding.Latin1, Encoding.Unicode, Encoding.BigEndianUnicode];
        for (var i = 0; i < 400; i++)
        {
            var text = heads[random.Next(heads.Length)] + string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => parts[random.Next(parts.Length)]));
            byte[] bytes = encodings[random.Next(encodings.Length)].GetBytes(text);
            f.WriteBytes($"f{i:000}.txt", random.Next(20) == 0 ? [.. bytes, 0xff, 0x00, .. "needle"u8] : bytes);
        }

        foreach (var glob in new[] { "f0*", "f1*", "f2*", "f3*" })
        {
            var byText = await f.CallAsync("search_text", new { pattern = "(needle)", glob });
            byText.ShouldContain(" matches in ");
            (await f.CallAsync("search_text", new { pattern = "needle", glob })).ShouldBe(byText);
            (await f.CallAsync("search_text", new { pattern = "needle$", glob })).ShouldBe(await f.CallAsync("search_text", new { pattern = "(needle)$", glob }));
        }
    }

    [Fact]
    public async Task SearchText_SaysWhatItPassedOver()
    {
        await using var f = await ToolsFixture.CreateAsync();
        for (var i = 0; i < 5; i++) f.WriteBytes($"image{i}.png", [1, 0, 2]);
        f.WriteBytes("big.log", new byte[(8 << 20) + 1]);
        f.WriteBytes("middle.log", [.. Encoding.ASCII.GetBytes(new string('a', 3 << 20)), .. "\nneedle\n"u8]);
        (await f.CallAsync("search_text", new { pattern = "needle" })).ShouldBe(
            "1 matches in 1 files\nmiddle.log:2: needle\n[not searched: 5 binary (image0.png, image1.png, image2.png and 2 more), 1 above 8 MiB (big.log)]\n");
        (await f.CallAsync("search_text", new { pattern = "needle", glob = "*.txt" })).ShouldBe("No matches.");
    }

    [Fact]
    public async Task SearchText_InALongLine_ShowsThePlace()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("a.min.js", new string('x', 5000) + "needle" + new string('y', 5000)));
        var text = await f.CallAsync("search_text", new { pattern = "needle" });
        text.Length.ShouldBeLessThan(300);
        text.ShouldContain("a.min.js:1: …" + new string('x', 60) + "needley");
    }

    [Fact]
    public async Task Globs_OfNextJs_FindTheirFiles()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("src/app/[id]/page.tsx", "export\n"), ("src/app/[...slug]/page.ts", "export\n"), ("src/app/(auth)/[[...sign-in]]/page.tsx", "export\n"), ("src/lib.js", "export\n"));
        (await f.CallAsync("list_files", new { glob = "src/**/*.{ts,tsx}" })).ShouldBe("src/app/(auth)/[[...sign-in]]/page.tsx\nsrc/app/[...slug]/page.ts\nsrc/app/[id]/page.tsx\n");
        (await f.CallAsync("list_files", new { glob = "src/app/[id]/*.tsx" })).ShouldBe("src/app/[id]/page.tsx\n");
        (await f.CallAsync("list_files", new { path = "src/app/[id]" })).ShouldBe("src/app/[id]/page.tsx\n");
        (await f.CallAsync("search_text", new { pattern = "export", glob = "src/app/(auth)/[[...sign-in]]/**" })).ShouldBe("1 matches in 1 files\nsrc/app/(auth)/[[...sign-in]]/page.tsx:1: export\n");
    }

    [Fact]
    public async Task Globs_AsPeopleWriteThem_AreUnderstood()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("src/a.ts", "x\n"), ("src/deep/b.tsx", "x\n"), ("c.js", "x\n"), ("d,e.js", "x\n"));
        (await f.CallAsync("list_files", new { glob = "*.ts,*.tsx" })).ShouldBe("src/a.ts\nsrc/deep/b.tsx\n");
        (await f.CallAsync("list_files", new { glob = "d,e.js" })).ShouldBe("d,e.js\n");
        (await f.CallAsync("list_files", new { glob = "b.*" })).ShouldBe("src/deep/b.tsx\n");
        (await f.CallAsync("list_files", new { path = "src", glob = "deep/*" })).ShouldBe("src/deep/b.tsx\n");
        (await f.CallAsync("list_files", new { path = "src", glob = "src/*.ts" })).ShouldBe("src/a.ts\n");
        (await f.CallAsync("list_files", new { glob = "src\\**\\*.tsx" })).ShouldBe("src/deep/b.tsx\n");
        (await f.CallAsync("list_files", new { glob = "./src/" })).ShouldBe("src/a.ts\nsrc/deep/b.tsx\n");
        (await f.CallAsync("search_text", new { pattern = "x", glob = "gone/**" })).ShouldBe("No matches.");
        (await f.ErrorAsync("list_files", new { glob = "!*.ts" })).ShouldContain("a pattern cannot exclude");
        (await f.ErrorAsync("search_text", new { pattern = "x", glob = "src/**,!*.ts" })).ShouldContain("a pattern cannot exclude");
    }

    [Fact]
    public async Task BuildOutput_IsNamed_AndFoundWhenAskedFor()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("bin/tool.rb", "hit\n"), ("app/a.cs", "hit\n"));
        f.WriteFile("app/obj/a.json", "hit\n");
        f.WriteFile("app/bin/Debug/a.json", "hit\n");
        f.WriteFile("node_modules/left-pad/index.js", "hit\n");
        f.WriteFile("target/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
        f.WriteFile("target/a.rs", "hit\n");
        f.WriteFile("build/own.sh", "hit\n");
        (await f.CallAsync("list_files", new { })).ShouldBe(
            "app/a.cs\nbin/tool.rb\nbuild/own.sh\n[build output left out: app/bin, app/obj, node_modules and 1 more; name a folder as path to see it]\n");
        (await f.CallAsync("list_files", new { path = "node_modules" })).ShouldBe("node_modules/left-pad/index.js\n");
        (await f.CallAsync("search_text", new { pattern = "hit", glob = "node_modules/left-pad/**" })).ShouldBe("1 matches in 1 files\nnode_modules/left-pad/index.js:1: hit\n");
        (await f.CallAsync("search_text", new { pattern = "hit", glob = "app/**" })).ShouldBe("1 matches in 1 files\napp/a.cs:1: hit\n[build output not searched: app/bin, app/obj; name its folder in the glob to search it]\n");
    }

    [Fact]
    public async Task FilesBelowMoreFoldersThanAreLookedInto_AreSaidToBeLeftOut_AndFoundFromNearer()
    {
        var deep = string.Join('/', Enumerable.Repeat("d", 140));
        await using var f = await ToolsFixture.CreateAsync(null, ("a.txt", "x\n"), ($"{deep}/b.txt", "x\n"));
        (await f.CallAsync("list_files", new { })).ShouldContain("[left out: what lies below 1 folders 128 deep; name one as path]");
        (await f.CallAsync("search_text", new { pattern = "x" })).ShouldContain("[not searched: what lies below 1 folders 128 deep");
        (await f.CallAsync("list_files", new { path = string.Join('/', Enumerable.Repeat("d", 100)) })).ShouldContain($"{deep}/b.txt");
    }
}
