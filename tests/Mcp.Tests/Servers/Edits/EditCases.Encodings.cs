using System.Text;

namespace CodingAgent.Mcp.Tests.Servers.Edits;

internal static partial class EditCases
{
    private static readonly Encoding Latin1 = Encoding.Latin1;

    /// <summary>Files that are not plain UTF-8 are edited in their encoding.</summary>
    public static IReadOnlyList<EditCase> Encodings { get; } =
    [
        new("UTF-8 with its mark", "one\ntwo\n", "one", "ONE", "ONE\ntwo\n") { Encoding = new UTF8Encoding(true) },
        new("UTF-8 with its mark, old text begins with it", "one\ntwo\n", "\ufeffone", "\ufeffONE", "ONE\ntwo\n") { Encoding = new UTF8Encoding(true) },
        new("UTF-8 with its mark and CRLF", "é\r\ntwo\r\n", "two", "zwölf", "é\r\nzwölf\r\n") { Encoding = new UTF8Encoding(true) },
        new("UTF-16, little end first", "é\r\ntwo\r\n", "two", "😀 →", "é\r\n😀 →\r\n") { Encoding = Encoding.Unicode },
        new("UTF-16, big end first", "é\ntwo\n", "two", "€", "é\n€\n") { Encoding = Encoding.BigEndianUnicode },
        new("UTF-32", "é\ntwo\n", "two", "€", "é\n€\n") { Encoding = Encoding.UTF32 },
        new("UTF-16 without a mark", "hello world\ntwo\n", "two", "2", "hello world\n2\n") { Encoding = new UnicodeEncoding(false, false) },
        new("UTF-16 big end first without a mark", "hello world\ntwo\n", "two", "2", "hello world\n2\n") { Encoding = new UnicodeEncoding(true, false) },
        new("Latin-1, an ASCII line", "// café noir\nx = 1\n", "x = 1", "x = 2", "// café noir\nx = 2\n") { Encoding = Latin1 },
        new("Latin-1, the line with the accent", "// café noir\nx = 1\n", "// café noir", "// café crème", "// café crème\nx = 1\n") { Encoding = Latin1 },
        new("Latin-1, CRLF", "// Größe\r\nx = 1\r\n", "x = 1", "x = 2\ny = 'ä'", "// Größe\r\nx = 2\r\ny = 'ä'\r\n") { Encoding = Latin1 },
        new("Windows-1252 by its bytes", "say “hi” – café\nx\n", "x", "€", "say “hi” – café\n€\n") { Encoding = Page(1252) },
        new("Windows-1252, straight quotes in old text", "say “hi”\nx\n", "say \"hi\"\nx\n", "say \"hi\"\ny\n", "say “hi”\ny\n") { Encoding = Page(1252) },
        new("Latin-1 declared for Python", "# -*- coding: latin-1 -*-\nx = 1\n", "x = 1", "x = 'é'", "# -*- coding: latin-1 -*-\nx = 'é'\n") { Encoding = Latin1, Path = "file.py" },
        new("Latin-9 declared for Python", "#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\nx = 'é'\n", "'é'", "'é€'", "#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\nx = 'é€'\n") { Encoding = Page(28605), Path = "file.py" },
        new("Shift JIS declared", "# coding: shift_jis\n# 日本語の表\nx = 1\n", "x = 1", "x = '能'", "# coding: shift_jis\n# 日本語の表\nx = '能'\n") { Encoding = Page(932), Path = "file.py" },
        new("KOI8-R declared for Ruby", "# encoding: koi8-r\nx = 'привет'\n", "привет", "пока", "# encoding: koi8-r\nx = 'пока'\n") { Encoding = Page(20866), Path = "file.rb" },
        new("Windows-1251 declared in XML", "<?xml version=\"1.0\" encoding=\"windows-1251\"?>\n<a>привет</a>\n", "привет", "пока", "<?xml version=\"1.0\" encoding=\"windows-1251\"?>\n<a>пока</a>\n") { Encoding = Page(1251), Path = "file.xml" },
        new("Big5 declared in HTML", "<html><head><meta charset=\"big5\"></head>\n<p>中文功</p>\n", "<p>中文功</p>", "<p>中文</p>", "<html><head><meta charset=\"big5\"></head>\n<p>中文</p>\n") { Encoding = Page(950), Path = "file.html" },
        new("ISO-8859-1 declared in HTML the old way", "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-8859-1\">\nxyz\n", "xyz", "é", "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-8859-1\">\né\n") { Encoding = Latin1, Path = "file.html" },
        new("XML that calls itself UTF-16 and is not", "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<a/>\n", "<a/>", "<é/>", "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<é/>\n") { Path = "file.xml" },
        new("declared Latin-1, in fact UTF-8", "# coding: latin-1\nx = 'é'\n", "'é'", "'→'", "# coding: latin-1\nx = '→'\n") { Path = "file.py" },
        new("GBK by its bytes, an ASCII line", "// 中文注释在这里\nint a = 1;\n", "int a = 1;", "int a = 2;", "// 中文注释在这里\nint a = 2;\n") { Encoding = Page(936) },
        new("GBK by its bytes, a Chinese line", "// 中文注释在这里，说明用途\nint a = 1;\n", "说明用途", "说明如下", "// 中文注释在这里，说明如下\nint a = 1;\n") { Encoding = Page(936) },
        new("GBK with two characters only, an ASCII line", "import D:/设计-1.step\nx\n", "x", "y", "import D:/设计-1.step\ny\n") { Encoding = Page(936) },
        new("Big5 by its bytes, an ASCII line", "// 這是中文功能的說明\nint a = 1;\n", "a = 1", "a = 2", "// 這是中文功能的說明\nint a = 2;\n") { Encoding = Page(950) },
        new("Windows-1250, a line beside", "// příliš žluťoučký kůň\nint a = 1;\n", "a = 1", "a = 2", "// příliš žluťoučký kůň\nint a = 2;\n") { Encoding = Page(1250) },
        new("Mac Roman, an ASCII line", "// café “x”\rint a = 1;\r", "a = 1", "a = 2", "// café “x”\rint a = 2;\r") { Encoding = Page(10000) },
        new("Thai, an ASCII line", "# ทดสอบ\nint a = 1;\n", "a = 1", "a = 2", "# ทดสอบ\nint a = 2;\n") { Encoding = Page(874) },
        new("GB 18030 declared", "# coding: gb18030\n# 中文\nx = 1\n", "x = 1", "x = '㐀'", "# coding: gb18030\n# 中文\nx = '㐀'\n") { Encoding = Page(54936), Path = "file.py" },
        new("Shift JIS by its bytes", "// これはコメントです。表示\nint a = 1;\n", "int a = 1;", "int a = 2; // 能", "// これはコメントです。表示\nint a = 2; // 能\n") { Encoding = Page(932) },
        new("EUC-JP by its bytes", "// これはコメントです\nint a = 1;\n", "int a = 1;", "int a = 2; // はい", "// これはコメントです\nint a = 2; // はい\n") { Encoding = Page(51932) },
        new("EUC-KR by its bytes", "// 이것은 주석입니다 여기\nint a = 1;\n", "int a = 1;", "int a = 2; // 예", "// 이것은 주석입니다 여기\nint a = 2; // 예\n") { Encoding = Page(949) },
        new("Cyrillic of an unknown kind, an ASCII line", "// привет мир\nint a = 1;\n", "int a = 1;", "int a = 2;", "// привет мир\nint a = 2;\n") { Encoding = Page(1251) },
        new("KOI8-R that could be pairs, an ASCII line", "// приветик, столичная\nint a = 1;\n", "a = 1", "a = 2", "// приветик, столичная\nint a = 2;\n") { Encoding = Page(20866) },
        EditCase.Refused("KOI8-R that could be pairs, with a new letter", "// приветик, столичная\nint a = 1;\n", "a = 1", "a = 'да'", "only ASCII can be put in") with { Encoding = Page(20866) },
        EditCase.Refused("Cyrillic of an unknown kind, with a new letter", "// привет мир\nint a = 1;\n", "int a = 1;", "int a = 2; // да", "only ASCII can be put in") with { Encoding = Page(1251) },
        EditCase.Refused("a character that Latin-1 does not have", "// café\nx\n", "x", "→", "'→' (U+2192) cannot be written in ISO-8859-1") with { Encoding = Latin1 },
        EditCase.Refused("a character beyond the plane that Latin-1 does not have", "// café\nx\n", "x", "😀", "'😀' (U+1F600) cannot be written") with { Encoding = Latin1 },
        EditCase.Refused("a curly quote that Latin-1 does not have", "// café\nx\n", "x", "“x”", "cannot be written in ISO-8859-1") with { Encoding = Latin1 },
        EditCase.Refused("a character that Shift JIS does not have", "# coding: sjis\n# 表\nx\n", "x", "é", "cannot be written in shift_jis") with { Encoding = Page(932), Path = "file.py" },
    ];

    private static Encoding Page(int codePage) => CodePagesEncodingProvider.Instance.GetEncoding(codePage)!;
}
