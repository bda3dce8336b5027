namespace CodingAgent.Peers.Dotnet;

/// <summary>What somebody could write to have an effect of their own in a comment, title or commit of ours, by kind.</summary>
internal static class HostileTexts
{
    private const string Sha = "0123456789abcdef0123456789abcdef01234567";

    public static IReadOnlyList<(string Kind, string Text)> All { get; } =
    [
        ("mention", "ask @ann"), ("mention of a team", "ask @acme/security now"), ("mention of all", "@everyone"), ("mention in brackets", "(@ann)"), ("mention after a letter", "x@ann"), ("mention of a group", "@acme/sub/group"),
        ("mention, two at", "@@ann"), ("mention in code", "`@ann`"), ("mention with bold", "**@ann**"), ("mention hidden by a joiner", "@\u200Bann"),
        ("issue", "#12"), ("issue of another repository", "o/r#12"), ("issue of a fork", "ann#12"), ("issue with letters", "GH-12"), ("issue with small letters", "see gh-12."), ("issue in bold", "**#12**"), ("issue behind a joiner", "#\u200D12"),
        ("commit", Sha), ("short commit", "in abc1234."), ("commit of another repository", $"o/r@{Sha}"), ("commit of a fork", $"ann@{Sha}"), ("range of commits", $"{Sha}...{Sha[..38]}99"), ("commit of digits", "1234567"), ("commit in capitals", "ABC1234F"), ("commit in code", "`abc1234`"),
        ("commit in a word with dashes", "550e8400-e29b-41d4-a716-446655440000"), ("commit of letters", "fabacead"),
        ("web address", "https://evil.example/x"), ("plain web address", "http://evil.example"), ("file server", "ftp://evil.example"), ("host", "www.evil.example"), ("host in capitals", "WWW.EVIL.EXAMPLE"), ("host in a bracket", "(www.evil.example)"), ("host in stars", "*www.evil.example*"), ("host in tildes", "~www.evil.example~"),
        ("host after a line", "_www.evil.example_"), ("mail address", "a@evil.example"), ("mail", "mailto:a@evil.example"), ("chat", "xmpp:a@evil.example/x"), ("address of an issue", "https://github.com/o/r/issues/9"), ("address of a commit", $"https://github.com/o/r/commit/{Sha}"),
        ("address in angles", "<https://evil.example>"), ("mail in angles", "<a@evil.example>"), ("address with a joiner", "https:\u200B//evil.example"),
        ("link", "[x](https://evil.example)"), ("link to a script", "[x](javascript:alert(1))"), ("link by reference", "[x][y]\n\n[y]: https://evil.example"), ("short reference", "[x]\n\n[x]: /evil"), ("link with a title", "[x](/a \"t\")"),
        ("image", "![x](https://evil.example/x.png)"), ("image by reference", "![x][y]\n\n[y]: https://evil.example/x.png"), ("image in HTML", "<img src=https://evil.example/x.png onerror=alert(1)>"), ("image in a link", "[![x](a.png)](b)"),
        ("HTML", "<b>bold</b> <script>alert(1)</script>"), ("HTML comment", "a <!-- hidden --> b"), ("HTML block", "<div>\n\nx\n\n</div>"), ("open HTML comment", "<!-- open"), ("folded", "<details><summary>x</summary>\n\ny\n\n</details>"), ("declaration", "<!DOCTYPE x> <?x?> <![CDATA[x]]>"), ("entity", "&lt;b&gt; &#60;b&#62; &copy;"),
        ("end of our small print", "</sub></td></table>"), ("our marker", "<!-- coding-agent:status:x -->"),
        ("heading", "# Head"), ("heading by line", "Head\n==="), ("rule", "a\n\n---\n\nb"), ("rule of stars", "***"), ("list", "- a\n- b"), ("numbered list", "1. a\n2. b"), ("numbered list with brackets", "1) a"), ("plus list", "+ a"), ("star list", "* a"), ("task list", "[x] done"), ("task in a list", "- [ ] todo\n- [x] done"),
        ("quote", "> quoted\n> more"), ("alert", "[!WARNING]\nDo as I say"), ("alert in a quote", "> [!NOTE]\n> x"), ("table", "| a | b |\n|---|---|\n| c | d |"), ("cell", "a | b | c"), ("escaped cell", "a \\| b \\\\| c"),
        ("footnote", "x[^1]\n\n[^1]: evil"), ("definition", "[a]: https://evil.example \"t\""),
        ("bold", "**a** __b__ *c* _d_"), ("struck", "~~a~~ ~b~"), ("code", "`a` ``b``"), ("fence", "```\na\n```"), ("fence of tildes", "~~~\na\n~~~"), ("suggestion", "```suggestion\nrm -rf /\n```"), ("diagram", "```mermaid\ngraph TD; A-->B\n```"), ("map", "```geojson\n{}\n```"), ("long fence", "``````\na\n``````"), ("indented code", "    a\n\n    b"), ("tab", "\ta"),
        ("mathematics", "$x^2$ and $$y$$"), ("mathematics in code", "$`x`$"), ("block of mathematics", "$$\nx\n$$"),
        ("hard break", "a  \nb\\\nc"), ("backslashes", "\\@ann \\#12 \\[x\\](y)"), ("backslash at the end", "a\\"), ("emoji", ":+1: :shipit:"),
        ("hidden characters", "a\u200B\u202Eb\u2066c\uFEFF\U000E0041\u034F\u3164d"), ("controls", "a\0b\u0007c\rd\u001B[31me"), ("line separators", "a\u2028- b\u2029# c\u0085d"), ("stacked marks", "a" + new string('\u0301', 200)), ("half a character", "a\uD83C b\uDC00"), ("long word", new string('w', 3_000)), ("long emoji", string.Concat(Enumerable.Repeat("👩\u200D🚀", 400))),
        ("GitLab merge request", "!12"), ("GitLab reference", "acme/shop!12 acme/shop&12 acme&12 acme/shop$12 acme/shop%12"), ("GitLab epic", "&12"), ("GitLab snippet", "$12"), ("GitLab milestone", "%12 %\"v 1\" %v1"), ("GitLab label", "~bug ~\"needs review\" ~12"), ("GitLab kinds", "[issue:acme/shop/9] [vulnerability:1] [feature_flag:2] [work_item:3]"), ("GitLab iteration", "*iteration:9"), ("GitLab alert", "^alert#9"), ("GitLab expanded", "#12+ #12+s"),
        ("ticket", "PROJ-12"), ("closed ticket", "Fixes PROJ-12"), ("closing", "Fixes #12, closes o/r#3 and resolves https://github.com/o/r/issues/9"), ("quick action", "/merge"), ("quick actions", "/close\n/assign @ann\n/label ~bug"), ("bot", "@dependabot merge"), ("bot by line", "/lgtm cancel"),
        ("no CI", "[skip ci] [ci skip] [no ci] [skip actions] ***NO_CI*** [azurepipelines skip]"), ("trailers", "x\n\nskip-checks: true\nSigned-off-by: Ann <a@evil.example>\nBREAKING CHANGE: all"), ("override", "BEGIN_COMMIT_OVERRIDE\nfeat: x\nEND_COMMIT_OVERRIDE"),
        ("all at once", "@ann #1 www.a.b <b> **x** [y](z) ![i](j) | a | `c` $d$ ~e !9 [skip ci]\n# h\n- l\n1. n\n> q\n---\n```\nf\n```"),
    ];
}
