namespace CodingAgent.Mcp.Tests.Servers.Edits;

internal static partial class EditCases
{
    /// <summary>Text that comes with what does not belong to it: numbers, fences, signs.</summary>
    public static IReadOnlyList<EditCase> Dress { get; } =
    [
        new("line numbers of read_file in both", "a\nb\nc\n", "     1\ta\n     2\tb\n", "     1\ta\n     2\tx\n", "a\nx\nc\n") { Says = "line numbers" },
        new("line numbers in the old text only", "a\nb\nc\n", "     2\tb\n", "x\n", "a\nx\nc\n"),
        new("line numbers and indentation", "f() {\n    go();\n}\n", "     2\t    go();\n     3\t}\n", "     2\t    stop();\n     3\t}\n", "f() {\n    stop();\n}\n"),
        new("line numbers with bars", "a\nb\nc\n", "2 | b\n3 | c\n", "2 | x\n3 | c\n", "a\nx\nc\n"),
        new("line numbers with bars and indentation", "a\n  b\n", "1 | a\n2 |   b\n", "1 | a\n2 |   x\n", "a\n  x\n"),
        new("line numbers with arrows", "a\nb\n", "     1→a\n     2→b\n", "     1→a\n     2→x\n", "a\nx\n"),
        new("line numbers with colons", "a\nb\n", "1: a\n2: b\n", "1: a\n2: x\n", "a\nx\n"),
        new("line numbers and a blank line", "a\n\nb\n", "     1\ta\n     2\t\n     3\tb\n", "     1\ta\n     2\t\n     3\tx\n", "a\n\nx\n"),
        new("line numbers, new lines without", "a\nb\n", "     1\ta\n     2\tb\n", "     1\ta\nnew\n     2\tb\n", "a\nnew\nb\n"),
        new("line numbers tell which of two places", "x\nsame\ny\nsame\n", "     4\tsame\n", "     4\tother\n", "x\nsame\ny\nother\n"),
        new("line numbers in the new text only", "a\nb\n", "b\n", "     2\tx\n     3\ty\n", "a\nx\ny\n") { Says = "line numbers" },
        new("an answer of read_file as a whole", "a\nb\nc\n", "file.cs (lines 1-2 of 3)\n     1\ta\n     2\tb\n[1 more lines; continue with start_line 3]\n", "     1\ta\n     2\tx\n", "a\nx\nc\n"),
        new("a match of search_text", "f() {\n    go(1);\n}\n", "file.cs:2:     go(1);", "file.cs:2:     stop(1);", "f() {\n    stop(1);\n}\n"),
        new("a match of search_text, new text without its place", "f() {\n    go(1);\n}\n", "file.cs:2:     go(1);", "    stop(1);", "f() {\n    stop(1);\n}\n"),
        new("fences around both", "a\nb\n", "```\nb\n```", "```\nx\n```", "a\nx\n") { Says = "code fences" },
        new("fences with a language", "a\nb\n", "```csharp\nb\n```\n", "```csharp\nx\ny\n```\n", "a\nx\ny\n"),
        new("a fence around the old text only", "a\nb\n", "```\nb\n```", "x", "a\nx\n"),
        new("a fence around the new text only", "a\nb\n", "b", "```cs\nx\n```", "a\nx\n"),
        new("tildes as fences", "a\nb\n", "~~~\nb\n~~~", "~~~\nx\n~~~", "a\nx\n"),
        new("fences and line numbers", "a\nb\n", "```\n     1\ta\n     2\tb\n```", "```\n     1\ta\n     2\tx\n```", "a\nx\n"),
        new("signs of a diff in both", "aa\nbb\ncc\n", "-bb", "+xx", "aa\nxx\ncc\n") { Says = "the signs of a diff" },
        new("signs of a diff with context", "aa\nbb\ncc\n", " aa\n-bb\n cc\n", " aa\n+xx\n cc\n", "aa\nxx\ncc\n"),
        new("signs of a diff, indented code", "f() {\n    go();\n}\n", "-    go();\n", "+    stop();\n+    halt();\n", "f() {\n    stop();\n    halt();\n}\n"),
        new("signs of a diff, deletion", "aa\nbb\ncc\n", " aa\n-bb\n", " aa\n", "aa\ncc\n"),
        new("the new text is a diff of the old one", "aa\nbb\ncc\n", "aa\nbb\n", " aa\n-bb\n+xx\n", "aa\nxx\ncc\n") { Says = "the signs of a diff" },
        new("the new text is a diff with only additions", "aa\nbb\n", "aa\nbb", " aa\n+new\n bb", "aa\nnew\nbb\n"),
        new("the new text is a diff with a heading", "aa\nbb\n", "aa\nbb\n", "@@ -1,2 +1,2 @@\n aa\n-bb\n+xx\n", "aa\nxx\n"),
        new("the new text is a diff that only removes", "aa\nbb\ncc\n", "aa\nbb\n", " aa\n-bb\n", "aa\ncc\n"),
        new("one line and its diff", "aa\nbb\n", "bb", "-bb\n+xx", "aa\nxx\n"),
    ];

