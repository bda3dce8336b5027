using System.Text.RegularExpressions;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Workflows.Gates;

/// <summary>
/// Whether tests say less after a change than before: fewer assertions or tests, ones that are switched off or alone, ones that are true whatever
/// happens, and files that are gone. Counted by line, with the words of each language's frameworks; a line that went to another test counts for neither.
/// </summary>
internal static class TestStrength
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    private static readonly Words CSharp = new(
        @"\b(Assert|CollectionAssert|StringAssert|ClassicAssert|FileAssert|Verify|Expect|Check)\s*\.|\.Should\w*\s*[(.<]|\bExpect\w*\s*\(|\.(MustHaveHappened|Received|DidNotReceive|Verify\w*)\s*\(|\bVerify\s*\(|\bthrow new \w*(Assert|Xunit)\w*",
        @"\[\s*(\w+\.)*(\w*(Fact|Theory)\w*|Test|TestCase|TestMethod|DataTestMethod|DataRow|InlineData|Arguments|Property|UIFact)\b",
        @"\[[^\]]*\bSkip\w*\s*=|\[[^\]]*\b(Ignore|Explicit|Disabled|Skip)\b|\bSkip\.(If|IfNot|Unless)\b|\bAssert\.(Skip\w*|Inconclusive|Ignore|Pass|Warn)\b|^\s*#if\s+(false|FALSE|NEVER|SKIP\w*|DISABLED)\b",
        @"\b(Assert|ClassicAssert)\.\w*(True|IsTrue|That)\s*\(\s*true\b|\bAssert\.(False|IsFalse)\s*\(\s*false\b|\btrue\.Should\w*\(|\bfalse\.Should\w*\(|\bAssert\.(Equal|AreEqual)\s*\(\s*(\d+|true|"""")\s*,\s*(\d+|true|"""")\s*\)|\(1\)\.ShouldBe\(1\)|^\s*1\.ShouldBe\(1\)|\bAssert\.Pass\b");

    private static readonly Words Script = new(
        @"\bexpect(TypeOf|Type|SnapshotTo\w*)?\s*[(.<]|\bassert(\.\w+)*\s*\(|\.should\.|\bt\.(is|deepEqual|true|false|truthy|falsy|throws\w*|not|like|regex|equal\w*|ok|same|snapshot)\s*\(|\bcy\.\w+|\bsinon\.assert\b|@ts-expect-error",
        @"(^|[^\w.$])(it|test|specify|bench)(\.each|\.concurrent|\.for|\.prop)*\s*[(`]",
        @"(^|[^\w$])(it|test|describe|context|suite|specify|t)\.(skip|only|todo|fixme|fails|failing|skipIf|runIf)\b|(^|[^\w.$])(xit|xtest|xdescribe|xcontext|xspecify|fit|fdescribe|ftest)\s*[(.`]|\bthis\.skip\s*\(|\bpending\s*\(|\b(skip|only|todo)\s*:\s*(true|['""`])|\.concurrent\.(skip|only)\b",
        @"\bexpect\s*\(\s*(true|1|['""][^'""]*['""])\s*\)\s*\.(to\.?(Be|be|Equal|equal|StrictEqual)\w*)(\.true|\s*\(\s*(true|1|['""][^'""]*['""])?\s*\))|\bexpect\s*\(\s*true\s*\)\.toBeTruthy|\bassert(\.ok|\.isTrue|\.equal)?\s*\(\s*(true|1)\s*[,)]|\bexpect\.(anything|any)\b|\bt\.pass\s*\(|\bexpect\.assertions\(0\)");

    private static readonly Words Python = new(
        @"^\s*assert\b|\bself\.(assert|fail)\w*\s*\(|\bpytest\.(raises|warns|approx|fail)\b|\.assert_\w+\s*\(|\bnp\.testing\.|\bassert_\w+\s*\(|^\s*>>> ",
        @"^\s*(async\s+)?def\s+test\w*|^\s*class\s+Test\w*|@pytest\.mark\.parametrize",
        @"@(pytest\.mark\.)?(skip|skipif|xfail|skipIf|skipUnless|expectedFailure)\b|@unittest\.(skip\w*|expectedFailure)\b|\bpytest\.(skip|xfail|importorskip)\s*\(|\bself\.skipTest\s*\(|\bpytestmark\s*=.*\b(skip|xfail)|\bcollect_ignore|__test__\s*=\s*False|raise\s+(unittest\.)?SkipTest",
        @"^\s*assert\s+(True|1|not False|not None|1\s*==\s*1|True is True|""[^""]*""|'[^']*')\s*(,.*)?$|\bself\.assertTrue\s*\(\s*(True|1)\s*[,)]|\bself\.assertEqual\s*\(\s*(1|True)\s*,\s*(1|True)\s*\)|^\s*assert\s*\(.*,\s*['""].*\)\s*$");

    private static readonly Words Go = new(
        @"\bt\.(Error|Errorf|Fatal|Fatalf|Fail|FailNow)\s*\(|\b(require|assert|is|must|qt|td|gomega|check)\.\w+\s*\(|\bExpect\s*\(|\bcmp\.Diff\b|\b[bf]\.(Error|Errorf|Fatal|Fatalf)\s*\(|//\s*Output:",
        @"^\s*func\s+(\(\w+\s+\*?\w+\)\s+)?(Test|Fuzz|Example)\w*\s*\(|\bt\.Run\s*\(|\b(It|Describe|Entry)\s*\(",
        @"\b[tbf]\.(Skip|Skipf|SkipNow)\s*\(|\b(F|P|X)(It|Describe|Context|DescribeTable|Entry)\s*\(|\bSkip\s*\(|^//go:build\s+(ignore|never|skip\w*|!test)|^//\s*\+build\s+(ignore|never)",
        @"\b(assert|require)\.True\s*\(\s*t\s*,\s*true\b|\b(assert|require)\.Equal\s*\(\s*t\s*,\s*(1|true)\s*,\s*(1|true)\s*\)|\bif\s+false\s*\{");

    private static readonly Words Jvm = new(
        @"\b(assert\w*|fail|verify\w*|expectThat|shouldThrow\w*|checkAll|forAll)\s*[({<]|\.(should\w*|isEqualTo|andExpect|expectNext\w*|expectBody|expectStatus|verifyComplete)\b|\bshould(Be|Equal|Throw|NotBe)?\b|^\s*assert\b|\bthen:|\bexpect:",
        @"@(Test|ParameterizedTest|RepeatedTest|TestFactory|Property|Theory|CsvSource|ValueSource|MethodSource)\b|\b(it|test|should)\s*\(?\s*""|^\s*def\s+""",
        @"@(Disabled\w*|Ignore\w*|EnabledIf\w*|EnabledOn\w*|PendingFeature|Tag\(""(skip|disabled)"")|\bassume\w*\s*\(|\bthrow new (SkipException|TestAbortedException)|\bignore\s*\(|\bpending\b|enabled\s*=\s*false|\.config\(enabled = false",
        @"\bassertTrue\s*\(\s*true\b|\bassertFalse\s*\(\s*false\b|\bassertEquals\s*\(\s*(1|true|"""")\s*,\s*(1|true|"""")\s*\)|\bassertThat\s*\(\s*true\s*\)\.isTrue|^\s*assert\s+true\b");

    private static readonly Words Rust = new(
        @"\b(assert|assert_eq|assert_ne|assert_matches|debug_assert\w*|prop_assert\w*|panic|unreachable|insta::assert\w*|assert_snapshot\w*)!\s*[(\[{]|\.(unwrap_err|expect_err)\s*\(|should_panic",
        @"#\[\s*((\w+::)*test|rstest|test_case|case|proptest|wasm_bindgen_test)\b",
        @"#\[\s*ignore\b|#\[\s*cfg\s*\(\s*(any\s*\(\s*\)|FALSE|never)\b|#\[\s*cfg_attr\s*\([^)]*ignore",
        @"\bassert!\s*\(\s*true\b|\bassert_eq!\s*\(\s*(1|true)\s*,\s*(1|true)\s*\)");

    private static readonly Words Ruby = new(
        @"\bexpect\s*[({]|\.should\b|\b(assert|refute)(_\w+)?\b|\.must_\w+|\.wont_\w+|\bis_expected\b|\braise_error\b",
        @"^\s*(it|specify|example|scenario|test|its)\s*[('""{]|^\s*it\s+(do|\{)|^\s*def\s+test_\w+|\bit_behaves_like\b",
        @"^\s*(xit|xspecify|xdescribe|xcontext|xexample|xscenario|fit|fdescribe|fcontext|fspecify|pending|skip)\b|\b(skip|pending|focus)\s*:\s*(true|['""])|,\s*:(skip|pending|focus)\b",
        @"\bexpect\s*\(\s*(true|1)\s*\)\.to\s+(be\s*[ (]?true|be_truthy|eq[ (]\s*(true|1))|\bassert\s+true\b|\bassert_equal\s+(1|true),\s*(1|true)\b");

    private static readonly Words Php = new(
        @"(->|::)(assert\w+|expect\w+|fail|should\w+|shouldReceive|to(Be|Equal|Contain|Throw|Match)\w*)\s*\(|\bexpect\s*\(",
        @"\bfunction\s+test\w*|@test\b|#\[(Test|DataProvider|TestWith)\b|^\s*(it|test)\s*\(",
        @"markTest(Skipped|Incomplete)\w*|->(skip|todo|only)\s*\(|@group\s+(skip|disabled)|@doesNotPerformAssertions|expectNotToPerformAssertions",
        @"assertTrue\s*\(\s*true\s*\)|assertSame\s*\(\s*(1|true)\s*,\s*(1|true)\s*\)|assertEquals\s*\(\s*(1|true)\s*,\s*(1|true)\s*\)|expect\(true\)->toBeTrue");

    private static readonly Words Native = new(
        @"\b(EXPECT|ASSERT|REQUIRE|CHECK|BOOST_\w+|TEST_ASSERT|QVERIFY|QCOMPARE|STATIC_REQUIRE|CU_ASSERT|ck_assert|g_assert|XCTAssert|XCTFail|cut_assert)\w*\s*\(|\bassert\s*\(|\babort\s*\(|#expect\b|#require\b",
        @"\b(TEST|TEST_F|TEST_P|TYPED_TEST|TEST_CASE|SCENARIO|SECTION|BOOST_AUTO_TEST_CASE|START_TEST)\s*\(|\bfunc\s+test\w*\s*\(|@Test\b",
        @"\bDISABLED_\w|\bGTEST_SKIP\b|\bSKIP\s*\(|\bQSKIP\b|\bXCTSkip\w*|\[\.\]|\[!(mayfail|shouldfail|hide)\]|^\s*#if\s+0\b|\.disabled\b",
        @"\b(EXPECT|ASSERT)_TRUE\s*\(\s*(true|1)\s*\)|\b(REQUIRE|CHECK)\s*\(\s*(true|1)\s*\)|\bassert\s*\(\s*(1|true)\s*\)|\b(EXPECT|ASSERT)_EQ\s*\(\s*1\s*,\s*1\s*\)|XCTAssertTrue\(true\)");

    private static readonly Words Shell = new(
        @"^\s*(\[\[?\s|test\s|grep\s|diff\s|cmp\s)|\b(assert\w*|refute\w*|fail)\s|\|\|\s*(exit|return|fail)\b|\bexit\s+1\b",
        @"^\s*@test\b|^\s*(function\s+)?test_\w+\s*\(|^\s*test_expect_\w+",
        @"^\s*skip\b|\|\|\s*true\b|^\s*set\s+\+e\b|\bstartSkipping\b|test_done_early",
        @"^\s*\[\[?\s+(1\s*(-eq|=|==)\s*1|true)\s+\]|^\s*true\s*$");

    private static readonly Words Others = new(
        @"\b(assert|expect|check|verify|refute)\w*\b", @"\b(test|it|describe|testWidgets)\b\s*[(""]", @"\b(skip|ignore|disabled|xit|only)\b\s*[(:""]|@tag\s+:?skip|@moduletag\s+:?skip", @"\b(assert|expect)\s*\(?\s*true\b");

    private static readonly Dictionary<string, Words> ByEnding = ((string Endings, Words Words)[])
    [
        (".cs .fs .vb .razor", CSharp), (".js .jsx .ts .tsx .mjs .cjs .mts .cts .vue .svelte", Script), (".py .pyi", Python), (".go", Go), (".java .kt .kts .groovy .scala", Jvm), (".rs", Rust),
        (".rb", Ruby), (".php", Php), (".c .cc .cpp .cxx .h .hh .hpp .m .mm .swift", Native), (".sh .bash .bats .zsh", Shell), (".ex .exs .dart .lua .r .jl .pl .t .hs .clj .ml .elm .nim .zig", Others),
    ] is var all ? all.SelectMany(t => t.Endings.Split(' ').Select(e => (e, t.Words))).ToDictionary(t => t.e, t => t.Words, StringComparer.OrdinalIgnoreCase) : [];

    /// <summary>Test files that say less, with what is less, as a predicate; by path.</summary>
    /// <param name="i">The change.</param>
    /// <param name="isTest">What counts as a test.</param>
    /// <param name="isExpected">Deleted files that went with the code that they test.</param>
    public static IReadOnlyList<(string Path, string Why)> Weaker(GateInput i, Func<string, bool> isTest, Func<string, bool> isExpected)
    {
        // Under their new names; what left the tests is gone from there.
        var names = i.Changes.Files.Where(f => f.Kind == ChangeKind.Renamed && isTest(f.OldPath!) && isTest(f.Path)).ToDictionary(f => f.OldPath!, f => f.Path, StringComparer.Ordinal);
        var removed = i.Removed.Select(l => l with { Path = names.GetValueOrDefault(l.Path, l.Path) }).Where(l => isTest(l.Path)).ToArray();
        var added = i.Added.Where(l => isTest(l.Path)).ToArray();
        var (stay, come) = Unmoved(removed, added);
        var gone = i.Changes.Files.Where(f => f.Kind == ChangeKind.Deleted ? isTest(f.Path) : f.Kind == ChangeKind.Renamed && isTest(f.OldPath!) && !isTest(f.Path)).Select(f => f.OldPath ?? f.Path)
            .Where(p => !isExpected(p) && (!TestsGate.IsProse(p) || IsExpectation(p))).ToHashSet(StringComparer.Ordinal);
        var found = gone.Select(p => (Path: p, Why: "is gone from the tests")).ToList();
        foreach (var path in removed.Concat(added).Select(l => l.Path).Where(p => !gone.Contains(p) && !isExpected(p)).Distinct(StringComparer.Ordinal))
        {
            if (!ByEnding.TryGetValue(SourceLine.EndingOf(path), out var words))
                continue;
            var (before, after) = (words.Count(path, stay.GetValueOrDefault(path, [])), words.Count(path, come.GetValueOrDefault(path, [])));
            if (after.Off > before.Off) found.Add((path, "switches tests off, or all others"));
            else if (after.Tests < before.Tests) found.Add((path, $"has {Fewer(before.Tests - after.Tests, "test")}"));
            else if (after.Assertions < before.Assertions) found.Add((path, $"has {Fewer(before.Assertions - after.Assertions, "assertion")}{(after.Trivial > before.Trivial ? ", and ones that are always true" : "")}"));
            else if (after.Trivial > before.Trivial && before.Assertions > 0) found.Add((path, "has assertions that are always true in place of others"));
        }

        return [.. found.OrderBy(f => f.Path, StringComparer.Ordinal)];
    }

    // "X.verified.txt" says what comes out; other texts among tests are only read by them.
    private static bool IsExpectation(string path) => path.Contains(".verified.", StringComparison.OrdinalIgnoreCase) || path.Contains(".approved.", StringComparison.OrdinalIgnoreCase) || path.Contains(".expected", StringComparison.OrdinalIgnoreCase);

    private static string Fewer(int count, string what) => count == 1 ? $"one {what} fewer" : $"{count} {what}s fewer";

    /// <summary>Lines by file, without those that the change only moved.</summary>
    private static (Dictionary<string, List<string>> Removed, Dictionary<string, List<string>> Added) Unmoved(AddedLine[] removed, AddedLine[] added)
    {
        var come = added.GroupBy(l => l.Text.Trim(), StringComparer.Ordinal).ToDictionary(g => g.Key, g => new Queue<AddedLine>(g), StringComparer.Ordinal);
        var (stay, moved) = (new Dictionary<string, List<string>>(StringComparer.Ordinal), new HashSet<(string, int)>());
        foreach (var line in removed)
        {
            if (come.TryGetValue(line.Text.Trim(), out var same) && same.TryDequeue(out var there)) moved.Add((there.Path, there.Line));
            else Of(stay, line.Path).Add(line.Text);
        }

        var fresh = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var line in added.Where(l => !moved.Contains((l.Path, l.Line))))
            Of(fresh, line.Path).Add(line.Text);
        return (stay, fresh);

        static List<string> Of(Dictionary<string, List<string>> lines, string path) => lines.TryGetValue(path, out var known) ? known : lines[path] = [];
    }

    private sealed record Words(Regex Assertion, Regex Test, Regex Off, Regex Trivial)
    {
        public Words(string assertion, string test, string off, string trivial)
            : this(new Regex(assertion, Options), new Regex(test, Options), new Regex(off, Options), new Regex(trivial, Options))
        {
        }

        public (int Assertions, int Tests, int Off, int Trivial) Count(string path, IReadOnlyList<string> lines)
        {
            int assertions = 0, tests = 0, off = 0, trivial = 0;
            foreach (var line in lines)
            {
                var code = SourceLine.Code(path, line);
                // Attributes with a reason, and skips by name, stand beside strings.
                if (code.Length == 0 && !line.TrimStart().StartsWith("//go:build", StringComparison.Ordinal))
                    continue;
                var isTrivial = Trivial.IsMatch(line);
                trivial += isTrivial ? 1 : 0;
                assertions += !isTrivial ? Assertion.Count(code) : 0;
                tests += Test.Count(code);
                off += Off.IsMatch(code) || (code.Length > 0 && Off.IsMatch(line) && line.Contains(':', StringComparison.Ordinal)) ? 1 : 0;
            }

            return (assertions, tests, off, trivial);
        }
    }
}
