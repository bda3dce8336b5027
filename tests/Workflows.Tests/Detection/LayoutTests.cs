using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Tests.Detection;

/// <summary>Layouts as public repositories have them: what sets them up, and what tests them.</summary>
public sealed class LayoutTests
{
    private const string TestProject = "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup><PackageReference Include=\"xunit\" /><ProjectReference Include=\"..\\..\\src\\App\\App.csproj\" /></ItemGroup></Project>";
    private const string Library = "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>";
    private const string NoTests = "{\"scripts\":{\"test\":\"echo \\\"Error: no test specified\\\" && exit 1\"}}";

    [Fact]
    public void DotNet_OneSolution_IsRestoredAndTested() => Shows(
        new Layout { ["App.sln"] = Solution("src\\App\\App.csproj", "tests\\App.Tests\\App.Tests.csproj"), ["src/App/App.csproj"] = Library, ["tests/App.Tests/App.Tests.csproj"] = TestProject },
        ["dotnet restore App.sln"], ["dotnet test App.sln"]);

    [Fact]
    public void Python_MetadataInSetupCfgAlone_IsNothingToInstall() => Shows(
        new Layout
        {
            ["setup.cfg"] = "[metadata]\nname = queues\n[options]\npackages = queues\n",
            ["queues/__init__.py"] = "",
            ["tests/test_queue.py"] = "import unittest\n",
            [".github/workflows/ci.yml"] = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: python3 -m unittest discover -s tests -t .\n",
        },
        [], ["python -m unittest discover -s tests -t ."]);

    [Fact]
    public void DotNet_SeveralSolutions_TheOneWithMostTestsIsChosenAndNamed()
    {
        var found = new Layout
        {
            ["All.slnx"] = Solution("src/App/App.csproj", "tests/App.Tests/App.Tests.csproj"),
            ["Tools.sln"] = Solution("tools/T/T.csproj"),
            ["tools/T/T.csproj"] = Library,
            ["src/App/App.csproj"] = Library,
            ["tests/App.Tests/App.Tests.csproj"] = TestProject,
        };
        Shows(found, ["dotnet restore All.slnx"], ["dotnet test All.slnx"]);
        found.Detect().Notes.ShouldContain(n => n.Contains("All.slnx", StringComparison.Ordinal));
    }

    [Fact]
    public void DotNet_NoSolution_NamesTestProjects() => Shows(
        new Layout { ["src/App/App.csproj"] = Library, ["test/A/A.Tests.csproj"] = TestProject, ["test/B/B.Tests.csproj"] = TestProject },
        ["dotnet restore test/A/A.Tests.csproj && dotnet restore test/B/B.Tests.csproj"], ["dotnet test test/A/A.Tests.csproj && dotnet test test/B/B.Tests.csproj"]);

    [Fact]
    public void DotNet_SolutionInSubfolder_IsNamedByPath() => Shows(
        new Layout { ["source/App.sln"] = Solution("App.Tests\\App.Tests.csproj"), ["source/App.Tests/App.Tests.csproj"] = TestProject, ["README.md"] = "" },
        ["dotnet restore source/App.sln"], ["dotnet test source/App.sln"]);

    [Fact]
    public void DotNet_TestingPlatformRunner_TakesTheSolutionByOption() => Shows(
        new Layout
        {
            ["App.slnx"] = Solution("tests/App.Tests/App.Tests.csproj"),
            ["tests/App.Tests/App.Tests.csproj"] = TestProject,
            ["global.json"] = "{\"sdk\":{\"version\":\"10.0.100\",\"rollForward\":\"latestFeature\"},\"test\":{\"runner\":\"Microsoft.Testing.Platform\"}}",
        },
        ["dotnet restore App.slnx"], ["dotnet test --solution App.slnx"]);

