using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Detection;

/// <summary>A command that CI runs and that may be run here as well.</summary>
/// <param name="Folder">Folder it runs in, from the root.</param>
/// <param name="Line">Shell line of plain words; one command, or some joined by <c>&amp;&amp;</c>.</param>
/// <param name="Program">Its program, behind wrappers such as <c>poetry run</c>.</param>
/// <param name="Kind">What it proves; null for what installs or does something else.</param>
/// <param name="Source">File that names it.</param>
internal sealed partial record CiCommand(string Folder, string Line, string Program, CheckKind? Kind, string Source)
{
    /// <summary>Looks whether what ran before has changed files that are committed. The one git command that is read from a CI file.</summary>
    public const string NothingChanged = "git diff --exit-code";

    private static readonly string[] Wrappers =
    [
        "poetry run", "uv run", "pdm run", "pipenv run", "hatch run", "rye run", "bundle exec", "npx", "pnpm exec", "yarn exec", "bunx", "python -m", "python3 -m",
        "xvfb-run -a", "xvfb-run", "time",
    ];

    // Whatever leaves this machine, or the sandbox, or asks for what only CI has.
    private static readonly string[] Outward =
    [
        "deploy", "publish", "release", "upload", "login", "push", "docker", "podman", "kubectl", "helm", "terraform", "aws", "gcloud", "az", "gh", "curl", "wget",
        "ssh", "scp", "rsync", "sudo", "apt-get", "apt", "brew", "choco", "codecov", "coveralls", "sonar", "snyk", "twine", "git", "eval", "exec", "export", "rm", "mv",
    ];

    private static readonly string[] LintPrograms =
        ["ruff", "flake8", "mypy", "black", "isort", "pylint", "pyright", "eslint", "prettier", "tsc", "biome", "golangci-lint", "staticcheck", "rubocop", "phpstan", "shellcheck"];

    private static readonly string[] TestPrograms = ["pytest", "unittest", "rspec", "phpunit", "vendor/bin/phpunit", "vendor/bin/pest", "ctest", "bats", "jest", "vitest", "mocha", "tox", "nox"];

    /// <summary>Reads one line of a script; null when it is not a plain, harmless command.</summary>
    public static CiCommand? Parse(string folder, string line, string source)
    {
        line = Spaces().Replace(line.Trim(), " ");
        if (line.Length is 0 or > 300 || !Plain().IsMatch(line))
            return null;
        if (Unchanged().IsMatch(line))
            return new CiCommand(folder, NothingChanged, "git", null, source);
        CiCommand? last = null;
        var kept = new List<string>();
        foreach (var part in line.Split(" && "))
        {
            // A folder changed at the start is where the rest runs.
            if (part.StartsWith("cd ", StringComparison.Ordinal) && kept.Count == 0)
            {
                if (Paths.Resolve(folder, part[3..].Trim('"', '\'')) is not { } next)
                    return null;
                folder = next;
                continue;
            }

            var words = part.Split(' ');
            // "-c Release" is a configuration, and no release.
            if (words.Where((_, i) => i == 0 || words[i - 1] is not ("-c" or "--configuration")).Any(w => Outward.Contains(Paths.Name(w).Split(':')[0].ToLowerInvariant())) || part.Contains('&'))
                return null;
            var bare = part;
            for (var again = true; again;)
            {
                again = false;
                foreach (var wrapper in Wrappers.Where(w => bare.StartsWith(w + " ", StringComparison.Ordinal)))
                    (bare, again) = (bare[(wrapper.Length + 1)..], true);
            }

            var program = bare.Split(' ')[0];
            last = new CiCommand(folder, part, program, KindOf(program, bare), source);
            // Installing is set-up's, which has the network.
            if (!Installs().IsMatch(bare))
                kept.Add(part);
        }

        return last is null || kept.Count == 0 ? last : last with { Line = string.Join(" && ", kept) };
    }

