using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Workflows.Tests.Policy;

public sealed class PolicyParserTests
{
    private const string Whole = """
        version: 1
        plan:     { approval: always }
        paths:    { allow: ["src/**", "tests/**"], deny: [".github/workflows/**"] }
        tests:    { patterns: ["tests/**", "**/*Tests/**"], required_with_code: false }
        checks:   [ { name: test, run: "dotnet test" }, { name: lint, run: "./lint.sh" } ]
        setup:    [ "dotnet restore" ]
        sandbox:  { image: null, cpus: 1.5, memory: 512m, timeout: 90s, network: ["api.nuget.org"] }
        limits:   { turns: 10, tokens: 2_000_000, cost_usd: 2.5, ci_attempts: 2, review_cycles: 4, files_changed: 7, diff_lines: 800, active: 2h }
        ci:       { required: false, checks: [build, "test (*)"], red_on_base: count, rerun: failed, dispatch: ci.yml }
        danger:   { network_code: true, infra: false, ci_files: true, dependencies: deny }
        review:   { remind_after: 1d, expire_after: 14d, resolve_threads: false, max_rebases: 3 }
        commits:  { verified: true }
        upgrade:  { pulls: one, parallel: 3, max_open: 4, batch: 5, canary: [a], group: [b, c], min_release_age: 0d }
        models:   { planner: big, coder: null, fallback: other, fallback_after: 90s }
        """;

    [Fact]
    public void Parse_AbsentFile_GivesSafeDefaults()
    {
        var policy = PolicyParser.Parse(null).Policy.ShouldNotBeNull();
        policy.Approval.ShouldBe(PlanApproval.Risky);
        policy.CiRequired.ShouldBeTrue();
        (policy.Ci.Checks.Count, policy.Ci.RedOnBase, policy.Ci.Rerun, policy.Ci.Dispatch).ShouldBe((0, CiRedOnBase.Ignore, CiRerun.Cancelled, null));
        policy.Sandbox.Network.ShouldBeNull();
        policy.Tests.RequiredWithCode.ShouldBeTrue();
    }

    [Fact]
    public void Repositories_AreRead_EachOnce()
    {
        var policy = PolicyParser.Parse("version: 1\nrepositories: [acme/lib, ACME/Lib, acme/web.site]\nchanged_from: [acme/shop]\n").Policy.ShouldNotBeNull();
        policy.Repositories.ShouldBe(["acme/lib", "acme/web.site"]);
        policy.ChangedFrom.ShouldBe(["acme/shop"]);
        (new RepositoryPolicy().Repositories.Count, new RepositoryPolicy().ChangedFrom.Count).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData("acme/lib", "must be a list of at most 5 repositories")]
    [InlineData("[a/1, a/2, a/3, a/4, a/5, a/6]", "must be a list of at most 5 repositories")]
    [InlineData("[lib]", "'lib' is not a repository")]
    [InlineData("[\"acme/*\"]", "'acme/*' is not a repository")]
    [InlineData("[\"*\"]", "is not a repository")]
    [InlineData("[acme/../secret]", "is not a repository")]
    [InlineData("[\"https://github.com/acme/lib\"]", "is not a repository")]
    [InlineData("[\"github:acme/lib\"]", "is not a repository")]
    [InlineData("[\"acme/lib?x=1\"]", "is not a repository")]
    [InlineData("[\"acme/lib#7\"]", "is not a repository")]
    [InlineData("[\"acme/l\u00efb\"]", "is not a repository")]
    [InlineData("[{ name: acme/lib }]", "must be one line of text")]
    [InlineData("[null]", "must be one line of text")]
    public void Repositories_ThatAreNone_AreAnError(string repositories, string message)
    {
        PolicyParser.Parse($"version: 1\nrepositories: {repositories}\n").Errors.ShouldContain(e => e.Message.Contains(message, StringComparison.Ordinal) && e.Line == 2);
        if (!message.Contains("at most 5", StringComparison.Ordinal))
            PolicyParser.Parse($"version: 1\nchanged_from: {repositories}\n").Policy.ShouldBeNull();
    }

