using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Tests.Detection;

/// <summary>What CI names is preferred, as far as it can be run here.</summary>
public sealed class CiFilesTests
{
    [Theory]
    [InlineData("npm run test:unit", "npm run test:unit")]
    [InlineData("npm run deploy && npm run test:unit", "npm test")]
    [InlineData("npm run test:unit -- --token=$TOKEN", "npm test")]
    [InlineData("npm run test:unit -- ${{ matrix.args }}", "npm test")]
    [InlineData("npm run test:unit | tee log", "npm test")]
    [InlineData("npm run test:unit > out.txt; cat out.txt", "npm test")]
    [InlineData("npm run test:e2e", "npm test")]
    [InlineData("npm run nothing:test", "npm test")]
    [InlineData("if [ -f x ]; then\nnpm run test:unit\nfi", "npm test")]
    [InlineData("npm ci\nnpm run test:unit", "npm run test:unit")]
    [InlineData("npm run \\\n  test:unit", "npm run test:unit")]
    [InlineData("`npm run test:unit`", "npm test")]
    public void GitHub_RunLine_IsTakenWhenItIsPlain(string run, string expected)
    {
        var indented = run.ReplaceLineEndings("\n          ");
        Run(".github/workflows/ci.yml", $"on: [push]\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          {indented}\n").ShouldBe(expected);
    }

    [Theory]
    [InlineData("on: [workflow_dispatch]", "ubuntu-latest", "", "npm test")]
    [InlineData("on:\n  schedule:\n    - cron: '0 0 * * *'", "ubuntu-latest", "", "npm test")]
    [InlineData("on:\n  pull_request:\n    branches: [main]", "ubuntu-latest", "", "npm run test:unit")]
    [InlineData("on: push", "windows-latest", "", "npm test")]
    [InlineData("on: push", "ubuntu-latest", "        if: github.ref == 'refs/heads/main'\n", "npm test")]
    [InlineData("on: push", "ubuntu-latest", "        env:\n          TOKEN: ${{ secrets.TOKEN }}\n", "npm test")]
    [InlineData("on: push", "ubuntu-latest", "        shell: pwsh\n", "npm test")]
    [InlineData("on: push", "ubuntu-latest", "        env:\n          A: b\n", "npm run test:unit")]
    public void GitHub_StepsOfOtherEventsSystemsAndSecrets_AreLeftOut(string on, string runsOn, string more, string expected) =>
        Run(".github/workflows/ci.yml", $"{on}\njobs:\n  t:\n    runs-on: {runsOn}\n    steps:\n      - run: npm run test:unit\n{more}").ShouldBe(expected);

    [Theory]
    [InlineData("- uses: actions/checkout@v4\n        with: { submodules: true }", "false")]
    [InlineData("- uses: actions/checkout@v4\n        with:\n          submodules: 'recursive'", "true")]
    [InlineData("- uses: actions/checkout@v4\n        with:\n          submodules: Recursive", "true")]
    [InlineData("- run: git submodule update --init --recursive --depth 1", "true")]
    [InlineData("- run: |\n          git submodule sync\n          git submodule update --init", "false")]
    public void GitHub_CheckoutOfSubmodules_IsFound(string step, string recursive) => new Layout
    {
        [".github/workflows/ci.yml"] = $"on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      {step}\n",
    }.Detect().CiSubmodules.ShouldNotBeNull().Recursive.ToString().ToLowerInvariant().ShouldBe(recursive);

    [Fact]
    public void GitHub_NoSubmodules_AreFoundWhereNoneAreCheckedOut()
    {
        foreach (var step in new[] { "- uses: actions/checkout@v4\n        with: { submodules: false }", "- uses: actions/checkout@v4\n        with: { submodules: true, repository: other/one }", "- uses: someone/checkout@v4\n        with: { submodules: true }", "- uses: actions/checkout@v4\n        with: { submodules: true }\n        if: github.ref == 'refs/heads/main'", "- run: echo git submodule update" })
            new Layout { [".github/workflows/ci.yml"] = $"on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      {step}\n" }.Detect().CiSubmodules.ShouldBeNull(step);
    }

    [Fact]
    public void GitLab_SubmoduleStrategy_IsFound() =>
        new Layout { [".gitlab-ci.yml"] = "variables:\n  GIT_SUBMODULE_STRATEGY: recursive\ntest:\n  script: make test\n" }.Detect().CiSubmodules.ShouldNotBeNull().Recursive.ShouldBeTrue();

    [Theory]
    [InlineData("- uses: actions/checkout@v4\n        with: { lfs: true }", true)]
    [InlineData("- uses: actions/checkout@v4\n        with: { lfs: false }", false)]
    [InlineData("- run: git lfs pull", true)]
    [InlineData("- run: make lfs", false)]
    public void GitHub_CheckoutOfLfs_IsFound(string step, bool expected) =>
        (new Layout { [".github/workflows/ci.yml"] = $"on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      {step}\n" }.Detect().CiLfs == ".github/workflows/ci.yml").ShouldBe(expected);

    [Fact]
    public void GitHub_ServicesAndSystemPackages_AreSaid()
    {
        var notes = new Layout
        {
            ["package.json"] = Package,
            [".github/workflows/ci.yml"] = "on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    services:\n      postgres:\n        image: postgres\n    steps:\n      - run: sudo apt-get install -y libpq-dev ruby\n      - run: npm run test:unit\n",
        }.Detect().Notes;
        notes.ShouldContain(n => n.Contains("starts postgres", StringComparison.Ordinal));
        notes.ShouldContain(n => n.Contains("libpq-dev ruby", StringComparison.Ordinal));
    }

