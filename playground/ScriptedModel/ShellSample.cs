namespace CodingAgent.Playground.ScriptedModel;

/// <summary>
/// A tiny repository in shell, with the issue a script exists for: for tests that want the whole way without a compiler. Its checks
/// need nothing but <c>sh</c>.
/// </summary>
public static class ShellSample
{
    /// <summary>Title of the issue.</summary>
    public const string IssueTitle = "Let add.sh add three numbers";

    /// <summary>Body of the issue.</summary>
    public const string IssueBody = "`src/add.sh` adds two numbers. It should also take a third one.\n\n- `add.sh 1 2 3` prints 6\n- `add.sh 1 2` still prints 3\n";

    /// <summary>A review remark that the script's fixer understands.</summary>
    public const string ReviewRemark = "Please print a usage line when numbers are missing.";

    /// <summary>Shell line of the one check of the policy file.</summary>
    public const string CheckCommand = "sh tests/run.sh";

    /// <summary>Shell line of the check that only CI has; it refuses the coder's first submission.</summary>
    public const string LintCommand = "sh scripts/lint.sh";

    /// <summary>Policy file: plan approval always, one check.</summary>
    public const string Policy = """
        version: 1
        plan:
          approval: always
        paths:
          allow: ["src/**", "tests/**"]
          deny: [".github/**", "scripts/**"]
        tests:
          patterns: ["tests/**"]
          required_with_code: true
        checks:
          - name: test
            run: sh tests/run.sh
        ci:
          required: true

        """;

    /// <summary>The repository's files, by path.</summary>
    public static IReadOnlyDictionary<string, string> Files { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["src/add.sh"] = """
            #!/bin/sh
            # Adds two numbers.
            echo $(($1 + $2))

            """,
        ["tests/run.sh"] = """
            #!/bin/sh
            # Runs every test; a test is a file *_test.sh that ends with 0.
            red=0
            for test in tests/*_test.sh; do
              if sh "$test"; then echo "ok $test"; else echo "not ok $test"; red=1; fi
            done
            exit $red

            """,
        ["tests/two_test.sh"] = """
            #!/bin/sh
            # Two numbers.
            test "$(sh src/add.sh 1 2)" = 3

            """,
        ["scripts/lint.sh"] = """
            #!/bin/sh
            # Style: no line longer than 80 columns. Only CI runs it.
            awk 'length($0) > 80 { printf "%s:%d: longer than 80 columns\n", FILENAME, FNR; bad = 1 } END { exit bad }' src/*.sh tests/*.sh

            """,
        [".github/workflows/ci.yml"] = """
            name: ci
            on: [push]
            jobs:
              test:
                runs-on: ubuntu-latest
                steps:
                  - run: sh tests/run.sh
              lint:
                runs-on: ubuntu-latest
                steps:
                  - run: sh scripts/lint.sh

            """,
        [".github/coding-agent.yml"] = Policy,
        ["AGENTS.md"] = "Plain POSIX sh. Tests are files `tests/*_test.sh`; run them with `sh tests/run.sh`.\n",
    };

    /// <summary>Writes the files into a folder.</summary>
    public static void WriteTo(string folder)
    {
        foreach (var (path, text) in Files)
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text.ReplaceLineEndings("\n"));
        }
    }
}