    [Fact]
    public void AllowedSecrets_AreRead()
    {
        var sha = new string('A', 64);
        var policy = PolicyParser.Parse($"version: 1\nsecrets: {{ allow: [ {{ path: \"tests/keys/**\", rule: private-key }}, {{ path: \"docs/**\", sha256: {sha} }} ] }}").Policy.ShouldNotBeNull();
        policy.AllowedSecrets.ShouldBe([new("tests/keys/**", "private-key", null), new("docs/**", null, new string('a', 64))]);
        new RepositoryPolicy().AllowedSecrets.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{ path: \"a/**\" }", "needs 'path', and either 'rule' or 'sha256'")]
    [InlineData("{ rule: private-key }", "needs 'path'")]
    [InlineData("{ path: \"a\", rule: private-key, sha256: ab }", "either")]
    [InlineData("{ path: \"a\", rule: private-kay }", "did you mean 'private-key'?")]
    [InlineData("{ path: \"a\", rule: everything-there-is }", "docs/guide/secrets.md")]
    [InlineData("{ path: \"/a\", rule: private-key }", "is not a path pattern")]
    [InlineData("{ path: \"a\", sha256: abc }", "64 hex digits")]
    [InlineData("{ path: \"a\", value: x }", "Unknown key 'value'")]
    [InlineData("all", "must be a mapping")]
    public void AllowedSecret_ThatIsNone_IsAnError(string entry, string message) =>
        PolicyParser.Parse($"version: 1\nsecrets: {{ allow: [ {entry} ] }}").Errors.ShouldContain(e => e.Message.Contains(message, StringComparison.Ordinal) && e.Line == 2);

    [Fact]
    public void Ci_Keys_AreRead()
    {
        var policy = PolicyParser.Parse(Whole).Policy.ShouldNotBeNull();
        policy.CiRequired.ShouldBeFalse();
        policy.Ci.Checks.ShouldBe(["build", "test (*)"]);
        (policy.Ci.RedOnBase, policy.Ci.Rerun, policy.Ci.Dispatch).ShouldBe((CiRedOnBase.Count, CiRerun.Failed, "ci.yml"));
        PolicyParser.Parse("version: 1\nci: none\n").Policy!.CiRequired.ShouldBeFalse();
        PolicyParser.Parse("version: 1\nci: { dispatch: null }\n").Policy!.Ci.Dispatch.ShouldBeNull();
    }

    [Theory]
    [InlineData("build", "build", true)]
    [InlineData("build", "Build", false)]
    [InlineData("test (*)", "test (ubuntu/22, 3.12)", true)]
    [InlineData("test (*)", "test", false)]
    [InlineData("*", "", true)]
    [InlineData("a[b]?c", "a[b]?c", true)]
    [InlineData("a?c", "abc", false)]
    [InlineData("* / test", "CI: all / test", true)]
    public void NameGlob_Pattern_Matches(string pattern, string name, bool expected) => NameGlob.Of(pattern)(name).ShouldBe(expected);

    [Fact]
    public void Checks_None_IsARepositoryOfProse_AndSetupMayBeEmptyOnPurpose()
    {
        var policy = PolicyParser.Parse("version: 1\nchecks: none\nsetup: []\nsandbox: { network: [registries, packages.example.com:8443] }\n").Policy.ShouldNotBeNull();
        (policy.WithoutChecks, policy.Checks.Count).ShouldBe((true, 0));
        policy.Setup.ShouldNotBeNull().ShouldBeEmpty();
        policy.Sandbox.Network.ShouldBe(["registries", "packages.example.com:8443"]);
        var absent = PolicyParser.Parse("version: 1\n").Policy!;
        (absent.WithoutChecks, absent.Setup, absent.Sandbox.Network).ShouldBe((false, null, null));
    }

