using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using CodingAgent.BotHost.Tests.Api;
using CodingAgent.Forges;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Tasks;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.BotHost.Tests.Pages;

/// <summary>Diffs with the colours of their languages, by their page.</summary>
public sealed partial class SyntaxColoursTests : IAsyncLifetime
{
    private const int Pull = 40;

    private static readonly TaskId Issue40 = TaskId.ForIssue(ApiHost.Repo, 40);

    private ApiHost _host = null!;
    private PageClient _client = null!;

    // A page's time is not over, however busy the machine.
    public Task InitializeAsync() => StartAsync(new FakeTimeProvider(ApiHost.Now));

    private async Task StartAsync(TimeProvider time)
    {
        _host = await ApiHost.StartAsync(time: time);
        await _host.ProjectAsync(Issue40, TaskState.AwaitingReview, Pull);
        _host.Forge.OpenPull(Pull, "agent/40", new string('b', 40));
        _client = await PageClient.SignedInAsync(_host);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData("a.cs", "+public class A { } // why", "k:public", "c:// why")]
    [InlineData("a.py", "+import os", "k:import")]
    [InlineData("a.GO", "+func main() { x := \"y\" }", "k:func", "s:\"y\"")]
    [InlineData("a.rs", "+let a = 12;", "k:let", "n:12")]
    [InlineData("deep/Dockerfile", "+FROM debian", "k:FROM")]
    [InlineData("a.yml", "+on: push # now", "k:on", "c:# now")]
    [InlineData("Cargo.toml", "+a = 1 # one", "c:# one")]
    public async Task Line_OfAKnownLanguage_HasItsColours(string path, string line, params string[] pieces)
    {
        var page = await ShowAsync(path, $"@@ -0,0 +1,1 @@\n{line}");
        foreach (var piece in pieces)
            page.ShouldContain($"<span class=\"syntax-{piece[..1]}\">{HtmlEncoder.Default.Encode(piece[2..])}</span>");
    }

    [Fact]
    public async Task Text_ThatGoesOverLines_IsReadAsItWasAndAsItIs()
    {
        // Before, the quotes closed; now what follows is inside.
        var page = await ShowAsync("a.py", "@@ -1,3 +1,3 @@\n a = 1\n-b = \"\"\"one\"\"\"\n+b = \"\"\"two\n if\n-while\n@@ -90,1 +90,1 @@\n for");
        page.ShouldContain("<span class=\"syntax-s\">if</span>");
        page.ShouldContain("<span class=\"syntax-k\">while</span>");
        page.ShouldContain("<span class=\"syntax-k\">for</span>");
    }

    [Theory]
    [InlineData("a.kt")]
    [InlineData("README")]
    [InlineData(".gitignore.unknown")]
    [InlineData("no/name/")]
    public async Task Line_OfAnUnknownLanguage_IsShownWithoutColours(string path)
    {
        var page = await ShowAsync(path, "@@ -0,0 +1,1 @@\n+fun main() = 12");
        page.ShouldContain("fun main() = 12");
        page.ShouldNotContain("syntax-");
    }

    [Fact]
    public async Task Lines_MadeToBeSlow_AreAllShown_AndColoursEnd()
    {
        // With the clock of the machine, not that of the others, which stands.
        await DisposeAsync();
        await StartAsync(TimeProvider.System);
        // Nested for ever, each as long as lines are coloured at all: grammars take the longer the deeper it goes.
        var lines = Enumerable.Range(0, 2_000).Select(i => $"+{i} {new string('(', 180)}{new string('a', 180)}").ToList();
        var page = await ShowAsync("a.js", $"@@ -0,0 +1,2001 @@\n{string.Join('\n', lines)}\n+{new string('[', 50_000)}");
        page.ShouldContain($"{new string('(', 180)}{new string('a', 180)}");
        page.ShouldContain(new string('[', 50_000));
        // The time of a page was over before its lines were.
        page[page.IndexOf("1999 ((", StringComparison.Ordinal)..].ShouldNotContain("syntax-");
    }

    [Fact]
    public async Task Line_OfAnyText_IsShownWhole()
    {
        var odd = Gen.Elements("/*", "*/", "\"\"\"", "`${", "<script>", "</td>", "&amp;", "\u202e", "\t", "{{{", "\\", "𝒳", "'", "#", " ", "<?php", "x = 1");
        var any = ArbMap.Default.GeneratorFor<NonNull<string>>().Select(t => t.Get.ReplaceLineEndings(" "));
        var line = Gen.OneOf(any, odd.ListOf().Select(string.Concat));
        foreach (var (lines, path) in line.ListOf().Zip(Gen.Elements("a.cs", "a.py", "a.md", "a.ts", "a.php", "a.rb", "a.sh", "a.xml", "a.html")).Sample(20, 60))
        {
            var page = await ShowAsync(path, string.Join('\n', lines.Select(l => "+" + l).Prepend("@@ -0,0 +1,9 @@")));
            var shown = Code().Matches(page).Select(m => WebUtility.HtmlDecode(Tag().Replace(m.Groups["code"].Value, ""))).Skip(1);
            // Half a character is none in HTML.
            shown.ShouldBe(lines.Select(l => "+" + Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(Invisible.Shown(l)))), $"{path}: {string.Join('⏎', lines)}");
        }
    }

    private async Task<string> ShowAsync(string path, string patch)
    {
        _host.Forge.Changes[Pull] = [new PullRequestFile(path, FileChange.Modified, patch)];
        return (await _client.GetAsync($"/ui/changes/{Issue40}")).Markup;
    }

    [GeneratedRegex("<td class=\"code\">(?<code>.*?)</td>", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Code();

    [GeneratedRegex("<[^>]*>", RegexOptions.ExplicitCapture)]
    private static partial Regex Tag();
}