    [Theory]
    [InlineData("10.0.401", null, false)]
    [InlineData("10.0.400", null, false)]
    [InlineData("10.0.100", null, true)]
    [InlineData("10.0.100", "latestFeature", false)]
    [InlineData("8.0.100", "latestMajor", false)]
    [InlineData("9.0.100", "latestMinor", true)]
    [InlineData("10.0.402", "patch", true)]
    [InlineData("nonsense", null, false)]
    public void DotNet_GlobalJson_WantsAnAbsentSdk_IsSaid(string version, string? rollForward, bool said)
    {
        var forward = rollForward is null ? "" : $",\"rollForward\":\"{rollForward}\"";
        var found = new Layout { ["A.Tests.csproj"] = TestProject, ["global.json"] = $"{{\"sdk\":{{\"version\":\"{version}\"{forward}}}}} // comment" }.Detect();
        found.Notes.Any(n => n.Contains("global.json", StringComparison.Ordinal)).ShouldBe(said);
    }

    [Fact]
    public void DotNet_WindowsOnlyProjects_AreLeftOutAndSaid()
    {
        var found = new Layout
        {
            ["App.sln"] = Solution("W\\W.csproj", "T.Tests\\T.Tests.csproj"),
            ["W/W.csproj"] = Library.Replace("net10.0", "net48", StringComparison.Ordinal),
            ["T.Tests/T.Tests.csproj"] = TestProject,
            ["L.Tests/L.Tests.csproj"] = TestProject.Replace("net10.0", "net472", StringComparison.Ordinal),
        }.Detect();
        Runs(found).ShouldBe(["dotnet test T.Tests/T.Tests.csproj"]);
    }

    [Fact]
    public void DotNet_CiOptions_AreKeptWithoutTheirBallast() => Shows(
        new Layout
        {
            ["App.sln"] = Solution("App.Tests\\App.Tests.csproj"),
            ["App.Tests/App.Tests.csproj"] = TestProject,
            [".github/workflows/ci.yml"] = "on: [push]\njobs:\n  b:\n    runs-on: ubuntu-latest\n    steps:\n      - run: dotnet restore\n      - run: dotnet build --no-restore\n      - run: dotnet test --no-build -c Release --filter \"Category!=Slow\" --logger trx\n",
        },
        ["dotnet restore App.sln"], ["dotnet test App.sln -c Release --filter \"Category!=Slow\""]);

    [Fact]
    public void Npm_LockFile_IsInstalledExactly() => Shows(
        new Layout { ["package.json"] = Package("jest", dev: "jest"), ["package-lock.json"] = "{}" }, ["npm ci --no-audit --no-fund"], ["npm test"]);

    [Fact]
    public void Npm_DefaultTestScript_IsNoTest() =>
        new Layout { ["package.json"] = NoTests, ["index.js"] = "" }.Detect().HasTests.ShouldBeFalse();

    [Fact]
    public void Npm_WatchingScript_IsRunOnce() => Runs(new Layout { ["package.json"] = Package("vitest --watch", dev: "vitest"), ["package-lock.json"] = "" }.Detect()).ShouldBe(["npx vitest run"]);

    [Fact]
    public void Npm_BrowserTests_GiveWayToUnitTests() =>
        Runs(new Layout { ["package.json"] = "{\"scripts\":{\"test\":\"playwright test\",\"test:unit\":\"node --test\"}}" }.Detect()).ShouldBe(["npm run test:unit"]);

    [Fact]
    public void Npm_NoScriptButNodeTests_RunsNodesOwnRunner() =>
        Runs(new Layout { ["package.json"] = "{\"name\":\"a\"}", ["test/a.test.mjs"] = "" }.Detect()).ShouldBe(["node --test"]);

    [Fact]
    public void Pnpm_VersionOfTheLock_IsInstalledIntoHome()
    {
        var found = new Layout { ["package.json"] = Package("vitest run", dev: "vitest"), ["pnpm-lock.yaml"] = "lockfileVersion: '6.0'\n" }.Detect();
        found.Setup[0].Command.ShouldBe("npm install --global --prefix \"$HOME/.local\" --no-audit --no-fund pnpm@8 && PATH=\"$HOME/.local/bin:$PATH\" pnpm install --frozen-lockfile");
        found.Setup[0].UpdateCommand!.ShouldEndWith("pnpm install --no-frozen-lockfile");
        Runs(found).ShouldBe(["PATH=\"$HOME/.local/bin:$PATH\" pnpm test"]);
    }