    private static CheckKind? KindOf(string program, string line)
    {
        if (line.Contains("--help", StringComparison.Ordinal) || line.Contains("--version", StringComparison.Ordinal) || line.Contains("--watch", StringComparison.Ordinal))
            return null;
        if (TestPrograms.Contains(program))
            return CheckKind.Test;
        if (LintPrograms.Contains(program))
            return CheckKind.Lint;
        var words = line.Split(' ');
        // The first word that is no option names what is done: "npm run test:unit", "cargo test --all", "make -C src check", "./gradlew :a:test".
        var verbs = words.Skip(1).Where(w => !w.StartsWith('-') && w is not ("run" or "workspaces")).ToArray();
        var verb = verbs.FirstOrDefault() ?? "";
        return program switch
        {
            "dotnet" => verb switch { "test" => CheckKind.Test, "build" => CheckKind.Build, "format" when line.Contains("--verify-no-changes", StringComparison.Ordinal) => CheckKind.Lint, _ => null },
            "cargo" => verb switch { "test" or "nextest" => CheckKind.Test, "build" or "check" => CheckKind.Build, "clippy" => CheckKind.Lint, "fmt" when line.Contains("--check", StringComparison.Ordinal) => CheckKind.Lint, _ => null },
            "go" => verb switch { "test" => CheckKind.Test, "build" => CheckKind.Build, "vet" => CheckKind.Lint, _ => null },
            "mvn" or "./mvnw" or "gradle" or "./gradlew" => verbs.Any(v => v is "test" or "verify" or "check" or "build" or "package" or "install" || v.EndsWith(":test", StringComparison.Ordinal)) ? CheckKind.Test : null,
            "npm" or "pnpm" or "yarn" or "bun" or "make" or "just" or "composer" or "rake" or "bin/rails" or "rails" or "meson" => OfScript(verb, program),
            "node" => words.Contains("--test") ? CheckKind.Test : null,
            "bash" or "sh" => OfScript(Paths.Stem(verb), "make"),
            _ when program.StartsWith("./", StringComparison.Ordinal) && program.EndsWith(".sh", StringComparison.Ordinal) => OfScript(Paths.Stem(program), "make"),
            _ => null,
        };
    }

    private static CheckKind? OfScript(string name, string program)
    {
        if (program is "npm" or "pnpm" or "yarn" or "bun" && name is "install" or "ci" or "i" or "add")
            return null;
        var parts = name.ToLowerInvariant().Split('-', '_', ':', '.');
        // Tests that want a browser or a whole system are not what a sandbox without network can answer.
        if (parts.Any(p => p is "e2e" or "browser" or "browsers" or "cypress" or "playwright" or "watch" or "integration" or "smoke" or "bench" or "release" or "fix" or "visual"))
            return null;
        if (parts.Any(p => p is "test" or "tests" or "t" or "spec" or "jest" or "vitest" or "unittest") || (name == "check" && program == "make"))
            return CheckKind.Test;
        if (parts.Any(p => p is "lint" or "typecheck" or "types" or "check" or "eslint" or "tsc"))
            return CheckKind.Lint;
        return name is "build" or "compile" or "all" ? CheckKind.Build : null;
    }

    [GeneratedRegex(@"^git (?:--no-pager )?diff (?:--stat |--color(?:=always)? |--quiet )*--(?:exit-code|quiet)(?: --stat| --quiet| --exit-code| -- \.)*$", RegexOptions.NonBacktracking)]
    private static partial Regex Unchanged();

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^(?:npm (?:ci|install|i)|pnpm (?:install|i)|yarn(?: install)?$|bun install|pip3? install|dotnet restore|bundle install|composer install|cargo fetch|go mod download|poetry install|uv sync|pdm install)\b", RegexOptions.NonBacktracking)]
    private static partial Regex Installs();

    // Words, quotes and joining by "&&"; no variable, expansion, pipe, redirection or second line.
    [GeneratedRegex(@"\A[\w ./:=,@+%^~!""'\[\]&-]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex Plain();
}
