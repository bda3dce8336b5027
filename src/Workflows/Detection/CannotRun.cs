using System.Text.RegularExpressions;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Workflows.Detection;

/// <summary>
/// Why a command could not do its work here: a fault of the environment, which no change of the code mends. Meant for a run on the base;
/// on a changed tree the same words may be the change's own doing (a script that calls what is not there ends with 127 as well), so there
/// it counts only where the base said the same.
/// </summary>
/// <param name="Kind">What is missing.</param>
/// <param name="Words">One sentence for a person: what is missing, and what would mend it.</param>
public sealed record CannotRun(CannotRunKind Kind, string Words)
{
    private const int Tail = 32 * 1024;

    private static readonly Sign[] Signs =
    [
        // .NET
        new(CannotRunKind.Sdk, @"A compatible (?:installed )?\.NET (?:Core )?SDK (?:for global\.json version: \[?(?<what>[\w.-]+)\]? )?.*was not found|A compatible SDK version for global\.json version: \[(?<what>[^\]]+)\]|Requested SDK version: (?<what>\S+)", "the .NET SDK {0} that global.json asks for is not installed"),
        new(CannotRunKind.Sdk, @"error NETSDK1045: .*support targeting (?<what>\.NET[\w ]*[\d.]*\d)", "no installed SDK can build {0}"),
        new(CannotRunKind.Sdk, @"error NETSDK1147: .*workloads must be installed: (?<what>[\w -]+)|NETSDK1147", "the .NET workload {0} is not installed"),
        new(CannotRunKind.Sdk, @"error NETSDK1100|error MSB3644: .*(?<what>\.NETFramework,Version=v[\d.]+)", "this targets Windows ({0}), which cannot be built here"),
        new(CannotRunKind.Sdk, @"You must install or update \.NET to run this application[\s\S]*?Framework: '(?<what>[^']+', version '[^']+)'", "the runtime '{0}' is not installed"),
        new(CannotRunKind.Sdk, @"error MSB4236: The SDK '(?<what>[^']+)' specified could not be found", "the MSBuild SDK {0} is not there"),
        new(CannotRunKind.Packages, @"error NU110[123]: Unable to find (?:a stable )?(?<what>package [\w-]+(?:\.[\w-]+)*(?: with version \([^)\n]{1,60}\))?)", "NuGet's sources have no {0}"),
        new(CannotRunKind.Packages, @"error (?<what>NU1301|NU1101|NU1102|NU1103|NU1100)\b|error (?<what>NETSDK1004|NETSDK1064)\b", "NuGet packages are missing ({0}): they were not restored by set-up"),

        // Node
        new(CannotRunKind.Packages, @"npm (?:ERR!|error) code (?<what>ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED|ENETUNREACH)", "npm wanted the network ({0}): packages were not installed by set-up"),
        new(CannotRunKind.Script, @"(?:npm (?:ERR!|error) )?Missing script: ?""?(?<what>[\w:.-]+)|ERR_PNPM_NO_SCRIPT[^\w]+Missing script: (?<what>[\w:.-]+)|error Couldn't find a script named ""(?<what>[^""]+)""", "package.json has no script '{0}'"),
        new(CannotRunKind.Packages, @"error Command ""(?<what>[\w@/.-]+)"" not found|ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL\s+Command ""(?<what>[^""]+)"" not found|npm (?:ERR!|error) could not determine executable to run|node_modules missing, did you mean to install|doesn't seem to have been installed|Couldn't find the node_modules state file", "node packages are missing {0}: they were not installed by set-up"),
        new(CannotRunKind.Packages, @"Cannot find (?:module|package) '(?:[^'\n]*node_modules/)?(?<what>jest|vitest|mocha|ava|ts-node|tsx|nyc|c8|tap)(?:/[^'\n]*)?'", "the test runner {0} is not installed"),
        new(CannotRunKind.Sdk, @"The engine ""node"" is incompatible|npm (?:ERR!|error) code EBADENGINE|ERR_PNPM_UNSUPPORTED_ENGINE", "this version of Node does not suit the project"),

        // Python
        new(CannotRunKind.Packages, @"^\S*python[\d.]*(?:\.exe)?: No module named (?<what>[\w.]+)", "the Python module {0} is not installed"),
        new(CannotRunKind.Packages, @"^ERROR: (?:No matching distribution found for|Could not find a version that satisfies the requirement) (?<what>[^\s(]+)", "pip could not fetch {0}"),
        new(CannotRunKind.Packages, @"^(?:error: )?(?:externally-managed-environment)", "packages cannot be put beside the system's Python; set-up must make a virtual environment"),

        new(CannotRunKind.Packages, @"(?<what>[\w./~-]*env/bin/activate): (?:No such file or directory|not found)|cannot open (?<what>[\w./~-]*env/bin/activate)", "the virtual environment {0} is not there: set-up did not make it"),

        // Rust
        new(CannotRunKind.Packages, @"attempting to make an HTTP request, but --offline was specified|As a reminder, you're using offline mode|error: no matching package named `(?<what>[^`]+)` found", "crates are missing {0}: they were not fetched by set-up"),
        new(CannotRunKind.Sdk, @"error: toolchain '(?<what>[^']+)' is not installed|error: package `[^`]+` cannot be built because it requires rustc (?<what>[\d.]+)|(?:requires|supported by) rustc (?<what>[\d.]+)(?: or newer)", "Rust {0} is not installed"),
        new(CannotRunKind.Program, @"error: no such command: `(?<what>[\w-]+)`|error: '(?<what>cargo-[\w-]+)' is not installed|error: linker `(?<what>[\w-]+)` not found", "{0} is not installed"),

        // Java
        new(CannotRunKind.Packages, @"in offline mode and the artifact (?<what>\S+) has not been downloaded|No cached version of (?<what>\S+) available for offline mode|Unknown host (?<what>repo\.maven\.apache\.org)|UnknownHostException: (?<what>services\.gradle\.org)", "{0} is missing: it was not fetched by set-up"),
        new(CannotRunKind.Sdk, @"The JAVA_HOME environment variable is not defined|JAVA_HOME is not set and no 'java' command|Unable to locate a Java Runtime|No compiler is provided in this environment|Cannot find a Java installation|No matching toolchains found|Unsupported class file major version (?<what>\d+)|(?:error: )?(?:release version|invalid target release:?) (?<what>\d+)(?: not supported)?", "the JDK {0} that this needs is not installed"),
        new(CannotRunKind.Sdk, @"SDK location not found\. Define a valid SDK location", "the Android SDK is not installed"),

        // Go
        new(CannotRunKind.Packages, @"(?<what>\S+): module lookup disabled by GOPROXY=off|dial tcp: lookup (?<what>proxy\.golang\.org|sum\.golang\.org)|lookup (?<what>proxy\.golang\.org)", "Go modules are missing ({0}): they were not downloaded by set-up"),
        new(CannotRunKind.Sdk, @"requires go >= (?<what>[\d.]+) \(running|note: module requires Go (?<what>[\d.]+)", "Go {0} is not installed"),
        new(CannotRunKind.Program, @"C compiler ""(?<what>[^""]+)"" not found", "the C compiler {0} is not installed"),

        // Ruby and PHP
        new(CannotRunKind.Packages, @"Could not find (?<what>\S+) in (?:any of the sources|locally installed gems)|bundler: command not found: (?<what>\S+)|Could not find gem '(?<what>[^']+)'", "the gem {0} is not installed"),
        new(CannotRunKind.Sdk, @"Your Ruby version is [\d.]+, but your Gemfile specified (?<what>\S+)", "Ruby {0} is not installed"),
        new(CannotRunKind.Packages, @"Could not open input file: (?<what>vendor/bin/\S+)|Failed opening required '[^']*(?<what>vendor/autoload\.php)'", "{0} is not there: composer did not install it"),
        new(CannotRunKind.Sdk, @"requires (?<what>php [^\s]+|ext-\w+)[^\n]*(?:does not satisfy|is missing from your system|it is missing)", "{0} is not installed"),

        // C and C++
        new(CannotRunKind.Sdk, @"CMake (?<what>[\d.]+) or higher is required", "CMake {0} is not installed"),
        new(CannotRunKind.Program, @"No CMAKE_(?<what>C|CXX|Fortran)_COMPILER could be found", "no {0} compiler is installed"),
        new(CannotRunKind.Packages, @"Could NOT find (?<what>\w+) \(missing|Dependency ""(?<what>[^""]+)"" not found, tried|Could not find a package configuration file provided by ""(?<what>[^""]+)""|cannot find -l(?<what>[\w+-]+)", "the library {0} is not installed"),
        new(CannotRunKind.Script, @"\*\*\* No rule to make target [`'](?<what>[\w.-]+)'\.\s+Stop", "the Makefile has no target '{0}'"),

        // Nothing to run
        new(CannotRunKind.NoTests, @"^No tests? (?:files )?found, exiting with code 1|^=+ no tests ran in |^no tests ran in |No test is available in |Zero tests ran", "it found no tests"),

        // The system
        new(CannotRunKind.Program, @"error while loading shared libraries: (?<what>[^:\s]+)|version [`'](?<what>GLIBC_[\d.]+)' not found", "the system library {0} is missing"),
        new(CannotRunKind.Program, @"bad interpreter: No such file or directory|^\S*env: ['‘]?(?<what>[^'’:\n]+)['’]?: No such file or directory", "the interpreter {0} is not installed"),
    ];