    [Fact]
    public void Setup_StepsWithSecrets_NameThemByCommand()
    {
        var policy = PolicyParser.Parse("version: 1\nsetup:\n  - npm ci\n  - { run: dotnet restore, secrets: [feed, other-feed] }\n  - { run: make deps }\n").Policy.ShouldNotBeNull();
        policy.Setup.ShouldBe(["npm ci", "dotnet restore", "make deps"]);
        policy.SetupSecrets.ShouldNotBeNull().ShouldHaveSingleItem().Key.ShouldBe("dotnet restore");
        policy.SetupSecrets["dotnet restore"].ShouldBe(["feed", "other-feed"]);
        var plain = PolicyParser.Parse("version: 1\nsetup: [npm ci]\n").Policy!;
        plain.SetupSecrets.ShouldBeNull();
        // Tasks that run while a service is renewed keep their records.
        BuildRecord.RulesOf(plain).ShouldBe(BuildRecord.RulesOf(plain with { SetupSecrets = null }));
        BuildRecord.RulesOf(plain with { SetupSecrets = policy.SetupSecrets }).ShouldNotBe(BuildRecord.RulesOf(plain), "whoever signs says which secrets");
    }

    [Theory]
    [InlineData("resolve_threads: true", ReviewComments.Addressed, null)]
    [InlineData("comments: addressed", ReviewComments.Addressed, null)]
    [InlineData("comments: all", ReviewComments.All, null)]
    [InlineData("comments: none", ReviewComments.Addressed, "'review.comments' must be one of")]
    [InlineData("comment: all", ReviewComments.Addressed, "did you mean 'comments'?")]
    public void Parse_ReviewComments_SaysWhichAreRemarks(string keys, ReviewComments comments, string? error)
    {
        var reading = PolicyParser.Parse($"version: 1\nreview: {{ {keys} }}\n");
        if (error is not null)
            reading.Errors.ShouldHaveSingleItem().Message.ShouldContain(error);
        else
            reading.Policy!.Review.Comments.ShouldBe(comments);
    }

    [Theory]
    [InlineData("request: []", "", null)]
    [InlineData("request: [ann, '@bob', acme/payments, Ann, group.one_2]", "ann bob acme/payments group.one_2", null)]
    [InlineData("request: ann", "", "must be a list")]
    [InlineData("request: ['ann, bob']", "", "'review.request[0]' is nobody who can be asked")]
    [InlineData("request: [a/b/c]", "", "is nobody who can be asked")]
    [InlineData("request: ['']", "", "review.request[0]")]
    [InlineData("request: [1, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o]", "", "at most 15")]
    [InlineData("requests: [ann]", "", "did you mean 'request'?")]
    public void Parse_Reviewers_AreLoginsAndTeams(string keys, string names, string? error)
    {
        var reading = PolicyParser.Parse($"version: 1\nreview: {{ {keys} }}\n");
        if (error is not null)
            reading.Errors.ShouldHaveSingleItem().Message.ShouldContain(error);
        else
            string.Join(' ', reading.Policy!.Review.Request).ShouldBe(names);
    }

    [Theory]
    [InlineData("image: mcr.microsoft.com/dotnet/sdk:10.0", "mcr.microsoft.com/dotnet/sdk:10.0", false, null)]
    [InlineData("devcontainer: true", null, true, null)]
    [InlineData("image: ~, devcontainer: true", null, true, null)]
    [InlineData("image: \"--privileged\"", null, false, "'sandbox.image' must be an image reference")]
    [InlineData("image: \"debian; rm -rf /\"", null, false, "'sandbox.image' must be an image reference")]
    [InlineData("devcontainer: yes", null, false, "'sandbox.devcontainer' must be true or false")]
    [InlineData("image: debian, devcontainer: true", null, false, "exclude each other")]
    public void Parse_SandboxImage_IsAReferenceOrTheDevContainers(string keys, string? image, bool devContainer, string? error)
    {
        var reading = PolicyParser.Parse($"version: 1\nsandbox: {{ {keys} }}\n");
        if (error is not null)
            reading.Errors.ShouldHaveSingleItem().Message.ShouldContain(error);
        else
            (reading.Policy!.Sandbox.Image, reading.Policy.Sandbox.DevContainer).ShouldBe((image, devContainer));
    }

    [Theory]
    [InlineData("{ lfs: true }", true)]
    [InlineData("{ lfs: false }", false)]
    [InlineData("{ cpus: 1 }", false)]
    [InlineData("{ lfs: yes }", null)]
    public void Parse_SandboxLfs_IsAFlag(string sandbox, bool? expected) => (PolicyParser.Parse($"version: 1\nsandbox: {sandbox}\n").Policy?.Sandbox.Lfs).ShouldBe(expected);

