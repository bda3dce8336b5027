namespace CodingAgent.Mcp.Tests.Servers.Edits;

internal static partial class EditCases
{
    /// <summary>Blanks at ends of lines, blank lines, spacing.</summary>
    public static IReadOnlyList<EditCase> Blanks { get; } =
    [
        new("blanks at an end", "a\nb  \nc\n", "a\nb\nc\n", "a\nb\nd\n", "a\nb  \nd\n") { Says = "trailing spaces" },
        new("a tab at an end", "a\t\nb\n", "a\nb\n", "a\nx\nb\n", "a\t\nx\nb\n"),
        new("blanks at an end of old text only", "a\nb\n", "a  \nb\n", "a\nc\n", "a\nc\n"),
        new("a hard break of Markdown on a changed line stays", "one  \ntwo\n", "one\ntwo\n", "first one\ntwo\n", "first one  \ntwo\n") { Path = "file.md" },
        new("a hard break that the new text drops on purpose", "one  \ntwo\t\n", "one  \ntwo\n", "one\ntwo!\n", "one\ntwo!\t\n") { Path = "file.md" },
        new("a blank line with blanks", "a\n    \nb\n", "a\n\nb\n", "a\n\nc\n", "a\n    \nc\n"),
        new("a blank line too many before", "a\nb\n", "\nb\n", "\nc\n", "a\nc\n"),
        new("a blank line too many after", "a\nb\nc\n", "b\n\n", "x\n\n", "a\nx\nc\n"),
        new("blank lines too many around", "a\nb\nc\n", "\n\nb\n\n", "\nx\n", "a\nx\nc\n"),
        new("a blank line too many before, and other indentation", "    line1\n    line2\n    line3\n", "\n  line1\n  line2\n", "  new1\n  new2\n", "    new1\n    new2\n    line3\n"),
        new("blanks in place of the last line", "f(\n    a\n)\n", "f(\n    a\n)\n    ", "f(\n    b\n)\n    ", "f(\n    b\n)\n"),
        new("a blank line too few within", "a\n\nb\nc\n", "a\nb\n", "a\nx\n", "a\n\nx\nc\n") { Says = "blank lines" },
        new("a blank line too many within", "a1\nb1\nc1\n", "a1\n\nb1\n", "a1\n\nx1\n", "a1\nx1\nc1\n"),
        new("two blank lines for one", "class A:\n    x = 1\n\n\nclass B:\n    y = 2\n", "    x = 1\n\nclass B:\n", "    x = 1\n\nclass C:\n", "class A:\n    x = 1\n\n\nclass C:\n    y = 2\n") { Path = "file.py" },
        new("no final break where the old text has one", "a\nlast", "last\n", "end\n", "a\nend"),
        new("several lines to the end, no final break there", "a\nb\nlast", "b\nlast\n", "b\nmid\nend\n", "a\nb\nmid\nend"),
        new("the last line without break is deleted", "a\nlast", "last\n", "", "a\n"),
        new("runs of spaces", "a  =   b;\n", "a = b;", "a = c;", "a  =   c;\n"),
        new("aligned assignments keep their alignment", "int  a   = 1;\nint  bcd = 2;\n", "int a = 1;\nint bcd = 2;\n", "int a = 1;\nint bcd = 3;\n", "int  a   = 1;\nint  bcd = 3;\n"),
        new("a table of Markdown keeps its columns", "| a   | b |\n|-----|---|\n| one | 2 |\n", "| a | b |\n|-----|---|\n| one | 2 |\n", "| a | b |\n|-----|---|\n| one | 3 |\n", "| a   | b |\n|-----|---|\n| one | 3 |\n") { Path = "file.md" },
        new("spaces around operators", "for(i=0;i<n;i++){\n}\n", "for (i = 0; i < n; i++) {\n}\n", "for (i = 1; i < n; i++) {\n}\n", "for(i=1;i<n;i++){\n}\n") { Says = "spacing" },
        new("no spaces where the file has some", "x = call(a, b)\n", "x=call(a,b)\n", "x=call(a,b,c)\n", "x = call(a, b,c)\n") { Path = "file.py" },
        new("a part of a line with other spacing", "if (a  &&  b) go();\n", "(a && b)", "(a || b)", "if (a  ||  b) go();\n"),
        new("a tab within a line", "key\tvalue one\n", "key value one", "key value two", "key\tvalue two\n") { Path = "file.txt" },
        new("prose wrapped elsewhere", "# A\n\nOne two three four\nfive six seven.\n", "One two three\nfour five six seven.\n", "One two three\nfour five six eight.\n", "# A\n\nOne two three\nfour five six eight.\n") { Path = "file.md", Says = "line breaks" },
        new("prose of one line in old text, several in the file", "One two three four\nfive six seven.\nNext.\n", "three four five six seven.", "three.", "One two three.\nNext.\n") { Path = "file.md" },
        new("a call over two lines", "    var x = Call(first,\n        second, third);\n    go();\n", "    var x = Call(first, second, third);\n", "    var x = Call(first, second);\n", "    var x = Call(first, second);\n    go();\n"),
        EditCase.Refused("a call over two lines, twice", "Call(first,\n  second, third);\nCall(first, second,\n  third);\n", "Call(first, second, third);\n", "x\n", "at lines 1, 3"),
        EditCase.Refused("code broken elsewhere, and new lines", "f() { alpha(); beta();\n gamma(); }\n", "f() {\n alpha();\n beta();\n gamma(); }\n", "f() {\n alpha();\n }\n", "not in file.cs"),
        new("form feeds are no blanks", "a\n\f\nb  \n", "a\n\f\nb\n", "a\n\f\nc\n", "a\n\f\nc  \n"),
        EditCase.Refused("blanks at an end in two places", "a \nx\na  \n", "a\t\n", "b\n", "found 2 times"),
        EditCase.Refused("only blanks differ", "a  \nb\n", "a\nb\n", "a \nb\n", "leaves file.cs as it is"),
        EditCase.Refused("blanks as old text", "a\n", "  \n", "b", "old_text is empty"),
    ];
}
