namespace CodingAgent.Mcp.Tests.Servers.Edits;

internal static partial class EditCases
{
    /// <summary>Characters that a model writes in another way: what is not changed keeps the file's own.</summary>
    public static IReadOnlyList<EditCase> Characters { get; } =
    [
        new("curly quotes on an untouched line", "say(“hello”)\nx = 1\n", "say(\"hello\")\nx = 1\n", "say(\"hello\")\nx = 2\n", "say(“hello”)\nx = 2\n") { Says = "typographic" },
        new("curly quotes on the changed line", "say(“hello”, 1)\n", "say(\"hello\", 1)", "say(\"hello\", 2)", "say(“hello”, 2)\n"),
        new("curly quotes around the changed word", "“old”\n", "\"old\"\n", "\"new\"\n", "“new”\n"),
        new("curly quotes are asked for, the file has straight ones", "say(\"hello\")\ny\n", "say(“hello”)\ny\n", "say(“hello”)\nz\n", "say(\"hello\")\nz\n"),
        new("a curly apostrophe", "It’s here.\nOld.\n", "It's here.\nOld.\n", "It's here.\nNew.\n", "It’s here.\nNew.\n") { Path = "file.md" },
        new("a part of a line with curly quotes", "print(“a”, x)\n", "print(\"a\"", "log(\"a\"", "log(“a”, x)\n"),
        new("a dash", "1 – 2\nx\n", "1 - 2\nx\n", "1 - 2\ny\n", "1 – 2\ny\n"),
        new("a long dash on the changed line", "a — b and c\n", "a - b and c\n", "a - b and d\n", "a — b and d\n"),
        new("a minus sign", "x = −1\ny\n", "x = -1\ny\n", "x = -1\nz\n", "x = −1\nz\n"),
        new("a no-break space", "10\u00a0km\nx\n", "10 km\nx\n", "10 km\ny\n", "10\u00a0km\ny\n"),
        new("a no-break space on the changed line", "10\u00a0km far\n", "10 km far\n", "10 km near\n", "10\u00a0km near\n"),
        new("a narrow no-break space", "1\u202f000\nx\n", "1 000\nx\n", "1 000\ny\n", "1\u202f000\ny\n"),
        new("an ideographic space", "a\u3000b\nx\n", "a b\nx\n", "a b\ny\n", "a\u3000b\ny\n"),
        new("an ellipsis", "wait…\nx\n", "wait...\nx\n", "wait...\ny\n", "wait…\ny\n") { Path = "file.md" },
        new("an ellipsis on the changed line", "wait… now\n", "wait... now\n", "wait... then\n", "wait… then\n") { Path = "file.md" },
        new("a change within an ellipsis", "wait…\n", "wait...\n", "wait.. x\n", "wait.. x\n") { Path = "file.md" },
        new("a zero-width space", "a\u200bb\nx\n", "ab\nx\n", "ab\ny\n", "a\u200bb\ny\n"),
        new("a soft hyphen", "hy\u00adphen\nx\n", "hyphen\nx\n", "hyphen\ny\n", "hy\u00adphen\ny\n"),
        new("a mark of order within the file", "a\n\ufeffb\nc\n", "b\nc\n", "b\nd\n", "a\n\ufeffb\nd\n"),
        new("full-width brackets", "调用（a）\nx\n", "调用(a)\nx\n", "调用(a)\ny\n", "调用（a）\ny\n") { Path = "file.md" },
        new("a directional mark", "a\u200e(b)\nx\n", "a(b)\nx\n", "a(b)\ny\n", "a\u200e(b)\ny\n"),
        new("quotes and indentation at once", "    say(“a”);\n    go();\n", "say(\"a\");\ngo();\n", "say(\"a\");\nstop();\ngo();\n", "    say(“a”);\n    stop();\n    go();\n"),
        new("new lines among curly quotes come as written", "“a”\n“b”\n", "\"a\"\n\"b\"\n", "\"a\"\n\"n\"\n\"b\"\n", "“a”\n\"n\"\n“b”\n"),
        new("a line with curly quotes is deleted", "“a”\nb\nc\n", "\"a\"\nb\n", "b\n", "b\nc\n"),
        EditCase.Refused("two lines that differ in their quotes only", "“a”\n\"b\"\n‘c’\n“c”\n“c” \n", "\"c\"\n", "d", "found 2 times"),
    ];

