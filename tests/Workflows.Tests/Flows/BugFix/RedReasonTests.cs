using CodingAgent.Workflows.Flows.BugFix;

namespace CodingAgent.Workflows.Tests.Flows.BugFix;

/// <summary>Red for the defect's sake, or for another reason; outputs as the programs print them.</summary>
public sealed class RedReasonTests
{
    [Theory]
    [InlineData("tests/CartTests.cs(12,9): error CS1061: 'Cart' does not contain a definition for 'Total'\nBuild FAILED.", "error CS1061")]
    [InlineData("[ERROR] COMPILATION ERROR : \n[ERROR] /w/CartTest.java:[7,13] cannot find symbol", "COMPILATION ERROR")]
    [InlineData("> Task :compileTestJava FAILED\n/w/CartTest.java:3: error: package x does not exist", ":compileTestJava FAILED")]
    [InlineData("==== ERRORS ====\n____ ERROR collecting tests/test_cart.py ____\nE   ImportError: cannot import name 'total'", "ERROR collecting")]
    [InlineData("ERROR: test_cart (unittest.loader._FailedTest)\nImportError: Failed to import test module: test_cart", "_FailedTest")]
    [InlineData("# shop/cart [shop/cart.test]\n./cart_test.go:9:4: undefined: Total\nFAIL\tshop/cart [build failed]", "[build failed]")]
    [InlineData("error[E0425]: cannot find function `total`\nerror: could not compile `shop` (lib test)", "could not compile")]
    [InlineData("src/cart.test.ts:3:10 - error TS2305: Module './cart' has no exported member 'total'.", "error TS2305")]
    [InlineData("node:internal/modules\nError [ERR_MODULE_NOT_FOUND]: Cannot find module '/w/cart.mjs'", "ERR_MODULE_NOT_FOUND")]
    [InlineData("● Test suite failed to run\n\n    Cannot find module './total' from 'cart.test.js'", "Test suite failed to run")]
    [InlineData("/w/test/cart.test.js:4\n  expect(\n\nSyntaxError: Unexpected end of input", "SyntaxError")]
    public void Output_OfWhatDoesNotCompileOrLoad_ShowsNoDefect(string output, string named) => RedReason.Other(output, []).ShouldNotBeNull().ShouldContain(named);

    [Theory]
    [InlineData("collected 0 items\n\n=== no tests ran in 0.01s ===")]
    [InlineData("ERROR: file or directory not found: tests/test_cart.py\n")]
    [InlineData("No test matches the given testcase filter `Cart` in CartTests.dll")]
    [InlineData("No tests found, exiting with code 1")]
    [InlineData("Error: No test files found: \"test/cart.spec.js\"")]
    [InlineData("----\nRan 0 tests in 0.000s\n\nNO TESTS RAN")]
    [InlineData("?   \tshop/cart\t[no test files]")]
    public void Output_OfNoTest_ShowsNoDefect(string output) => RedReason.Other(output, []).ShouldBe("found no test to run");

    [Theory]
    [InlineData("FAILED tests/test_cart.py::test_total - assert 1 == 2", "tests/test_cart.py::test_total")]
    [InlineData("  Failed Shop.CartTests.Total_OfTwo_IsTheirSum [12 ms]\n  Assert.Equal() Failure", "Shop.CartTests.Total_OfTwo_IsTheirSum")]
    // The defect is that a parser refuses what it should take: the error is the test's own.
    [InlineData("not ok 1 - parses a trailing comma\n  ---\n  error: 'Unexpected token'\n  SyntaxError: Unexpected token , in JSON", "parses a trailing comma")]
    [InlineData("✖ reads the module (3ms)\n  ModuleNotFoundError: No module named 'plugins.x'", "reads the module")]
    public void Output_OfAFailedTest_MayShowTheDefect(string output, string name) => RedReason.Other(output, [name]).ShouldBeNull();

    [Fact]
    public void Output_Huge_IsReadInOnePass() => RedReason.Other(string.Concat(Enumerable.Repeat("error C error TS error: could not \n", 50_000)), []).ShouldBeNull();
}