    [Fact]
    public void Parse_EveryKeyOfTheSchema_IsTaken()
    {
        var reading = PolicyParser.Parse(Whole);
        reading.Errors.ShouldBeEmpty();
        var p = reading.Policy!;
        p.Approval.ShouldBe(PlanApproval.Always);
        p.Paths.Allow.ShouldBe(["src/**", "tests/**"]);
        p.Paths.Deny.ShouldBe([".github/workflows/**"]);
        p.Tests.RequiredWithCode.ShouldBeFalse();
        (p.Commits.Verified, new RepositoryPolicy().Commits.Verified).ShouldBe((true, false));
        p.Checks.ShouldBe([new("test", "dotnet test"), new("lint", "./lint.sh")]);
        p.Setup.ShouldBe(["dotnet restore"]);
        p.Sandbox.MemoryBytes.ShouldBe(512L << 20);
        p.Sandbox.Timeout.ShouldBe(TimeSpan.FromSeconds(90));
        p.Sandbox.Cpus.ShouldBe(1.5);
        p.Limits.ShouldBe(new RepositoryPolicy.TaskLimits
        {
            Turns = 10,
            Tokens = 2_000_000,
            CostUsd = 2.5m,
            CiAttempts = 2,
            ReviewCycles = 4,
            FilesChanged = 7,
            DiffLines = 800,
            Active = TimeSpan.FromHours(2),
        });
        p.CiRequired.ShouldBeFalse();
        p.Danger.ShouldBe(new RepositoryPolicy.DangerRules { Network = RiskRule.Allow, Ci = RiskRule.Allow, Dependencies = RiskRule.Deny });
        p.Review.ShouldBe(new RepositoryPolicy.ReviewRules { RemindAfter = TimeSpan.FromDays(1), ExpireAfter = TimeSpan.FromDays(14), ResolveThreads = false, MaxRebases = 3 });
        (p.Upgrade.Pulls, p.Upgrade.Parallel, p.Upgrade.MaxOpen).ShouldBe((UpgradePulls.One, 3, 4));
        p.Upgrade.Batch.ShouldBe(5);
        p.Upgrade.Group.ShouldBe(["b", "c"]);
        p.Upgrade.MinReleaseAge.ShouldBe(TimeSpan.Zero);
        p.Models.Planner.ShouldBe("big");
        p.Models.Coder.ShouldBeNull();
        (p.Models.Fallback, p.Models.FallbackAfter).ShouldBe(("other", TimeSpan.FromSeconds(90)));
    }

    [Fact]
    public void Parse_CiNone_ExpectsNoCi() => PolicyParser.Parse("version: 1\nci: none\n").Policy!.CiRequired.ShouldBeFalse();

