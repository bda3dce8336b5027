using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Flows.BugFix;

/// <summary>
/// Whether a test command failed because a test failed. What does not compile or load, or finds no test, is red too and says nothing of a defect. By
/// what the usual programs print; pure, expressions that do not backtrack.
/// </summary>
internal static partial class RedReason
{
    /// <summary>Why the failure shows nothing, as a predicate of the command (<c>found no test</c>); null when it may be a test's.</summary>
    /// <param name="output">What it printed.</param>
    /// <param name="failed">Names of failed tests that were found in it.</param>
    public static string? Other(string output, IReadOnlyCollection<string> failed)
    {
        if (NoTests().IsMatch(output))
            return "found no test to run";
        // Whoever prints a name of a failed test came to run it, unless the name is that of a file that could not be loaded.
        if (Broken().Match(output) is { Success: true } broken)
            return $"did not come to run the tests ({broken.Value.Trim().TrimEnd(':')})";
        return failed.Count == 0 && Unloaded().Match(output) is { Success: true } unloaded ? $"could not load the tests ({unloaded.Value.Trim().TrimEnd(':')})" : null;
    }

    // dotnet, javac/maven/gradle/kotlin, TypeScript, pytest's collection, go, cargo, node and jest on what a test imports.
    [GeneratedRegex(
        @"\berror (CS|FS|BC|MSB|NU|NETSDK)\d{4}\b|\bCOMPILATION ERROR\b|Compilation failed|:compile(Test)?(Java|Kotlin|Groovy|Scala) FAILED|\berror TS\d{4,5}\b|\bERROR collecting |errors? during collection|\[(build|setup) failed\]|error: could not compile|ImportError while (importing|loading)|_FailedTest\b|\bERR_MODULE_NOT_FOUND\b|Test suite failed to run|Failed to resolve import",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Broken();

    [GeneratedRegex(@"^\s*(SyntaxError|IndentationError|ModuleNotFoundError|ReferenceError|Error: Cannot find module|LoadError)\b[^\r\n]{0,120}", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Unloaded();

    [GeneratedRegex(
        @"no tests ran\b|^collected 0 items|No tests? (is|are|were) (available|found)|No test matches the given|No tests found|No test files found|no test files\]|file or directory not found: |Ran 0 tests|0 tests? executed|No tests to run",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex NoTests();
}
