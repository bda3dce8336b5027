using System.Text;
using CodingAgent.Workflows.Ci;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Workflows.Tests.Ci;

public sealed class TellingLinesTests
{
    private const int Limit = 2_000;

    /// <summary>What test programs print, and the names that must come out of it.</summary>
    public static TheoryData<string, string, string[]> Formats => new()
    {
        { "dotnet test", "  Passed Shop.Tests.CartTests.Empty [2 ms]\n  Failed Shop.Tests.CartTests.Adds(x: 1) [12 ms]\n  Error Message:\n   Assert.Equal() Failure\nExpected: 2\nActual:   1\n  Stack Trace:\n     at Shop.Tests.CartTests.Adds() in /src/CartTests.cs:line 12\nFailed!  - Failed:     1, Passed:     1", ["Shop.Tests.CartTests.Adds(x: 1)", "Actual:   1"] },
        { "xunit runner", "[xUnit.net 00:00:00.28]     Shop.Tests.CartTests.Adds [FAIL]\n[xUnit.net 00:00:00.28]       Assert.True() Failure", ["Shop.Tests.CartTests.Adds"] },
        { "testing platform", "failed Adds (12ms)\n  Expected 2 but was 1", ["Adds"] },
        { "pytest", "tests/test_cart.py .F\n____ test_adds ____\n>       assert add(1) == 2\nE       assert 1 == 2\ntests/test_cart.py:7: AssertionError\n==== short test summary info ====\nFAILED tests/test_cart.py::test_adds[a b] - assert 1 == 2\n1 failed, 1 passed in 0.02s", ["tests/test_cart.py::test_adds[a", "E       assert 1 == 2"] },
        { "pytest collection", "ERROR tests/test_cart.py - ModuleNotFoundError: No module named 'shop'", ["tests/test_cart.py"] },
        { "unittest", "FAIL: test_adds (tests.test_cart.CartTest.test_adds)\n----------\nTraceback (most recent call last):\n  File \"x.py\", line 3, in test_adds\nAssertionError: 1 != 2", ["test_adds (tests.test_cart.CartTest.test_adds)", "AssertionError: 1 != 2"] },
        { "go", "=== RUN   TestAdds\n    cart_test.go:12: got 1, want 2\n--- FAIL: TestAdds (0.00s)\n    --- FAIL: TestAdds/empty (0.00s)\nFAIL\nFAIL\texample.com/shop\t0.003s", ["TestAdds", "TestAdds/empty", "got 1, want 2"] },
        { "jest", " FAIL  src/cart.test.js\n  ● cart › adds\n\n    expect(received).toBe(expected)\n\n    Expected: 2\n    Received: 1\n      at Object.<anonymous> (src/cart.test.js:4:20)\n  ✕ cart adds twice (5 ms)", ["cart › adds", "cart adds twice", "Received: 1"] },
        { "vitest", " FAIL  src/cart.test.ts > cart > adds\nAssertionError: expected 1 to be 2", ["src/cart.test.ts > cart > adds"] },
        { "mocha", "  1 passing (4ms)\n  1 failing\n\n  1) cart adds:\n     AssertionError [ERR_ASSERTION]: 1 == 2\n      at Context.<anonymous> (test/cart.js:5:12)", ["cart adds", "1 == 2"] },
        { "cargo", "test cart::tests::adds ... FAILED\n\n---- cart::tests::adds stdout ----\nthread 'cart::tests::adds' panicked at src/cart.rs:9:9:\nassertion `left == right` failed\n  left: 1\n right: 2", ["cart::tests::adds", "panicked at src/cart.rs:9:9"] },
        { "surefire", "[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.05 s <<< FAILURE! - in shop.CartTest\n[ERROR] shop.CartTest.adds -- Time elapsed: 0.01 s <<< FAILURE!\norg.opentest4j.AssertionFailedError: expected: <2> but was: <1>", ["shop.CartTest.adds", "but was: <1>"] },
        { "gradle", "CartTest > adds() FAILED\n    org.opentest4j.AssertionFailedError at CartTest.java:12", ["CartTest > adds()"] },
        { "tap", "TAP version 14\nok 1 - empty\nnot ok 2 - adds\n  ---\n  expected: 2\n  actual: 1\n  ...\nnot ok 3 - later # TODO not yet\n1..3", ["- adds", "actual: 1"] },
        { "rspec", "Failures:\n\n  1) Cart adds\n     expected: 2\nrspec ./spec/cart_spec.rb:4 # Cart adds", ["./spec/cart_spec.rb:4"] },
        { "phpunit", "There was 1 failure:\n\n1) Shop\\CartTest::testAdds\nFailed asserting that 1 matches expected 2.", ["Shop\\CartTest::testAdds"] },
        { "ctest", "The following tests FAILED:\n\t  3 - cart_adds (Failed)", ["cart_adds"] },
        { "googletest", "[ RUN      ] Cart.Adds\ncart.cpp:9: Failure\n[  FAILED  ] Cart.Adds (0 ms)", ["Cart.Adds"] },
        { "junit xml", "<testsuite><testcase name=\"empty\" classname=\"shop.CartTest\"/><testcase classname=\"shop.CartTest\" name=\"adds &lt;1&gt;\"><failure message=\"expected 2 &amp; got 1\" type=\"x\">at…</failure></testcase><testcase name=\"ok\" classname=\"c\"></testcase></testsuite>", ["shop.CartTest.adds <1>: expected 2 & got 1"] },
        { "junit xml in pieces", "<testcase name=\"adds\" classname=\"c\" time=\"0.1\">\n  <error message=\"boom\"", ["c.adds: boom"] },
        { "trx", "<UnitTestResult testName=\"Shop.CartTests.Empty\" outcome=\"Passed\" /><UnitTestResult executionId=\"1\" testName=\"Shop.CartTests.Adds\" outcome=\"Failed\"><Output><ErrorInfo><Message>no</Message>", ["Shop.CartTests.Adds"] },
        { "compiler", "  src/Cart.cs(12,3): error CS1002: ; expected [/src/Shop.csproj]\nsrc/cart.ts:3:7 - error TS2322: Type 'string'\nerror[E0308]: mismatched types\n --> src/cart.rs:3:5", ["error CS1002", "error TS2322", "error[E0308]", "--> src/cart.rs:3:5"] },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void Of_TestOutput_NamesWhatFailedAndShowsWhy(string format, string printed, string[] told)
    {
        // Hidden among what says nothing, on both sides.
        var noise = string.Concat(Enumerable.Range(0, 400).Select(i => $"2026-11-30T20:13:07.{i:0000000}Z Restored package number {i} without trouble\n"));
        var log = noise + string.Concat(printed.Split('\n').Select(l => $"2026-11-30T20:13:08.0000000Z {l}\n")) + noise;
        var text = TellingLines.Of(log, Limit);
        foreach (var part in told)
            text.ShouldContain(part, Case.Sensitive, $"{format}: {text}");
        text.Length.ShouldBeLessThanOrEqualTo(Limit);
        text.ShouldNotContain("T20:13:0");
        (text.Split('\n').Count(l => l.StartsWith("Restored", StringComparison.Ordinal)) < 40).ShouldBeTrue(text);
    }

    [Fact]
    public void Of_TestsThatPassedOrMayFail_NamesNone()
    {
        const string log = "ok 1 - fine\nnot ok 2 - later # TODO\nnot ok 3 - other # skip no network\n  Passed A.B [1 ms]\ntest a ... ok\nFailed: 0, Passed: 3\n0 errors, 0 warnings\n";
        TellingLines.Of(log, Limit).ShouldNotContain("Failed tests");
    }

    [Fact]
    public void Of_ARunnersLog_IsReadAsPeopleWould()
    {
        const string log = "\uFEFF2026-11-30T20:13:07.1234567Z ##[group]Run set -e; echo error\n"
            + "2026-11-30T20:13:07.1234567Z if ! make; then echo 'fatal error'; fi\n"
            + "2026-11-30T20:13:07.1234567Z ##[endgroup]\n"
            + "2026-11-30T20:13:07.1234567Z \u001b[31mred\u001b[0m and \u001b]8;;http://x\u0007linked\u001b]8;;\u0007\n"
            + "2026-11-30T20:13:07Z 10%\r50%\r100% done\r\n"
            + "2026-11-30T20:13:07.1Z ##[warning]old thing\n"
            + "2026-11-30T20:13:07.1Z ##[debug]secret plumbing\n"
            + "2026-11-30T20:13:07.1Z ##[error]Process completed with exit code 2.\n"
            + "2026-11-30T20:13:07.1Z Cleaning up\n";
        TellingLines.Of(log, Limit).ShouldBe("Run set -e; echo error\nred and linked\n100% done\nwarning: old thing\nerror: Process completed with exit code 2.\nCleaning up");
    }

    [Fact]
    public void Of_AToolNobodyKnows_ShowsWhatStandsBeforeTheRunnersError()
    {
        var log = Many("chatter", 500) + "widget 7 does not fit gadget 9\nsee the manual, page 12\n##[error]Process completed with exit code 1.\n" + Many("post job cleanup", 500);
        var text = TellingLines.Of(log, Limit);
        text.ShouldContain("widget 7 does not fit gadget 9");
        text.ShouldContain("exit code 1");
    }

    [Fact]
    public void Of_NothingThatSaysSo_IsTheEnd() =>
        TellingLines.Of(Many("chatter", 5_000) + "the very last words\n", Limit).ShouldEndWith("the very last words");

    [Fact]
    public void Of_TheSameErrorAHundredTimes_LeavesRoomForOthers()
    {
        var log = string.Concat(Enumerable.Repeat("lib.c:1: error: no such thing\n" + Many("step", 30), 100)) + "main.c:9: error: the one that matters\n";
        TellingLines.Of(log, Limit).ShouldContain("the one that matters");
    }

    [Fact]
    public void Of_ManyFailedTests_NamesWhatFitsAndCountsTheRest()
    {
        var text = TellingLines.Of(string.Concat(Enumerable.Range(0, 90).Select(i => $"--- FAIL: TestNumber{i} (0.00s)\n    x_test.go:1: wrong\n")), Limit);
        text.ShouldStartWith("Failed tests:\n- TestNumber0\n");
        text.ShouldContain(" more\n");
        text.Length.ShouldBeLessThanOrEqualTo(Limit);
    }

    [Theory]
    [InlineData("one line of a megabyte")]
    [InlineData("open tags without end")]
    [InlineData("open elements without end")]
    [InlineData("escapes without end")]
    [InlineData("brackets")]
    [InlineData("blanks")]
    [InlineData("short lines")]
    public void Of_HostileLogs_EndAndStayBounded(string kind)
    {
        var log = kind switch
        {
            "one line of a megabyte" => new string('x', 1 << 20) + " error: end",
            "open tags without end" => string.Concat(Enumerable.Repeat("<testcase name=\"a", 60_000)),
            "open elements without end" => string.Concat(Enumerable.Range(0, 20_000).Select(i => $"<testcase name=\"a{i}\"><failure>")),
            "escapes without end" => string.Concat(Enumerable.Repeat("\u001b[", 400_000)),
            "brackets" => string.Concat(Enumerable.Repeat("##[error]\n", 100_000)),
            "blanks" => string.Concat(Enumerable.Repeat("  Failed  [", 90_000)) + new string(' ', 100_000),
            _ => string.Concat(Enumerable.Repeat("error\n", 170_000)),
        };
        TellingLines.Of(log, Limit).Length.ShouldBeLessThanOrEqualTo(Limit);
    }

    [Fact]
    public void Of_AnyText_IsTotalBoundedAndTheSameTwice()
    {
        var pieces = Gen.Elements(
            "error: ", "\n", "\r", "\u001b[31m", "\u001b]", "##[error]", "##[group]Run ", "##[endgroup]", "2026-11-30T20:13:07.1234567Z ", "2026-11-30T20:13:07", "<testcase name=\"", "\" classname=\"", "\">", "<failure message=\"",
            "--- FAIL: T", "FAILED a.py::b", "not ok 1 - ", "1 failing", "  1) x", "\0", "\ud83d", "\udc4d", "é", "<UnitTestResult outcome=\"Failed\" testName=\"", "● a › b", "x", " ", "\t", "]]>", "…");
        var any = Gen.OneOf(pieces.ListOf().Select(p => string.Concat(p)), ArbMap.Default.GeneratorFor<string?>().Select(s => s ?? ""));
        var cases = from text in any from limit in Gen.Choose(-1, 400) select (text, limit);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3_000), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var told = TellingLines.Of(c.text, c.limit);
            return told.Length <= Math.Max(0, c.limit) && told == TellingLines.Of(c.text, c.limit) && !told.Contains('\u001b', StringComparison.Ordinal);
        }));
    }

    private static string Many(string line, int count)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
            text.Append(line).Append(' ').Append(i).Append('\n');
        return text.ToString();
    }
}
