namespace CodingAgent.Workflows.Policy;

/// <summary>
/// Files that decide what checks run and what they find: build files, the settings of test runners, compilers and linters, and files that a
/// check's own line names. Who changes one of them changes the measure and not only what is measured. The one table of the product;
/// judged by path alone, names as the tools spell them.
/// </summary>
public static class RunnerFiles
{
    private static readonly string[] Any =
    [
        // Build programs.
        "Makefile", "makefile", "GNUmakefile", "*.mk", "justfile", "Justfile", ".justfile", "Taskfile.yml", "Taskfile.yaml", "Rakefile", "Earthfile", "SConstruct",
        "CMakeLists.txt", "*.cmake", "CMakePresets.json", "meson.build", "meson_options.txt", "meson.options", "configure", "configure.ac", "Makefile.am", "Makefile.in", "xmake.lua",
        "BUILD", "BUILD.bazel", "WORKSPACE", "WORKSPACE.bazel", "MODULE.bazel", "*.bzl", ".bazelrc", "build.xml", "build.zig", "build.rs", "magefile.go",
        "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "gradle.properties", "gradlew", "gradlew.bat", "gradle-wrapper.properties",
        "mvnw", "mvnw.cmd", "maven.config", "jvm.config", "extensions.xml", "build.sbt", "mix.exs", "rebar.config",
        // .NET.
        "*.props", "*.targets", "Directory.Build.rsp", "*.runsettings", "xunit.runner.json", "testconfig.json", "*.ruleset", ".globalconfig", "stylecop.json", "*.sln", "*.slnx", "*.slnf", ".editorconfig", "global.json",
        // JavaScript.
        "jest.config.*", "jest.setup.*", "jest.preset.*", "vitest.config.*", "vitest.workspace.*", "vitest.setup.*", "vite.config.*", ".mocharc.*", "mocha.opts", "karma.conf.*", "ava.config.*", ".taprc",
        "playwright.config.*", "cypress.config.*", "cypress.json", "babel.config.*", ".babelrc*", ".swcrc", "tsconfig*.json", "jsconfig.json", "webpack.config.*", "rollup.config.*",
        "esbuild.config.*", "tsup.config.*", "gulpfile.*", "Gruntfile.*", "nx.json", "project.json", "turbo.json", "lerna.json", ".nycrc*", ".c8rc*", "deno.json", "deno.jsonc", "bunfig.toml",
        ".eslintrc*", "eslint.config.*", ".eslintignore", ".prettierrc*", "prettier.config.*", ".prettierignore", "biome.json", "biome.jsonc", ".stylelintrc*", "tslint.json", ".xo-config.*",
        // Python.
        "conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "noxfile.py", ".coveragerc", "ruff.toml", ".ruff.toml", ".flake8", "mypy.ini", ".mypy.ini", ".pylintrc", "pylintrc",
        "pyrightconfig.json", "sitecustomize.py", "usercustomize.py", "*.pth",
        // Others.
        "rustfmt.toml", ".rustfmt.toml", "clippy.toml", ".clippy.toml", "rust-toolchain", "rust-toolchain.toml", "nextest.toml", ".golangci.*",
        ".rspec", ".rubocop.yml", "spec_helper.rb", "rails_helper.rb", "test_helper.rb", "phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml", "phpstan.neon", "phpstan.neon.dist", "psalm.xml",
        ".clang-tidy", ".clang-format", "CTestConfig.cmake", "CTestCustom.cmake", ".shellcheckrc", "setup_suite.bash", "test_helper.bash", "checkstyle.xml", "pmd.xml", "lombok.config",
        "junit-platform.properties", "test_helper.exs", ".formatter.exs", ".credo.exs", "analysis_options.yaml", "dart_test.yaml", ".swiftlint.yml", "*.xctestplan",
        // What scanners and coverage find, and what they are told to pass over.
        "codecov.yml", ".codecov.yml", ".coveralls.yml", "sonar-project.properties", ".sonarcloud.properties", ".codeclimate.yml", ".snyk", ".trivyignore", ".trivyignore.yaml", "trivy.yaml", ".gitleaks.toml", ".gitleaksignore",
        ".secretlintrc*", ".secretlintignore", ".semgrepignore", ".semgrep.yml", ".semgrep.yaml", ".checkov.yml", ".checkov.yaml", ".bandit", "osv-scanner.toml", "audit-ci.json", "audit-ci.jsonc", ".nsprc", ".grype.yaml", "deny.toml", "cargo-deny.toml",
        ".hadolint.yaml", ".tflint.hcl", "zizmor.yml", ".zizmor.yml", "actionlint.yaml",
    ];

    private static readonly string[] Folders = [".cargo/**", "**/.cargo/**", ".mvn/**", "**/.mvn/**", ".config/nextest.toml", "gradle/**/*.gradle*", "buildSrc/**", "build-logic/**"];

    // Manifests that hold such settings beside other things.
    private static readonly string[] Shared = ["package.json", "composer.json", "pyproject.toml", "Cargo.toml", "setup.cfg", "pom.xml", "*.csproj", "*.fsproj", "*.vbproj", "Directory.Packages.props"];

    // Case does not count: some disks, and some tools, do not tell.
    private static readonly Func<string, bool> IsOne = PathGlob.All([.. Any.Select(n => $"**/{n}"), .. Folders], denies: true);
    private static readonly Func<string, bool> IsMixed = PathGlob.All([.. Shared.Select(n => $"**/{n}")], denies: true);

    /// <summary>True for a file that is nothing but such settings.</summary>
    /// <param name="path">Path from the repository root.</param>
    public static bool Is(string path) => IsOne(path) && !IsMixed(path);

    /// <summary>True for such a file, and for one that a check's line names: all that the path alone tells.</summary>
    /// <param name="path">Path from the repository root.</param>
    /// <param name="checks">The checks.</param>
    public static bool Decides(string path, IEnumerable<RepositoryPolicy.Check> checks) => Is(path) || IsNamed(path, checks.Select(c => c.Run));

    /// <summary>True for a manifest whose content says whether a change of it is one of such settings.</summary>
    /// <param name="path">Path from the repository root.</param>
    public static bool IsShared(string path) => IsMixed(path);

    /// <summary>
    /// True for a file that one of the lines names: <c>./ci/test.sh</c>, <c>python tools/run.py</c>, <c>make -f build/Makefile</c>,
    /// <c>--config=ci/jest.js</c>, <c>cd web; node run.js</c>.
    /// </summary>
    /// <param name="path">Path from the repository root.</param>
    /// <param name="lines">The checks' lines.</param>
    public static bool IsNamed(string path, IEnumerable<string> lines) => lines.Any(line =>
    {
        // Whatever the shell would make of it: each run of characters that can be a path.
        var words = line.Split([' ', '\t', '\r', '\n', '\'', '"', '`', ';', '&', '|', '<', '>', '(', ')', '{', '}', '=', ',', ':', '$', '@'], StringSplitOptions.RemoveEmptyEntries)
            .Select(Plain).Where(w => w.Length > 0).ToArray();
        // A line may change folders first; then what it names lies below one that it names.
        return words.Contains(path, StringComparer.Ordinal)
            || words.Any(folder => path.StartsWith(folder + "/", StringComparison.Ordinal) && words.Contains(path[(folder.Length + 1)..], StringComparer.Ordinal));
    });

    private static string Plain(string word)
    {
        var parts = new List<string>();
        foreach (var part in word.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("." or ".."))
                parts.Add(part);
        }

        return string.Join('/', parts);
    }
}