    [Theory]
    [InlineData("version: 1\nlimits:\n  turn: 5\n", 3, "limits.turn", "did you mean 'turns'?")]
    [InlineData("version: 1\n\nchekcs: []\n", 3, "chekcs", "did you mean 'checks'?")]
    [InlineData("version: 1\nqqqqqqqqqqqq: 1\n", 2, "qqqqqqqqqqqq", "valid here: version, plan")]
    [InlineData("plan: { approval: never }\n", 1, "version", "write 'version: 1'")]
    [InlineData("version: 2\n", 1, "version", "must be 1")]
    [InlineData("version: 1\nplan: { approval: sometimes }\n", 2, "plan.approval", "never, always, risky")]
    [InlineData("version: 1\nplan: always\n", 2, "plan", "must be a mapping with the keys approval")]
    [InlineData("version: 1\nlimits: { turns: 0 }\n", 2, "limits.turns", "from 1 to 1000")]
    [InlineData("version: 1\nlimits: { turns: many }\n", 2, "limits.turns", "whole number")]
    [InlineData("version: 1\nlimits: { active: 45 }\n", 2, "limits.active", "such as 90s, 20m, 6h or 2d")]
    [InlineData("version: 1\nsandbox: { network: [registries, \"10.0.0.1\"] }\n", 2, "sandbox.network", "addresses cannot be listed")]
    [InlineData("version: 1\nsandbox: { network: [\"*.com\"] }\n", 2, "sandbox.network", "whole top-level domain")]
    [InlineData("version: 1\nchecks: nothing\n", 2, "checks", "must be a list")]
    [InlineData("version: 1\nsandbox: { memory: 4q }\n", 2, "sandbox.memory", "512m or 4g")]
    [InlineData("version: 1\nsandbox: { memory: 999999999g }\n", 2, "sandbox.memory", "512m or 4g")]
    [InlineData("version: 1\ntests: { required_with_code: yes }\n", 2, "tests.required_with_code", "true or false")]
    [InlineData("version: 1\npaths: { allow: src }\n", 2, "paths.allow", "must be a list")]
    [InlineData("version: 1\npaths: { deny: [\"../x\"] }\n", 2, "paths.deny", "not a path pattern")]
    [InlineData("version: 1\nchecks: [ { name: a } ]\n", 2, "checks[0]", "needs both 'name' and 'run'")]
    [InlineData("version: 1\nchecks:\n  - { name: a, run: x }\n  - { name: a, run: y }\n", 4, "checks[1].name", "used twice")]
    [InlineData("version: 1\nchecks:\n  - { name: test, run: x, needs: [biuld] }\n  - { name: build, run: y }\n", 3, "checks[0].needs", "names 'biuld', which is no check; there are test, build.")]
    [InlineData("version: 1\nchecks:\n  - { name: a, run: x, needs: [b] }\n  - { name: b, run: y, needs: [c] }\n  - { name: c, run: y, needs: [a] }\n", 3, "checks[0].needs", "lead back to 'a' itself.")]
    [InlineData("version: 1\nchecks:\n  - { name: a, run: x, needs: [a] }\n", 3, "checks[0].needs", "lead back to 'a' itself.")]
    [InlineData("version: 1\nci: { check: [a] }\n", 2, "ci.check", "did you mean 'checks'?")]
    [InlineData("version: 1\nci: { checks: build }\n", 2, "ci.checks", "must be a list")]
    [InlineData("version: 1\nci: { checks: [\"*\"] }\n", 2, "ci.checks", "leave it out where all count")]
    [InlineData("version: 1\nci: { red_on_base: yes }\n", 2, "ci.red_on_base", "ignore, count")]
    [InlineData("version: 1\nci: { rerun: always }\n", 2, "ci.rerun", "never, cancelled, failed")]
    [InlineData("version: 1\nci: { dispatch: .github/workflows/ci.yml }\n", 2, "ci.dispatch", "without its folder")]
    [InlineData("version: 1\nci: { dispatch: \"..\" }\n", 2, "ci.dispatch", "without its folder")]
    [InlineData("version: 1\nversion: 1\n", 2, "", "written twice")]
    [InlineData("version: 1\na: &x [1]\nb: *x\n", 2, "", "Anchors")]
    [InlineData("version: 1\na: !!python/object x\n", 2, "", "Tags")]
    [InlineData("version: 1\n---\nversion: 1\n", 2, "", "more than one YAML document")]
    [InlineData("version: [\n", 2, "", "Not valid YAML")]
    [InlineData("version: 1\nchecks:\n\t- name: test\n", 3, "", "tab")]
    [InlineData("version: 1\nplan:\n\tapproval: always\n", 3, "", "tab")]
    [InlineData("version: 1\r\nplan:\r\n\tapproval: always\r\n", 3, "", "tab")]
    [InlineData("version: 1\nplan:\n  approval:\talways\n\tx: 1\n", 4, "", "tab")]
    [InlineData("version: 1\nplan:\n  approval: always\n \tmore: 1\n", 4, "", "tab")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: |\n      make\n      make test\n", 4, "checks[0].run", "join its commands with &&")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: |-\n      make\n      make test\n", 4, "checks[0].run", "join its commands with &&")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: >\n      make\n\n      make test\n", 4, "checks[0].run", "join its commands with &&")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: \"make\\nmake test\"\n", 4, "checks[0].run", "join its commands with &&")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: [make, make test]\n", 4, "checks[0].run", "one line of text")]
    [InlineData("version: 1\nsetup:\n  - |\n    a\n    b\n", 3, "setup[0]", "join its commands with &&")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: &x make\n", 4, "", "Anchors")]
    [InlineData("version: 1\nsetup:\n  - { secrets: [feed] }\n", 3, "setup[0]", "needs 'run'")]
    [InlineData("version: 1\nsetup:\n  - { run: a, secret: [feed] }\n", 3, "setup[0].secret", "did you mean 'secrets'?")]
    [InlineData("version: 1\nsetup:\n  - { run: a, secrets: [\"$TOKEN\"] }\n", 3, "setup[0].secrets", "no name of a secret")]
    [InlineData("version: 1\nsetup:\n  - { run: a, secrets: feed }\n", 3, "setup[0].secrets", "must be a list")]
    [InlineData("version: 1\nsetup:\n  - { run: a, secrets: [x] }\n  - { run: a, secrets: [y] }\n", 4, "setup[1]", "says again")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: make\n    run: make test\n", 5, "", "written twice")]
    [InlineData("version: 1\npaths:\n  deny: [\"gr\uFFFD\uFFFDe/**\"]\n", 3, "", "not UTF-8")]
    [InlineData("", 1, "version", "empty")]
    [InlineData("- 1\n", 1, "", "must be a mapping")]
    public void Parse_Mistake_NamesLineKeyAndWhatIsRight(string text, int line, string key, string hint)
    {
        var reading = PolicyParser.Parse(text);
        reading.Policy.ShouldBeNull();
        reading.Errors.ShouldContain(e => e.Line == line && e.Key == key && e.Message.Contains(hint), string.Join('\n', reading.Errors));
    }

    [Theory]
    [InlineData("\uFEFFversion: 1\nchecks:\n  - name: test\n    run: make test\n")]
    [InlineData("version: 1\r\nchecks:\r\n  - name: test\r\n    run: make test\r\n")]
    [InlineData("version: 1\rchecks:\r  - name: test\r    run: make test\r")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: |\n      make test\n")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: |+\n      make test\n\n")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: >-\n      make\n      test\n")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: >\n      make\n      test\n")]
    [InlineData("version: 1\nchecks:\n  - name: test\n    run: make\n      test\n")]
    [InlineData("---\nversion: 1\nchecks:\n  - name: test\n    run: make test\n...\n")]
    public void Parse_OneLineHoweverWritten_IsTaken(string text) =>
        PolicyParser.Parse(text).Policy.ShouldNotBeNull().Checks.ShouldHaveSingleItem().Run.ShouldBe("make test");

    [Theory]
    [InlineData(".github/coding-agent.yaml", true)]
    [InlineData(".github/coding-agent.yml.txt", true)]
    [InlineData(".github/coding_agent.yml", true)]
    [InlineData(".github/Coding-Agent.yml", true)]
    [InlineData(".github/codingagent.yaml", true)]
    [InlineData(".github/coding-agent", true)]
    [InlineData(".github/coding-agent.json", true)]
    [InlineData(".gitlab/coding-agent.yml", true)]
    [InlineData("coding-agent.yml", true)]
    [InlineData(".coding-agent.yml", true)]
    [InlineData(".github/coding-agent.yml", false)]
    [InlineData(".github/coding-agent.md", false)]
    [InlineData(".github/coding-agents.yml", false)]
    [InlineData("coding-agent", false)]
    public void FileNames_MeantAsThePolicy_AreKnown(string file, bool isMeant) =>
        PolicyFileNames.Meant([file, "README.md"], ".github/coding-agent.yml").ShouldBe(isMeant ? [file] : []);

    [Fact]
    public void Parse_SeveralMistakes_ReportsAllInOrder() =>
        PolicyParser.Parse("version: 1\nplna: {}\nlimits: { turns: -1, cost: 2 }\n").Errors.Select(e => e.Line).ShouldBe([2, 3, 3]);

    [Fact]
    public void Parse_DeepOrHuge_IsRefused()
    {
        PolicyParser.Parse("version: " + new string('[', 5_000)).Errors.ShouldNotBeEmpty();
        PolicyParser.Parse("# " + new string('x', 70_000)).Errors[0].Message.ShouldContain("larger than");
    }

    [Fact]
    public void Parse_AnyText_IsTotal()
    {
        // Random text alone rarely reaches the decoder: half of the cases are a good file with a piece of it overwritten.
        var damaged = from at in Gen.Choose(0, Whole.Length - 1)
                      from cut in Gen.Choose(0, 20)
                      from noise in Gen.Elements("", ":", "{", "]", "\t", "\n", "'", "\"", "&a", "*a", "!x", "|", ">-", "%", "\0", "\ud800", "null", "- ", "? ", "#", "1e999")
                      select Whole[..at] + noise + Whole[Math.Min(Whole.Length, at + cut)..];
        var any = Gen.OneOf(damaged, ArbMap.Default.GeneratorFor<string?>().Select(s => s ?? ""));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1_000),
            Prop.ForAll(any.ToArbitrary(), text =>
            {
                var reading = PolicyParser.Parse(text);
                return (reading.Policy is null) != (reading.Errors.Count == 0) && reading.Errors.All(e => e.Line >= 1 && e.Message.Length > 0);
            }));
    }

    [Theory]
    [InlineData("src/**", "src/a/b.cs", true)]
    [InlineData("src/**", "srcs/a.cs", false)]
    [InlineData("**/*Tests/**", "FooTests/x.cs", true)]
    [InlineData("**/*Tests/**", "a/b/FooTests/c/x.cs", true)]
    [InlineData("**", "README.md", true)]
    [InlineData("*.md", "docs/a.md", false)]
    [InlineData("**/*.test.*", "web/a.test.ts", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "a/c", false)]
    public void PathGlob_Pattern_Matches(string pattern, string path, bool expected) => new PathGlob(pattern).IsMatch(path).ShouldBe(expected);

    [Theory]
    [InlineData("ci_files: true", RiskClass.Ci, RiskRule.Allow)]
    [InlineData("ci_files: false", RiskClass.Ci, RiskRule.Deny)]
    [InlineData("ci_files: ask", RiskClass.Ci, RiskRule.Ask)]
    [InlineData("network_code: true", RiskClass.Network, RiskRule.Allow)]
    [InlineData("network_code: false", RiskClass.Network, RiskRule.Ask)]
    [InlineData("infra: deny", RiskClass.Infra, RiskRule.Deny)]
    [InlineData("dependencies: \"deny\"", RiskClass.Dependencies, RiskRule.Deny)]
    [InlineData("developer_files: allow", RiskClass.Developer, RiskRule.Allow)]
    [InlineData("agent_files: deny", RiskClass.Agents, RiskRule.Deny)]
    [InlineData("license: allow", RiskClass.License, RiskRule.Allow)]
    [InlineData("ownership: ask", RiskClass.Ownership, RiskRule.Ask)]
    [InlineData("runner: false", RiskClass.Runner, RiskRule.Ask)]
    [InlineData("dependency_age: 3d", RiskClass.Policy, RiskRule.Deny)]
    public void Danger_AnswersOfEachClass_AreReadAsFlagsOfBeforeWere(string key, RiskClass risk, RiskRule rule)
    {
        var policy = PolicyParser.Parse($"version: 1\ndanger: {{ {key} }}\n").Policy.ShouldNotBeNull();
        policy.Danger.RuleOf(risk).ShouldBe(rule);
        // As a running task carries it.
        System.Text.Json.JsonSerializer.Deserialize<RepositoryPolicy.DangerRules>(System.Text.Json.JsonSerializer.Serialize(policy.Danger)).ShouldBe(policy.Danger);
    }

    [Theory]
    [InlineData("policy: allow")]
    [InlineData("ci_files: maybe")]
    [InlineData("ci_files: \"true\"")]
    [InlineData("dependency_age: soon")]
    public void Danger_WhatIsNoAnswer_IsAnError(string key) => PolicyParser.Parse($"version: 1\ndanger: {{ {key} }}\n").Errors.ShouldNotBeEmpty();
}