    /// <summary>Line breaks: each line keeps its own.</summary>
    public static IReadOnlyList<EditCase> LineEnds { get; } =
    [
        new("CRLF, one line", "one\r\ntwo\r\nthree\r\n", "two", "TWO", "one\r\nTWO\r\nthree\r\n"),
        new("CRLF, old text in LF", "one\r\ntwo\r\nthree\r\n", "one\ntwo\n", "one\nand\ntwo\n", "one\r\nand\r\ntwo\r\nthree\r\n"),
        new("CRLF, old text in CRLF", "one\r\ntwo\r\n", "one\r\ntwo\r\n", "one\r\nnew\r\ntwo\r\n", "one\r\nnew\r\ntwo\r\n"),
        new("LF, old and new text in CRLF", "one\ntwo\n", "one\r\ntwo\r\n", "one\r\nnew\r\ntwo\r\n", "one\nnew\ntwo\n"),
        new("mixed: other lines stay", "one\r\ntwo\r\nthree\nfour\r\nfive\r\n", "one", "ONE", "ONE\r\ntwo\r\nthree\nfour\r\nfive\r\n"),
        new("mixed: the LF line is changed", "one\r\ntwo\r\nthree\nfour\r\n", "three", "THREE", "one\r\ntwo\r\nTHREE\nfour\r\n"),
        new("mixed: lines are added to the LF line", "one\r\ntwo\r\nthree\nfour\r\n", "three\n", "three\nand\n", "one\r\ntwo\r\nthree\nand\nfour\r\n"),
        new("mixed: lines are added to a CRLF line", "one\r\nthree\nfour\n", "one\n", "one\ntwo\n", "one\r\ntwo\r\nthree\nfour\n"),
        new("mixed: a block is rewritten", "a\r\nb\nc\r\n", "a\nb\nc\n", "x\ny\nz\n", "x\r\ny\nz\r\n"),
        new("mixed: a line in the middle goes", "a\r\nb\nc\r\n", "b\n", "", "a\r\nc\r\n"),
        new("mixed: a line is put between", "a\r\nb\nc\r\n", "a\nb\nc\n", "a\nb\nnew\nc\n", "a\r\nb\nnew\nc\r\n"),
        new("mixed: twins, the second one goes", "x\r\nsame\nsame\r\ny\n", "same\ny\n", "y\n", "x\r\nsame\ny\n"),
        new("CR alone", "one\rtwo\rthree\r", "two", "TWO\nAND", "one\rTWO\rAND\rthree\r"),
        new("CR among LF", "one\ntwo\rthree\n", "three", "THREE", "one\ntwo\rTHREE\n"),
        new("CRLF without final break gets lines", "one\r\nlast", "last", "last\nmore", "one\r\nlast\r\nmore"),
        new("CRLF without final break gets one", "one\r\nlast", "last", "last\n", "one\r\nlast\r\n"),
        new("CRLF and tabs", "if (a) {\r\n\tgo();\r\n}\r\n", "    go();\n", "    go();\n    stop();\n", "if (a) {\r\n\tgo();\r\n\tstop();\r\n}\r\n"),
        new("CRLF and blanks at an end", "a  \r\nb\r\n", "a\nb\n", "a\nc\n", "a  \r\nc\r\n"),
        new("CRLF and a form feed", "a\r\n\f\r\nb\r\n", "a\n\f\nb\n", "a\n\f\nc\n", "a\r\n\f\r\nc\r\n"),
        new("LF and CR CR LF", "a\r\r\nb\n", "b", "c", "a\r\r\nc\n"),
        new("the whole of a CRLF file but one line", "a\r\nb\r\nc\r\n", "a\nb\nc\n", "c\n", "c\r\n"),
        EditCase.Refused("only line ends differ", "one\r\ntwo\r\n", "one\r\ntwo\r\n", "one\ntwo\n", "Line ends stay"),
    ];
}