    private static readonly Regex NotFound = new(
        @"^(?:.*?: )?(?:(?:line )?\d+: )?(?<what>[\w./+@-]+): (?:command )?not found\s*$|(?<what>[\w./+@-]+): No such file or directory\s*$",
        RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking);

    /// <summary>Looks at how a command ended.</summary>
    /// <param name="command">Shell line it ran.</param>
    /// <param name="exitCode">Its exit code.</param>
    /// <param name="outputTail">The end of what it printed, both streams.</param>
    /// <returns>Why it could not run, or null when it ran, red or green.</returns>
    public static CannotRun? Classify(string command, int exitCode, string outputTail)
    {
        if (exitCode == 0)
            return null;
        var text = outputTail.Length > Tail ? outputTail[^Tail..] : outputTail;
        foreach (var sign in Signs)
        {
            if (sign.Pattern.Match(text) is { Success: true } match)
                return new CannotRun(sign.Kind, Sentence(command, sign.Words, match.Groups["what"].Value));
        }

        return exitCode switch
        {
            127 => new CannotRun(CannotRunKind.Program, Sentence(command, "{0} is not installed", NotFound.Matches(text) is { Count: > 0 } m ? m[^1].Groups["what"].Value : "a program")),
            126 => new CannotRun(CannotRunKind.Program, Sentence(command, "what it names cannot be executed", "")),
            // pytest's own code for "no tests collected".
            5 when command.Contains("pytest", StringComparison.Ordinal) => new CannotRun(CannotRunKind.NoTests, Sentence(command, "it found no tests", "")),
            _ => null,
        };
    }

    private static string Sentence(string command, string words, string what)
    {
        var name = TextCut.Head(what.Trim(), 80);
        var said = words.Replace("{0}", name, StringComparison.Ordinal).Replace(" ()", "", StringComparison.Ordinal).Replace("  ", " ", StringComparison.Ordinal).Replace(" :", ":", StringComparison.Ordinal);
        var line = command.ReplaceLineEndings(" ");
        return $"`{TextCut.Head(line, 120, "…").Replace('`', '\'')}` cannot run here: {said}.";
    }

    private sealed record Sign(CannotRunKind Kind, string Text, string Words)
    {
        public Regex Pattern { get; } = new(Text, RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking);
    }
}

/// <summary>What a command lacked.</summary>
public enum CannotRunKind
{
    /// <summary>A program or system library.</summary>
    Program,

    /// <summary>A language's SDK, runtime or version.</summary>
    Sdk,

    /// <summary>Packages that set-up should have fetched.</summary>
    Packages,

    /// <summary>The script or target that the command names.</summary>
    Script,

    /// <summary>Tests: it ran and found none.</summary>
    NoTests,
}