    [Fact]
    public void GitHub_ReleaseWorkflow_IsLeftOut() =>
        Run(".github/workflows/release.yml", "on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm run test:unit\n").ShouldBe("npm test");

    [Fact]
    public void GitHub_WorkingDirectory_Counts()
    {
        var found = new Layout
        {
            ["web/package.json"] = Package,
            ["web/package-lock.json"] = "{}",
            [".github/workflows/ci.yml"] = "on: push\ndefaults:\n  run:\n    working-directory: ./web\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm run test:unit\n      - run: npm run lint\n",
        }.Detect();
        found.Checks.Select(c => c.Run).ShouldBe(["cd web && npm run test:unit", "cd web && npm run lint"]);
        found.Checks[1].Optional.ShouldBeTrue();
        found.Checks[1].Kind.ShouldBe(CheckKind.Lint);
    }

    [Fact]
    public void GitHub_CdInAScript_Counts() => new Layout
    {
        ["web/package.json"] = Package,
        ["web/package-lock.json"] = "{}",
        [".github/workflows/ci.yml"] = "on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          cd web\n          npm ci\n          npm run test:unit\n",
    }.Detect().Checks[0].Run.ShouldBe("cd web && npm run test:unit");

    [Fact]
    public void GitLab_ScriptsWithAnchorsAndTags_AreRead() => Run(
        ".gitlab-ci.yml", ".base: &base\n  before_script:\n    - npm ci\nunit:\n  <<: *base\n  script:\n    - npm run test:unit\n    - !reference [.x, script]\ndeploy:\n  script:\n    - npm run deploy\n").ShouldBe("npm run test:unit");

    [Fact]
    public void Azure_Steps_AreRead() => Run("azure-pipelines.yml", "stages:\n- stage: Build\n  jobs:\n  - job: T\n    steps:\n    - script: npm run test:unit\n").ShouldBe("npm run test:unit");

    [Fact]
    public void CircleCi_Steps_AreRead() => Run(".circleci/config.yml", "jobs:\n  t:\n    steps:\n      - checkout\n      - run: npm ci\n      - run:\n          name: x\n          command: npm run test:unit\n").ShouldBe("npm run test:unit");

    [Theory]
    [InlineData("pytest tests -x --cov=pkg --cov-report xml -n auto", "python -m pytest tests -x")]
    [InlineData("poetry run pytest -q", "python -m pytest -q")]
    [InlineData("python -m unittest discover -s tests", "python -m unittest discover -s tests")]
    [InlineData("tox -e py", "python -m pytest")]
    public void Python_CiLines_RunInTheEnvironment(string line, string expected)
    {
        var found = new Layout { ["pyproject.toml"] = "[project]\nname='a'", ["tests/test_a.py"] = "", [".github/workflows/t.yml"] = $"on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: {line}\n" }.Detect();
        found.Checks[0].Run.ShouldBe($". \"$HOME/venv/bin/activate\" && {expected}");
    }

    [Theory]
    [InlineData("cd tests\n./unittest.sh", "(cd tests && ./unittest.sh)")]
    [InlineData("cd tests\n./unittest.sh\ncd ../examples\n./cpptest.sh", "(cd tests && ./unittest.sh)")]
    [InlineData("cd tests\n./unittest.sh\ncd ../examples\n./run_test.sh", "(cd tests && ./unittest.sh) && (cd examples && ./run_test.sh)")]
    [InlineData("cd tests && ./unittest.sh\ngit diff --exit-code", "git add --all && (cd tests && ./unittest.sh) && git diff --exit-code")]
    [InlineData("bash tests/unittest.sh\ngit --no-pager diff --quiet", "git add --all && bash tests/unittest.sh && git diff --exit-code")]
    [InlineData("bash tests/unittest.sh\ngit diff --exit-code main -- .", "bash tests/unittest.sh")]
    [InlineData("cd tests\n./unittest.sh\n./unittest.sh", "(cd tests && ./unittest.sh)")]
    public void Shell_ScriptsInFolders_AreTheTestWithWhatTheyCompare(string run, string expected)
    {
        var indented = run.ReplaceLineEndings("\n          ");
        var found = new Layout
        {
            [".github/workflows/ci.yml"] = $"on: [push]\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          {indented}\n",
            ["tests/unittest.sh"] = "",
            ["examples/cpptest.sh"] = "",
            ["examples/run_test.sh"] = "",
        }.Detect();
        found.Checks.Select(c => c.Run).ShouldBe([expected]);
        found.TestPatterns.Contains("examples/run_test.sh").ShouldBe(expected.Contains("run_test.sh", StringComparison.Ordinal));
    }

    [Fact]
    public void Shell_ScriptThatCiRuns_IsTheTest() => new Layout
    {
        ["ci/all-tests.sh"] = "",
        ["tool.sh"] = "",
        [".github/workflows/ci.yml"] = "on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: bash ci/all-tests.sh\n",
    }.Detect().Checks[0].Run.ShouldBe("bash ci/all-tests.sh");

    private const string Package = "{\"scripts\":{\"test\":\"jest\",\"test:unit\":\"jest unit\",\"test:e2e\":\"cypress run\",\"lint\":\"eslint .\"},\"devDependencies\":{\"jest\":\"1\"}}";

    private static string Run(string path, string text) => new Layout { ["package.json"] = Package, ["package-lock.json"] = "{}", [path] = text }.Detect().Checks[0].Run;
}
