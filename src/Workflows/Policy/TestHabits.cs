namespace CodingAgent.Workflows.Policy;

/// <summary>
/// Where the ecosystems keep their tests. Names count only with the endings of the languages that have the habit: a
/// <c>payload.test.cs</c> is product code to a C# compiler.
/// </summary>
public static class TestHabits
{
    private static readonly string[] Anywhere =
    [
        "test/**", "tests/**", "**/test/**", "**/tests/**", "**/testdata/**", "**/test-data/**", "**/__snapshots__/**", "**/__fixtures__/**", "e2e/**",
    ];

    private static readonly Dictionary<string, string[]> ByEcosystem = new(StringComparer.Ordinal)
    {
        ["dotnet"] = ["**/*Tests/**", "**/*.Tests/**", "**/*.Test/**", "**/*.Specs/**", "**/*.verified.txt", "**/*.verified.json", "**/*.verified.xml"],
        ["node"] =
        [
            "spec/**", "**/__tests__/**", "**/__mocks__/**", "**/*.snap", "cypress/**", "**/cypress/**",
            .. new[] { "js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "vue", "svelte" }.SelectMany(e => new[] { $"**/*.test.{e}", $"**/*.spec.{e}" }),
            "**/*_test.ts", "**/*_test.js", "**/*-test.js", "**/*-test.ts", "**/*.test-d.ts", "**/*.e2e-spec.ts", "**/*.cy.ts", "**/*.cy.js", "**/*.stories.tsx", "test.js",
        ],
        ["python"] = ["**/test_*.py", "**/*_test.py", "**/conftest.py", "**/tests.py"],
        ["go"] = ["**/*_test.go"],
        ["cargo"] = ["**/tests.rs", "**/*_test.rs", "**/*_tests.rs", "**/*.snap"],
        ["jvm"] =
        [
            "**/src/test/**", "**/src/*Test/**", "**/src/it/**", "**/src/testFixtures/**",
            .. new[] { "java", "kt", "groovy", "scala" }.SelectMany(e => new[] { $"**/*Test.{e}", $"**/*Tests.{e}", $"**/*IT.{e}", $"**/*Spec.{e}" }),
        ],
        ["ruby"] = ["spec/**", "**/*_spec.rb", "**/*_test.rb", "**/test_*.rb", "features/**"],
        ["php"] = ["**/*Test.php", "**/Tests/**", "**/Test/**", "**/*Cest.php"],
        ["native"] =
        [
            "**/unittests/**", "**/unittest/**",
            .. new[] { "c", "cc", "cpp", "cxx" }.SelectMany(e => new[] { $"**/*_test.{e}", $"**/*_tests.{e}", $"**/*_unittest.{e}", $"**/test_*.{e}", $"**/*Test.{e}", $"**/*Tests.{e}" }),
        ],
        ["shell"] = ["**/*.bats", "**/*_test.sh", "**/test_*.sh", "**/*-test.sh", "test.sh", "t/**"],
    };

    /// <summary>The habits of every ecosystem, for a repository nobody has looked at; C# files named after tests among them.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. Anywhere.Concat(ByEcosystem.Values.SelectMany(p => p)).Append("**/*Tests.cs").Append("**/*_test.exs").Append("**/*_test.dart").Distinct(StringComparer.Ordinal)];

    /// <summary>The habits of some ecosystems, and what is known of this repository.</summary>
    internal static IReadOnlyList<string> For(IReadOnlyCollection<string> ecosystems, IEnumerable<string> known) => ecosystems.Count == 0
        ? All
        : [.. Anywhere.Concat(ByEcosystem.Where(e => ecosystems.Contains(e.Key)).SelectMany(e => e.Value)).Concat(known).Where(PathGlob.IsValid).Distinct(StringComparer.Ordinal)];
}