    /// <summary>Text that was escaped once too often.</summary>
    public static IReadOnlyList<EditCase> Escapes { get; } =
    [
        new("HTML escapes in both", "if (a < b && c > d) go();\n", "if (a &lt; b &amp;&amp; c &gt; d) go();", "if (a &lt;= b &amp;&amp; c &gt; d) go();", "if (a <= b && c > d) go();\n") { Says = "HTML escapes" },
        new("HTML escapes over lines", "List<int> a;\nb\n", "List&lt;int&gt; a;\nb\n", "List&lt;int&gt; a;\nc\n", "List<int> a;\nc\n"),
        new("HTML escapes and indentation", "    List<int> a;\n    b\n", "List&lt;int&gt; a;\nb\n", "List&lt;long&gt; a;\nb\n", "    List<long> a;\n    b\n"),
        new("an escaped quote of HTML", "say(\"a\");\n", "say(&quot;a&quot;);", "say(&quot;b&quot;);", "say(\"b\");\n"),
        new("an escaped escape of HTML", "a < \"&lt;\"\n", "a &lt; \"&amp;lt;\"", "a &lt; \"&amp;gt;\"", "a < \"&gt;\"\n"),
        new("breaks written out in both", "a\nb\nc\n", "a\\nb\\n", "a\\nx\\n", "a\nx\nc\n") { Says = "written out" },
        new("breaks and tabs written out", "f:\n\tgo\n", "f:\\n\\tgo", "f:\\n\\tstop", "f:\n\tstop\n"),
        new("breaks written out in the old text only", "a\nb\nc\n", "a\\nb", "x\ny", "x\ny\nc\n"),
        new("quotes with backslashes", "say(\"a\");\nb\n", "say(\\\"a\\\");\nb\n", "say(\\\"c\\\");\nb\n", "say(\"c\");\nb\n") { Says = "backslashes before quotes" },
        new("quotes with backslashes, a literal break stays", "say(\"a\\n\");\n", "say(\\\"a\\n\\\");", "say(\\\"b\\n\\\");", "say(\"b\\n\");\n"),
        new("backticks with backslashes", "x = `a${b}`;\n", "x = \\`a\\${b}\\`;", "x = \\`c\\${b}\\`;", "x = `c${b}`;\n") { Path = "file.js" },
        new("everything escaped as in JSON", "s = \"a\\n\";\nt\n", "s = \\\"a\\\\n\\\";\\nt", "s = \\\"b\\\\n\\\";\\nt", "s = \"b\\n\";\nt\n"),
        new("characters by number", "say(“a”)\n", "say(\\u201ca\\u201d)", "say(\\u201cb\\u201d)", "say(“b”)\n"),
        EditCase.Refused("a break between quotes could be either", "a\nb\n", "a\\nb", "print('x\\n')\\nb", "between quotes") with { Path = "file.py" },
    ];

    /// <summary>What cannot be understood is refused in words.</summary>
    public static IReadOnlyList<EditCase> Refusals { get; } =
    [
        EditCase.Refused("found twice", "int a = 1;\nint b = 2;\nint a = 1;\n", "int a = 1;", "x", "found 2 times in file.cs, at lines 1, 3"),
        EditCase.Refused("found twice on one line", "aXbXc\n", "X", "Y", "at lines 1, 1"),
        EditCase.Refused("overlapping twice", "aaa\n", "aa", "b", "found 2 times"),
        EditCase.Refused("not there, a near line", "int a = 1;\nint b = 2;\nreturn a + b;\n", "int b = 2;\nreturn a - b;", "x", "nearest place is:\n     1\tint a = 1;\n     2\tint b = 2;"),
        EditCase.Refused("not there, one word other", "var total = Count(items);\n", "var total = Count(things);", "x", "nearest place is:\n     1\tvar total"),
        EditCase.Refused("not there at all", "a\nb\n", "completely different", "x", "No line resembles it"),
        EditCase.Refused("old and new the same", "a\n", "a", "a", "the same"),
        EditCase.Refused("old text empty", "a\n", "", "x", "old_text is empty"),
        EditCase.Refused("made already", "alpha\nvar total = 2;\nomega\n", "var total = 1;", "var total = 2;", "at line 2: the edit seems to have been made already"),
        EditCase.Refused("lines left out in the old text", "f() {\n    a();\n    b();\n    c();\n}\n", "f() {\n    ...\n    c();\n}", "x", "leaves lines out ('...' in its line 2)"),
        EditCase.Refused("lines left out by a comment", "f() {\n    a();\n    c();\n}\n", "f() {\n    // ... existing code ...\n    c();\n}", "x", "leaves lines out"),
        EditCase.Refused("lines left out in the new text", "f() {\n    a();\n    b();\n}\n", "    a();\n    b();\n", "    // ... existing code ...\n    c();\n", "'// ... existing code ...' in the place of lines"),
        EditCase.Refused("lines left out in the new text by another comment", "f() {\n    a();\n    b();\n}\n", "    a();\n    b();\n", "    // rest of the code...\n", "which would be lost"),
        EditCase.Refused("lines left out in Python", "def f():\n    a()\n    b()\n", "    a()\n    b()\n", "    # ... rest of the function unchanged ...\n    c()\n", "which would be lost") with { Path = "file.py" },
        EditCase.Refused("bare dots in the new text", "f() {\n    a();\n    b();\n}\n", "f() {\n    a();\n    b();\n}\n", "f() {\n    ...\n    c();\n}\n", "which would be lost"),
        EditCase.Refused("two lines of a longer block", "a1\nb1\nx1\nc1\n", "a1\nb1\nc1\n", "z", "nearest place is:\n     1\ta1"),
        EditCase.Refused("the lines in another order", "a1\nb1\n", "b1\na1\n", "z", "not in file.cs"),
        EditCase.Refused("other case", "Total\n", "total", "x", "not in file.cs"),
        EditCase.Refused("too little without its spaces", "f ( x )\n", "f(x)", "g", "not in file.cs"),
        EditCase.Refused("numbers that do not follow each other are no line numbers", "a\nb\n", "1: a\n5: b\n", "x", "not in file.cs"),
        EditCase.Refused("a NUL", "a\n", "a", "b\0c", "NUL"),
    ];
}