    // heroku-buildpack-nodejs 1313, railpack 183: the field wins over what lies around.
    [Fact]
    public void PackageManagerField_WinsOverLockFiles()
    {
        var found = new Layout { ["package.json"] = Package("jest", dev: "jest", more: ",\"packageManager\":\"yarn@4.9.2+sha512.abc\""), ["package-lock.json"] = "{}", ["yarn.lock"] = "__metadata:\n  version: 8\n" }.Detect();
        found.Setup[0].Command.ShouldContain("@yarnpkg/cli-dist@4.9.2 ");
        found.Setup[0].Command.ShouldEndWith("yarn install --immutable");
        found.Notes.ShouldContain(n => n.Contains("package-lock.json", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("# yarn lockfile v1\n", "yarn@1.22.22", "yarn install --frozen-lockfile --non-interactive")]
    [InlineData("__metadata:\n  version: 8\n", "@yarnpkg/cli-dist@4", "yarn install --immutable")]
    [InlineData("__metadata:\n  version: 6\n", "@yarnpkg/cli-dist@3", "yarn install --immutable")]
    public void Yarn_ClassicAndBerry_AreToldApartByTheLock(string text, string package, string install)
    {
        var setup = new Layout { ["package.json"] = Package("jest", dev: "jest"), ["yarn.lock"] = text }.Detect().Setup[0].Command;
        setup.ShouldContain(package + " ");
        setup.ShouldEndWith(install);
    }

    [Theory]
    [InlineData("pnpm@9; rm -rf /")]
    [InlineData("pnpm@$(id)")]
    [InlineData("evil@1.0.0")]
    public void PackageManagerField_ThatIsNoVersion_ReachesNoShell(string field)
    {
        var found = new Layout { ["package.json"] = Package("jest", dev: "jest", more: $",\"packageManager\":\"{field}\"") }.Detect();
        found.Setup[0].Command.ShouldBe("npm install --no-package-lock --no-audit --no-fund");
    }

    [Fact]
    public void Bun_Lock_IsRunByBun() => Runs(new Layout { ["package.json"] = Package("bun test", dev: "x"), ["bun.lock"] = "" }.Detect()).ShouldBe(["PATH=\"$HOME/.local/bin:$PATH\" bun run test"]);

    [Fact]
    public void Npm_Workspaces_TestPackagesThatHaveTests() => Shows(
        new Layout
        {
            ["package.json"] = "{\"workspaces\":[\"packages/*\"],\"devDependencies\":{\"jest\":\"1\"}}",
            ["package-lock.json"] = "{}",
            ["packages/a/package.json"] = "{\"name\":\"@x/a\",\"scripts\":{\"test\":\"jest\"}}",
            ["packages/b/package.json"] = NoTests.Insert(1, "\"name\":\"b\","),
            ["packages/c/package.json"] = "{\"name\":\"c\",\"scripts\":{\"test\":\"jest\"}}",
        },
        ["npm ci --no-audit --no-fund"], ["npm run test --workspace=@x/a --workspace=c"]);

    // railwayapp/nixpacks on PostHog and litellm: a package.json beside Python must not hide Python, nor the other way round.
    [Fact]
    public void PythonWithPackageJsonForTooling_IsPython()
    {
        var found = new Layout { ["pyproject.toml"] = "[project]\nname='a'\n", ["tests/test_a.py"] = "", ["package.json"] = "{\"devDependencies\":{\"prettier\":\"3\"}}", ["package-lock.json"] = "{}" }.Detect();
        Runs(found).ShouldBe([". \"$HOME/venv/bin/activate\" && python -m pytest"]);
        found.Setup.Single(s => s.Ecosystem == "node").Required.ShouldBeFalse();
        found.Setup.Single(s => s.Ecosystem == "python").Required.ShouldBeTrue();
    }

    // pack 1000: several ecosystems at once are all set up.
    [Fact]
    public void BackendAndFrontend_WithNothingAtTheRoot_AreBothFound()
    {
        var found = new Layout
        {
            ["backend/requirements.txt"] = "flask\npytest\n",
            ["backend/tests/test_a.py"] = "",
            ["frontend/package.json"] = Package("vitest run", dev: "vitest"),
            ["frontend/package-lock.json"] = "{}",
            ["README.md"] = "",
        }.Detect();
        found.Setup.Select(s => s.Command).ShouldBe(["cd frontend && npm ci --no-audit --no-fund", "python3 -m venv \"$HOME/venv\" && . \"$HOME/venv/bin/activate\" && cd backend && python -m pip install -r requirements.txt pytest"]);
        Runs(found).ShouldBe(["cd frontend && npm test", ". \"$HOME/venv/bin/activate\" && cd backend && python -m pytest"]);
        found.Checks.Select(c => c.Name).ShouldBe(["test node frontend", "test python backend"]);
    }

    // coolify 10177: edge functions of a service are no Deno project, and what lies in docs is no project at all.
    [Fact]
    public void ManifestsOfDocsExamplesAndFixtures_AreNoProjects() => Runs(new Layout
    {
        ["package.json"] = Package("jest", dev: "jest"),
        ["docs/package.json"] = Package("vuepress"),
        ["examples/x/package.json"] = Package("jest"),
        ["tests/fixtures/y/package.json"] = Package("jest"),
        ["supabase/functions/deno.json"] = "{}",
    }.Detect()).ShouldBe(["npm test"]);

    [Fact]
    public void Python_Requirements_AndTheirTests() => Shows(
        new Layout { ["requirements.txt"] = "requests\n", ["requirements-dev.txt"] = "-e .\n-r requirements.txt\npytest\n", ["test_app.py"] = "" },
        ["python3 -m venv \"$HOME/venv\" && . \"$HOME/venv/bin/activate\" && python -m pip install -r requirements.txt -r requirements-dev.txt pytest"], [". \"$HOME/venv/bin/activate\" && python -m pytest"]);

    [Fact]
    public void Python_Extras_And_DependencyGroups_OfTests_AreInstalled()
    {
        var setup = new Layout
        {
            ["pyproject.toml"] = "[build-system]\nrequires=['hatchling']\n[project]\nname='a'\n[project.optional-dependencies]\ntest=['pytest']\ngpu=['torch']\n[dependency-groups]\ndev=['pytest-cov>=4; python_version>=\"3.9\"', 'mypy>=1', {include-group='x'}]\n",
            ["tests/test_a.py"] = "",
        }.Detect().Setup[0].Command;
        setup.ShouldContain("-e '.[test]' 'pytest-cov>=4; python_version>=\"3.9\"' 'mypy>=1' pytest");
        setup.ShouldNotContain("torch");
    }

    [Fact]
    public void Python_SetupPyWithExtras_IsInstalledEditable() =>
        new Layout { ["setup.py"] = "setup(name='a', extras_require={'tests': ['pytest'], 'docs': []})", ["tests/test_a.py"] = "" }.Detect().Setup[0].Command.ShouldContain("-e '.[tests]'");

    [Theory]
    [InlineData("", true)]
    [InlineData("dependencies=[]\n", true)]
    [InlineData("dependencies=['requests']\n", false)]
    public void Python_PackageThatNeedsNoOther_MayBeTestedOnItsSources(string dependencies, bool mayBe)
    {
        var setup = new Layout { ["pyproject.toml"] = $"[build-system]\nrequires=['flit_core']\n[project]\nname='a'\n{dependencies}", ["src/a/__init__.py"] = "", ["tests/test_a.py"] = "" }.Detect().Setup[0];
        (setup.Fallback is not null).ShouldBe(mayBe);
        if (setup.Fallback is { } sources)
            sources.Command.ShouldStartWith("python3 -m venv --clear --system-site-packages \"$HOME/venv\" && . \"$HOME/venv/bin/activate\" && { python -c 'import pytest' ||");
    }

    [Theory]
    [InlineData("setup.py", "setup(install_requires=['six'])")]
    [InlineData("setup.py", "setup(ext_modules=[x])")]
    [InlineData("requirements.txt", "six\n")]
    public void Python_PackageThatNeedsMore_IsInstalledOrNothing(string file, string text) =>
        new Layout { ["pyproject.toml"] = "[build-system]\nrequires=['setuptools']\n", [file] = text, ["tests/test_a.py"] = "" }.Detect().Setup[0].Fallback.ShouldBeNull();

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Node_FilesNamedJustTest_AreTestsWhereThatIsTheHabit(int count, bool isHabit)
    {
        var layout = new Layout { ["package.json"] = Package("vitest", dev: "vitest") };
        for (var i = 0; i < count; i++) layout[$"src/f{i}/test.ts"] = "";
        layout.Detect().TestPatterns.Contains("**/test.ts").ShouldBe(isHabit);
    }

    [Fact]
    public void Uv_Lock_IsSyncedIntoTheEnvironment()
    {
        var setup = new Layout { ["pyproject.toml"] = "[project]\nname='a'\nrequires-python='>=3.12'\n[dependency-groups]\ndev=['pytest']\n", ["uv.lock"] = "", ["tests/test_a.py"] = "" }.Detect().Setup[0];
        setup.Command.ShouldStartWith("python3.12 -m venv");
        setup.Command.ShouldContain("uv sync --inexact --group dev --frozen");
        setup.UpdateCommand!.ShouldNotContain("--frozen");
    }

    // nixpacks 384: poetry.lock without requirements.txt. dependabot-core 9209: package-mode.
    [Theory]
    [InlineData("[tool.poetry]\nname='a'\n", false)]
    [InlineData("[tool.poetry]\nname='my-app'\npackage-mode=false\n", true)]
    [InlineData("[tool.poetry]\nname='my-app'\n", true)]
    public void Poetry_WithoutAPackage_IsInstalledWithoutRoot(string pyproject, bool hasRoot)
    {
        var setup = new Layout { ["pyproject.toml"] = pyproject, ["poetry.lock"] = "", ["my_app/__init__.py"] = "", ["tests/test_a.py"] = "" }.Detect().Setup[0];
        setup.Command.ShouldContain("install --no-interaction");
        setup.Command.Contains("--no-root", StringComparison.Ordinal).ShouldBe(!hasRoot);
        setup.UpdateCommand!.ShouldContain("lock --no-interaction");
    }

    [Fact]
    public void Python_WantsANewerVersion_ThanThereIs_IsSaid() =>
        new Layout { ["pyproject.toml"] = "[project]\nname='a'\nrequires-python='>=3.14'\n", ["tests/test_a.py"] = "" }.Detect().Notes.ShouldContain(n => n.Contains("3.14", StringComparison.Ordinal));

    [Fact]
    public void Django_WithoutPytest_RunsManage() => Runs(new Layout { ["manage.py"] = "", ["requirements.txt"] = "django\n", ["app/tests.py"] = "" }.Detect()).ShouldBe([". \"$HOME/venv/bin/activate\" && python manage.py test"]);

    [Fact]
    public void Tox_Dependencies_AreInstalled() => new Layout
    {
        ["tox.ini"] = "[tox]\nenvlist = py38\n[testenv]\ndeps =\n    pytest\n    hypothesis>=6\n    py27: mock\n    {toxinidir}/evil\ncommands = pytest\n",
        ["setup.py"] = "",
        ["tests/test_a.py"] = "",
    }.Detect().Setup[0].Command.ShouldContain("-e . pytest 'hypothesis>=6'");

    [Fact]
    public void Go_ModulesOfARepository_AreEachTested()
    {
        var found = new Layout { ["go.mod"] = "module x\nrequire y v1\n", ["a_test.go"] = "", ["a.go"] = "", ["tools/go.mod"] = "module t\n", ["tools/t_test.go"] = "", ["vendor/z/go.mod"] = "module z\n" }.Detect();
        Shows(found, ["go mod download"], ["go test ./...", "cd tools && go test ./..."]);
        found.Checks.Select(c => c.Name).ShouldBe(["test go", "test go tools"]);
    }

    [Fact]
    public void Go_Vendored_NeedsNoSetUp() => new Layout { ["go.mod"] = "module x\nrequire y v1\n", ["a_test.go"] = "", ["vendor/modules.txt"] = "" }.Detect().Setup.ShouldBeEmpty();

    [Fact]
    public void Maven_SetUp_GoesTheWayOfTheCheck()
    {
        var found = new Layout { ["pom.xml"] = "<project/>", ["core/pom.xml"] = "<project/>", ["web/pom.xml"] = "<project/>", ["mvnw"] = "", [".mvn/wrapper/maven-wrapper.properties"] = "" }.Detect();
        found.Setup[0].Command.ShouldBe("mvn -B -ntp -Dmaven.test.failure.ignore=true test && find . -name pom.xml | while read -r pom; do rm -rf \"${pom%/*}/target\"; done");
        Runs(found).ShouldBe(["mvn -B -o test"]);
        found.Checks[0].TargetedFor(["core/src/main/java/A.java"]).ShouldBe("mvn -B -o -pl core -am test");
    }

    [Fact]
    public void Gradle_Wrapper_IsRunOffline()
    {
        var found = new Layout { ["settings.gradle.kts"] = "", ["build.gradle.kts"] = "", ["app/build.gradle.kts"] = "", ["lib/build.gradle.kts"] = "", ["gradlew"] = "" }.Detect();
        Runs(found).ShouldBe(["sh ./gradlew --no-daemon --console=plain --offline test"]);
        found.Checks[0].TargetedFor(["lib/src/main/java/A.java"]).ShouldBe("sh ./gradlew --no-daemon --console=plain --offline :lib:test");
    }

    [Fact]
    public void Cargo_Workspace_IsFetchedAndTested() => Shows(
        new Layout { ["Cargo.toml"] = "[workspace]\nmembers=['a','b']\n", ["Cargo.lock"] = "", ["a/Cargo.toml"] = "[package]\nname='a'\n", ["b/Cargo.toml"] = "[package]\nname='b'\n" },
        ["cargo fetch --locked"], ["cargo test --offline --workspace"]);

    [Fact]
    public void Cargo_AbsentChannel_IsSaid() =>
        new Layout { ["Cargo.toml"] = "[package]\nname='a'\n", ["rust-toolchain.toml"] = "[toolchain]\nchannel='nightly-2024-01-01'\n" }.Detect().Notes.ShouldContain(n => n.Contains("nightly-2024-01-01", StringComparison.Ordinal));

    [Fact]
    public void Ruby_Rspec_KeepsGemsInHome() => Shows(
        new Layout { ["Gemfile"] = "gem 'rspec'", ["Gemfile.lock"] = "", ["spec/a_spec.rb"] = "", ["lib/a.rb"] = "" },
        ["BUNDLE_FROZEN=true BUNDLE_PATH=\"$HOME/bundle\" bundle install"], ["BUNDLE_PATH=\"$HOME/bundle\" bundle exec rspec"]);

    [Fact]
    public void Ruby_Minitest_ByRake() => Runs(new Layout { ["Gemfile"] = "gem 'rake'", ["Rakefile"] = "Rake::TestTask.new", ["test/a_test.rb"] = "" }.Detect()).ShouldBe(["BUNDLE_PATH=\"$HOME/bundle\" bundle exec rake test"]);

    [Fact]
    public void Php_PhpUnit_AfterComposer() => Shows(
        new Layout { ["composer.json"] = "{\"require-dev\":{\"phpunit/phpunit\":\"^11\"}}", ["composer.lock"] = "{}", ["tests/ATest.php"] = "" },
        ["composer install --no-interaction --no-progress --prefer-dist"], ["vendor/bin/phpunit"]);

    [Fact]
    public void CMake_WithTests_BuildsOutsideTheTree() => Shows(
        new Layout { ["CMakeLists.txt"] = "project(x)\noption(X_BUILD_TESTS \"tests\" OFF)\nenable_testing()\n", ["tests/CMakeLists.txt"] = "add_test(NAME a COMMAND a)" },
        [], ["cmake -S . -B \"$HOME/build\" -DX_BUILD_TESTS=ON && cmake --build \"$HOME/build\" --parallel 2 && cd \"$HOME/build\" && ctest --output-on-failure"]);

    [Fact]
    public void CMake_FetchContent_IsFetchedBySetUp()
    {
        var found = new Layout { ["CMakeLists.txt"] = "include(FetchContent)\nFetchContent_Declare(gtest)\nenable_testing()" }.Detect();
        found.Setup[0].Command.ShouldBe("cmake -S . -B \"$HOME/build\"");
        Runs(found)[0].ShouldContain("-DFETCHCONTENT_FULLY_DISCONNECTED=ON");
    }

    [Fact]
    public void Meson_Tests() => Runs(new Layout { ["meson.build"] = "project('x','c')\ntest('a', exe)\n" }.Detect()).ShouldBe(["meson setup \"$HOME/build\" . && meson test -C \"$HOME/build\" --print-errorlogs"]);

    [Theory]
    [InlineData("all:\n\tcc a.c\ntest: all\n\t./run\n", "make test")]
    [InlineData(".PHONY: check\ncheck:\n\t./run\n", "make check")]
    [InlineData("all test:\n\techo\n", null)]
    [InlineData("test := 1\nall:\n\techo\n", null)]
    [InlineData("all:\n\techo\n", null)]
    public void Make_OnlyTargetsItHas(string makefile, string? run) => Runs(new Layout { ["Makefile"] = makefile, ["a.c"] = "" }.Detect()).ShouldBe(run is null ? [] : [run]);

    [Fact]
    public void Autotools_ConfigureAndCheck() => Runs(new Layout { ["configure.ac"] = "", ["Makefile.am"] = "" }.Detect()).ShouldBe(["autoreconf -fi && ./configure && make && make check"]);

    [Theory]
    [InlineData("test.sh", "#!/bin/sh\n", "sh test.sh")]
    [InlineData("tests/run.sh", "#!/usr/bin/env bash\n", "bash tests/run.sh")]
    [InlineData("tests/run_tests.sh", "", "bash tests/run_tests.sh")]
    public void Shell_TestScript(string path, string text, string run) => Runs(new Layout { [path] = text, ["tool.sh"] = "" }.Detect()).ShouldBe([run]);

    [Fact]
    public void Bats_FromNpm_WhereTheHostHasNone()
    {
        var found = new Layout { ["test/a.bats"] = "", ["tool.sh"] = "" }.Detect();
        found.Setup[0].Command.ShouldContain("--no-fund bats");
        Runs(found).ShouldBe(["\"$HOME/.local/bin/bats\" test"]);
    }

    [Fact]
    public void MissingToolchain_IsSaid_AndItsCheckLeftOut()
    {
        var found = new Layout { ["go.mod"] = "module x", ["a_test.go"] = "" }.Detect(new ToolchainNames(new Dictionary<string, IReadOnlyList<string>>()));
        found.Checks.ShouldBeEmpty();
        found.Notes.ShouldContain(n => n.Contains("needs go", StringComparison.Ordinal));
    }

    [Fact]
    public void NamesOfChecks_KeepThePolicysRules()
    {
        var layout = new Layout();
        foreach (var folder in new[] { "päckchen mit leer", "a-very-long-folder-name-that-goes-on-and-on-and-on/x", "a-very-long-folder-name-that-goes-on-and-on-and-on/y", "it's" })
            (layout[$"{folder}/package.json"], layout[$"{folder}/package-lock.json"]) = (Package("jest", dev: "jest"), "{}");
        var checks = layout.Detect().Checks;
        checks.Count.ShouldBe(4);
        checks.ShouldAllBe(c => c.Name.Length <= 40 && c.Name.All(x => char.IsAsciiLetterOrDigit(x) || "-_. ".Contains(x)));
        checks.Select(c => c.Name).Distinct().Count().ShouldBe(4);
        checks.ShouldContain(c => c.Run == "cd 'it'\\''s' && npm test");
    }

    private static string Solution(params string[] projects) => string.Join('\n', projects.Select(p => $"Project(\"{{FAE0}}\") = \"x\", \"{p}\", \"{{1}}\""));

    private static string Package(string test, string? dev = null, string more = "") =>
        $"{{\"name\":\"p\",\"scripts\":{{\"test\":\"{test}\"}}{(dev is null ? "" : $",\"devDependencies\":{{\"{dev}\":\"1\"}}")}{more}}}";

    private static void Shows(Layout layout, string[] setup, string[] runs) => Shows(layout.Detect(), setup, runs);

    private static void Shows(ProjectDetection found, string[] setup, string[] runs)
    {
        found.Setup.Select(s => s.Command).ShouldBe(setup);
        Runs(found).ShouldBe(runs);
        found.Checks.ShouldAllBe(c => c.Kind == CheckKind.Test);
    }

    private static IReadOnlyList<string> Runs(ProjectDetection found) => [.. found.Checks.Where(c => !c.Optional).Select(c => c.Run)];
}
