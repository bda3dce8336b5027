using CodingAgent.Workflows.Flows.BugFix;

namespace CodingAgent.Workflows.Tests.Flows.BugFix;

/// <summary>Places in stack traces, each as its language writes them.</summary>
public sealed class StackPlacesTests
{
    private static readonly string[] Paths = ["src/Shop/Cart.cs", "shop/cart.py", "lib/cart.js", "src/main/java/shop/Cart.java", "cart/cart.go", "src/lib.rs", "lib/cart.rb", "a/x.py", "b/x.py", "tests/test_cart.py", "src/ünïcode.py"];

    [Theory]
    [InlineData("   at Shop.Cart.Total() in /work/src/Shop/Cart.cs:line 12", "src/Shop/Cart.cs", 12)]
    [InlineData(@"   at Shop.Cart.Total() in C:\w\src\Shop\Cart.cs:line 12", "src/Shop/Cart.cs", 12)]
    [InlineData("  File \"/work/shop/cart.py\", line 7, in total", "shop/cart.py", 7)]
    [InlineData("shop/cart.py:7: TypeError", "shop/cart.py", 7)]
    [InlineData("    at total (file:///work/lib/cart.js:3:11)", "lib/cart.js", 3)]
    [InlineData("\tat shop.Cart.total(Cart.java:42)", "src/main/java/shop/Cart.java", 42)]
    [InlineData("\t/work/cart/cart.go:9 +0x1d", "cart/cart.go", 9)]
    [InlineData("thread 'main' panicked at src/lib.rs:5:9:", "src/lib.rs", 5)]
    [InlineData("lib/cart.rb:8:in `total'", "lib/cart.rb", 8)]
    [InlineData("  File \"/work/src/ünïcode.py\", line 2", "src/ünïcode.py", 2)]
    public void Trace_NamesAFileOfTheTree(string line, string path, int number) => Of(line).ShouldBe([(path, number)]);

    [Theory]
    // Of the library, of two possible files, of the test, of nobody, of no line.
    [InlineData("  File \"/usr/lib/python3.11/unittest/case.py\", line 57")]
    [InlineData("x.py:3: Error")]
    [InlineData("tests/test_cart.py:4: AssertionError")]
    [InlineData("12:34:56.789 done")]
    [InlineData("shop/cart.py:0")]
    [InlineData("shop/cart.py:99999999999")]
    public void Trace_OfWhatIsNoSuspect_NamesNothing(string line) => Of(line).ShouldBeEmpty();

    [Fact]
    public void Trace_ManyLines_MostNamedFirstAndBounded()
    {
        var lines = Enumerable.Range(1, 100).Select(i => $"shop/cart.py:{i}: x").Concat(["lib/cart.js:3", "lib/cart.js:3"]);
        var found = Of(string.Join('\n', lines));
        found[0].ShouldBe(("lib/cart.js", 3));
        found.Count.ShouldBe(12);
    }

    private static IReadOnlyList<(string, int)> Of(string output) => StackPlaces.In(output, Paths, p => p.StartsWith("tests/", StringComparison.Ordinal));
}
