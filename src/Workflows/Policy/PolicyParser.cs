using System.Globalization;
using System.Text.RegularExpressions;
using CodingAgent.Agents.Tools;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Images;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.Workflows.Policy;

/// <summary>
/// Reads a policy file. Strict and total: any text gives a policy or errors with lines, never an exception; an unknown key is an
/// error because a misspelt limit that silently does not apply is worse than a task that does not start.
/// </summary>
public static partial class PolicyParser
{
    // Each is planned, built and checked for itself; what a plan comment can show has its bounds too.
    private const int MostRepositories = 5;
    private const int MostLeads = 50;

    private static readonly string[] Sections =
        ["version", "plan", "paths", "tests", "checks", "setup", "sandbox", "limits", "ci", "danger", "secrets", "review", "commits", "upgrade", "models", "repositories", "changed_from", "on"];

    /// <summary>Reads the text of a policy file; null (no such file) gives the defaults.</summary>
    public static PolicyReading Parse(string? text)
    {
        if (text is null)
            return new PolicyReading(new RepositoryPolicy(), []);
        // What another encoding's letters became: a pattern that holds them would match nothing, and its rule would not hold.
        if (text.IndexOf('\uFFFD', StringComparison.Ordinal) is >= 0 and var at)
            return new PolicyReading(null, [new PolicyError(text.AsSpan(0, at).Count('\n') + 1, "", "The file is not UTF-8 from here on; save it as UTF-8.")]);
        var (root, error) = PolicyYaml.Read(text.TrimStart('\uFEFF'));
        if (error is not null)
            return new PolicyReading(null, [error]);
        var d = new PolicyDecoder();
        if (root is null)
            return new PolicyReading(null, [new PolicyError(1, "version", "The file is empty; it must at least say 'version: 1'.")]);
        var policy = Read(d, root);
        return d.Errors.Count == 0
            ? new PolicyReading(policy, [])
            : new PolicyReading(null, [.. d.Errors.OrderBy(e => e.Line)]);
    }

    private static RepositoryPolicy Read(PolicyDecoder d, PolicyNode root)
    {
        var s = d.Section(root, "", Sections);
        if (!s.TryGetValue("version", out var version))
        {
            if (root is PolicyNode.Mapping)
                d.Fail(root.Line, "version", "is missing; write 'version: 1'.");
        }
        else if (version is not PolicyNode.Scalar { Text: "1", Quoted: false })
        {
            d.Fail(version.Line, "version", "must be 1.");
        }

        var policy = new RepositoryPolicy();
        foreach (var (key, node) in s)
        {
            policy = key switch
            {
                "plan" => policy with { Approval = Plan(d, node) },
                "paths" => policy with { Paths = Paths(d, node) },
                "tests" => policy with { Tests = Tests(d, node) },
                "checks" => policy with { Checks = Checks(d, node), WithoutChecks = IsNone(node) },
                "setup" => Setup(d, node, policy),
                "sandbox" => policy with { Sandbox = Sandbox(d, node) },
                "limits" => policy with { Limits = Limits(d, node) },
                "ci" => Ci(d, node, policy),
                "danger" => policy with { Danger = Danger(d, node) },
                "secrets" => policy with { AllowedSecrets = AllowedSecrets(d, node) },
                "review" => policy with { Review = Review(d, node) },
                "commits" => policy with { Commits = Commits(d, node) },
                "upgrade" => policy with { Upgrade = Upgrade(d, node) },
                "models" => policy with { Models = Models(d, node) },
                "repositories" => policy with { Repositories = d.Repositories(node, "repositories", MostRepositories) },
                "changed_from" => policy with { ChangedFrom = d.Repositories(node, "changed_from", MostLeads) },
                "on" => policy with { Schedules = PolicySchedules.Read(d, node) },
                _ => policy,
            };
        }

        return policy;
    }

    private static PlanApproval Plan(PolicyDecoder d, PolicyNode node) =>
        d.Section(node, "plan", "approval").TryGetValue("approval", out var approval)
            ? d.Choice(approval, "plan.approval", PlanApproval.Risky)
            : PlanApproval.Risky;

    private static RepositoryPolicy.PathRules Paths(PolicyDecoder d, PolicyNode node)
    {
        var rules = new RepositoryPolicy.PathRules();
        var s = d.Section(node, "paths", "allow", "deny");
        return rules with
        {
            Allow = s.TryGetValue("allow", out var allow) ? d.Globs(allow, "paths.allow") : rules.Allow,
            Deny = s.TryGetValue("deny", out var deny) ? d.Globs(deny, "paths.deny") : rules.Deny,
        };
    }

    private static RepositoryPolicy.TestRules Tests(PolicyDecoder d, PolicyNode node)
    {
        var rules = new RepositoryPolicy.TestRules();
        var s = d.Section(node, "tests", "patterns", "required_with_code", "coverage");
        return rules with
        {
            Patterns = s.TryGetValue("patterns", out var patterns) ? d.Globs(patterns, "tests.patterns") : rules.Patterns,
            PatternsAreGiven = patterns is not null,
            RequiredWithCode = s.TryGetValue("required_with_code", out var required)
                ? d.Flag(required, "tests.required_with_code", rules.RequiredWithCode)
                : rules.RequiredWithCode,
            Coverage = s.TryGetValue("coverage", out var coverage) ? Coverage(d, coverage) : null,
        };
    }

    private static RepositoryPolicy.CoverageRules? Coverage(PolicyDecoder d, PolicyNode node)
    {
        // "coverage: true" measures and shows; "false" does neither.
        if (node is PolicyNode.Scalar)
            return d.Flag(node, "tests.coverage", fallback: false) ? new RepositoryPolicy.CoverageRules() : null;
        var s = d.Section(node, "tests.coverage", "min_changed", "max_drop");
        return new RepositoryPolicy.CoverageRules
        {
            MinChanged = s.TryGetValue("min_changed", out var changed) ? d.Number(changed, "tests.coverage.min_changed", 0, 0, 100, whole: false) : null,
            MaxDrop = s.TryGetValue("max_drop", out var drop) ? d.Number(drop, "tests.coverage.max_drop", 100, 0, 100, whole: false) : null,
        };
    }

    private static RepositoryPolicy.CommitRules Commits(PolicyDecoder d, PolicyNode node)
    {
        var rules = new RepositoryPolicy.CommitRules();
        return d.Section(node, "commits", "verified").TryGetValue("verified", out var verified) ? rules with { Verified = d.Flag(verified, "commits.verified", rules.Verified) } : rules;
    }

    private static bool IsNone(PolicyNode node) => node is PolicyNode.Scalar { Text: "none", Quoted: false };

    // Commands as texts, or as { run, secrets }.
    private static RepositoryPolicy Setup(PolicyDecoder d, PolicyNode node, RepositoryPolicy policy)
    {
        if (node is not PolicyNode.Sequence { Items: var items } || !items.OfType<PolicyNode.Mapping>().Any())
            return policy with { Setup = d.Texts(node, "setup") };
        if (items.Count > PolicyDecoder.MaxItems)
        {
            d.Fail(node.Line, "setup", $"must be a list of at most {PolicyDecoder.MaxItems} commands.");
            return policy;
        }

        var (lines, secrets) = (new List<string>(), new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal));
        foreach (var (item, i) in items.Select((item, i) => (item, i)))
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"setup[{i}]");
            if (item is not PolicyNode.Mapping)
            {
                if (d.Text(item, path) is { } text)
                    lines.Add(text);
                continue;
            }

            var s = d.Section(item, path, "run", "secrets");
            if (!s.TryGetValue("run", out var runNode))
            {
                d.Fail(item.Line, path, "needs 'run', the command.");
                continue;
            }

            if (d.Text(runNode, $"{path}.run") is not { } run)
                continue;
            lines.Add(run);
            if (!s.TryGetValue("secrets", out var named))
                continue;
            var names = d.Texts(named, $"{path}.secrets");
            if (names.FirstOrDefault(n => !SetupSecret.IsName(n)) is { } stray)
                d.Fail(named.Line, $"{path}.secrets", $"'{PolicyDecoder.Short(stray)}' is no name of a secret: write the name that the service's operator gave it.");
            else if (!secrets.TryAdd(run, names))
                d.Fail(item.Line, path, "says again what another step says; name its secrets once.");
        }

        return policy with { Setup = lines, SetupSecrets = secrets.Count > 0 ? secrets : null };
    }

    private static List<RepositoryPolicy.Check> Checks(PolicyDecoder d, PolicyNode node)
    {
        var checks = new List<RepositoryPolicy.Check>();
        if (IsNone(node))
            return checks;
        if (node is not PolicyNode.Sequence { Items.Count: <= 20 } list)
        {
            d.Fail(node.Line, "checks", "must be a list of at most 20 checks, such as [ { name: test, run: \"dotnet test\" } ].");
            return checks;
        }

        foreach (var (item, i) in list.Items.Select((item, i) => (item, i)))
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"checks[{i}]");
            var s = d.Section(item, path, "name", "run", "needs");
            if (!s.TryGetValue("name", out var nameNode) || !s.TryGetValue("run", out var runNode))
            {
                if (item is PolicyNode.Mapping)
                    d.Fail(item.Line, path, "needs both 'name' and 'run'.");
                continue;
            }

            if (d.Text(nameNode, $"{path}.name") is not { } name || d.Text(runNode, $"{path}.run") is not { } run)
                continue;
            if (name.Length > 40 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ' '))
                d.Fail(nameNode.Line, $"{path}.name", "must be at most 40 letters, digits, spaces, dots, dashes or underscores.");
            else if (checks.Exists(c => c.Name == name))
                d.Fail(nameNode.Line, $"{path}.name", $"'{name}' is used twice.");
            else
                checks.Add(new RepositoryPolicy.Check(name, run) { Needs = s.TryGetValue("needs", out var needs) ? d.Texts(needs, $"{path}.needs") : [] });
        }

        foreach (var (check, i) in checks.Select((check, i) => (check, i)))
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"checks[{i}].needs");
            if (check.Needs.FirstOrDefault(n => !checks.Exists(c => c.Name == n)) is { } missing)
                d.Fail(node.Line, path, $"names '{missing}', which is no check; there are {string.Join(", ", checks.Select(c => c.Name))}.");
            else if (NeedsItself(checks, check))
                d.Fail(node.Line, path, $"lead back to '{check.Name}' itself.");
        }

        return checks;
    }

    private static bool NeedsItself(List<RepositoryPolicy.Check> checks, RepositoryPolicy.Check check)
    {
        var (seen, next) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>(check.Needs));
        while (next.TryPop(out var name))
        {
            if (name == check.Name)
                return true;
            if (seen.Add(name) && checks.Find(c => c.Name == name) is { } needed)
                foreach (var need in needed.Needs) next.Push(need);
        }

        return false;
    }

    private static RepositoryPolicy.SandboxRules Sandbox(PolicyDecoder d, PolicyNode node)
    {
        var rules = new RepositoryPolicy.SandboxRules();
        foreach (var (key, value) in d.Section(node, "sandbox", "image", "devcontainer", "lfs", "cpus", "memory", "timeout", "network"))
        {
            rules = key switch
            {
                "image" => rules with { Image = Image(d, value) },
                "devcontainer" => rules with { DevContainer = d.Flag(value, "sandbox.devcontainer", false) },
                "lfs" => rules with { Lfs = d.Flag(value, "sandbox.lfs", false) },
                "cpus" => rules with { Cpus = (double)d.Number(value, "sandbox.cpus", 2, 0.1m, 64, whole: false) },
                "memory" => rules with { MemoryBytes = d.Size(value, "sandbox.memory", rules.MemoryBytes, 64L << 20, 256L << 30) },
                "timeout" => rules with { Timeout = d.Duration(value, "sandbox.timeout", rules.Timeout, TimeSpan.FromHours(6)) },
                _ => rules with { Network = Hosts(d, value) },
            };
        }

        if (rules is { Image: not null, DevContainer: true })
            d.Fail(node.Line, "sandbox.devcontainer", "and 'sandbox.image' exclude each other: name the image, or let the dev container do it.");
        return rules;
    }

    // It goes to an Engine, and into commands that people are told to type.
    private static string? Image(PolicyDecoder d, PolicyNode node)
    {
        var text = d.Text(node, "sandbox.image", nullable: true);
        if (text is null || ImageReference.TryParse(text) is not null)
            return text;
        d.Fail(node.Line, "sandbox.image", "must be an image reference, such as mcr.microsoft.com/dotnet/sdk:10.0 or registry.example/team/image@sha256:….");
        return null;
    }

    private static IReadOnlyList<string> Hosts(PolicyDecoder d, PolicyNode node)
    {
        var hosts = d.Texts(node, "sandbox.network");
        foreach (var host in hosts.Where(h => h != RepositoryPolicy.SandboxRules.Registries))
        {
            try
            {
                HostRule.Parse(host);
            }
            catch (FormatException e)
            {
                d.Fail(node.Line, "sandbox.network", $"has a host that cannot be used: {e.Message}");
            }
        }

        return hosts;
    }

    private static RepositoryPolicy.TaskLimits Limits(PolicyDecoder d, PolicyNode node)
    {
        var l = new RepositoryPolicy.TaskLimits();
        foreach (var (key, value) in d.Section(
            node, "limits", "turns", "tokens", "cost_usd", "ci_attempts", "review_cycles", "files_changed", "diff_lines", "active"))
        {
            l = key switch
            {
                "turns" => l with { Turns = d.Whole(value, "limits.turns", l.Turns, 1, 1000) },
                "tokens" => l with { Tokens = (long)d.Number(value, "limits.tokens", l.Tokens, 1000, 1_000_000_000, whole: true) },
                "cost_usd" => l with { CostUsd = d.Number(value, "limits.cost_usd", l.CostUsd, 0, 10_000, whole: false) },
                "ci_attempts" => l with { CiAttempts = d.Whole(value, "limits.ci_attempts", l.CiAttempts, 0, 50) },
                "review_cycles" => l with { ReviewCycles = d.Whole(value, "limits.review_cycles", l.ReviewCycles, 0, 100) },
                "files_changed" => l with { FilesChanged = d.Whole(value, "limits.files_changed", l.FilesChanged, 1, 5000) },
                "diff_lines" => l with { DiffLines = d.Whole(value, "limits.diff_lines", l.DiffLines, 1, 500_000) },
                _ => l with { Active = d.Duration(value, "limits.active", l.Active, TimeSpan.FromDays(2)) },
            };
        }

        return l;
    }

    private static RepositoryPolicy Ci(PolicyDecoder d, PolicyNode node, RepositoryPolicy policy)
    {
        if (IsNone(node))
            return policy with { CiRequired = false };
        foreach (var (key, value) in d.Section(node, "ci", "required", "checks", "red_on_base", "rerun", "dispatch"))
        {
            policy = key switch
            {
                "required" => policy with { CiRequired = d.Flag(value, "ci.required", true) },
                "checks" => policy with { Ci = policy.Ci with { Checks = CheckNames(d, value) } },
                "red_on_base" => policy with { Ci = policy.Ci with { RedOnBase = d.Choice(value, "ci.red_on_base", CiRedOnBase.Ignore) } },
                "rerun" => policy with { Ci = policy.Ci with { Rerun = d.Choice(value, "ci.rerun", CiRerun.Cancelled) } },
                _ => policy with { Ci = policy.Ci with { Dispatch = WorkflowFile(d, value) } },
            };
        }

        return policy;
    }

    private static IReadOnlyList<string> CheckNames(PolicyDecoder d, PolicyNode node)
    {
        var names = d.Texts(node, "ci.checks");
        foreach (var name in names.Where(n => n.Length > NameGlob.MostSigns || n.Trim('*', ' ').Length == 0))
            d.Fail(node.Line, "ci.checks", $"has a name that cannot be used; write names of checks of at most {NameGlob.MostSigns} characters, such as \"build\" or \"test (*)\", and leave it out where all count.");
        return names;
    }

    // It becomes part of an address.
    private static string? WorkflowFile(PolicyDecoder d, PolicyNode node)
    {
        var text = d.Text(node, "ci.dispatch", nullable: true);
        if (text is null || (text.Length <= 100 && text.Any(char.IsAsciiLetterOrDigit) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')))
            return text;
        d.Fail(node.Line, "ci.dispatch", "must be the file name of a workflow, without its folder, such as ci.yml.");
        return null;
    }

    private static RepositoryPolicy.DangerRules Danger(PolicyDecoder d, PolicyNode node)
    {
        var rules = new RepositoryPolicy.DangerRules();
        foreach (var (key, value) in d.Section(
            node, "danger", "network_code", "infra", "ci_files", "developer_files", "agent_files", "dependencies", "runner", "license", "ownership", "dependency_age"))
        {
            rules = key switch
            {
                "network_code" => rules with { Network = d.Rule(value, "danger.network_code", rules.Network) },
                "infra" => rules with { Infrastructure = d.Rule(value, "danger.infra", rules.Infrastructure) },
                "ci_files" => rules with { Ci = d.Rule(value, "danger.ci_files", rules.Ci) },
                "developer_files" => rules with { Developer = d.Rule(value, "danger.developer_files", rules.Developer) },
                "agent_files" => rules with { Agents = d.Rule(value, "danger.agent_files", rules.Agents) },
                "dependencies" => rules with { Dependencies = d.Rule(value, "danger.dependencies", rules.Dependencies) },
                "runner" => rules with { Runner = d.Rule(value, "danger.runner", rules.Runner) },
                "license" => rules with { License = d.Rule(value, "danger.license", rules.License) },
                "ownership" => rules with { Ownership = d.Rule(value, "danger.ownership", rules.Ownership) },
                _ => rules with { DependencyAge = d.Duration(value, "danger.dependency_age", rules.DependencyAge, TimeSpan.FromDays(365)) },
            };
        }

        return rules;
    }

    private static List<RepositoryPolicy.AllowedSecret> AllowedSecrets(PolicyDecoder d, PolicyNode node)
    {
        var allowed = new List<RepositoryPolicy.AllowedSecret>();
        if (!d.Section(node, "secrets", "allow").TryGetValue("allow", out var entries))
            return allowed;
        if (entries is not PolicyNode.Sequence { Items.Count: <= 100 } list)
        {
            d.Fail(entries.Line, "secrets.allow", "must be a list of at most 100 entries, such as [ { path: \"tests/keys/**\", rule: private-key } ].");
            return allowed;
        }

        foreach (var (item, i) in list.Items.Select((item, i) => (item, i)))
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"secrets.allow[{i}]");
            var s = d.Section(item, path, "path", "rule", "sha256");
            var glob = s.TryGetValue("path", out var pathNode) ? d.Text(pathNode, $"{path}.path") : null;
            var rule = s.TryGetValue("rule", out var ruleNode) ? d.Text(ruleNode, $"{path}.rule") : null;
            var sha = s.TryGetValue("sha256", out var shaNode) ? d.Text(shaNode, $"{path}.sha256") : null;
            if (pathNode is null || (ruleNode is null) == (shaNode is null))
                d.Fail(item.Line, path, "needs 'path', and either 'rule' or 'sha256'.");
            else if (glob is not null && !PathGlob.IsValid(glob))
                d.Fail(pathNode.Line, $"{path}.path", "is not a path pattern: write it from the root with /, *, ** and ?, without '..'.");
            else if (rule is not null && !SecretShapes.Rules.Any(r => r.Id == rule))
                d.Fail(ruleNode!.Line, $"{path}.rule", $"is no rule of the scanner{(Nearest.Of(rule, [.. SecretShapes.Rules.Select(r => r.Id)]) is { } near ? $"; did you mean '{near}'?" : "; the guide lists them (docs/guide/secrets.md).")}");
            else if (sha is not null && (sha.Length != 64 || !sha.All(char.IsAsciiHexDigit)))
                d.Fail(shaNode!.Line, $"{path}.sha256", "must be 64 hex digits: printf %s 'the value' | sha256sum.");
            else if (glob is not null && (rule ?? sha) is not null)
                allowed.Add(new RepositoryPolicy.AllowedSecret(glob, rule, sha?.ToLowerInvariant()));
        }

        return allowed;
    }

    private static RepositoryPolicy.ReviewRules Review(PolicyDecoder d, PolicyNode node)
    {
        var rules = new RepositoryPolicy.ReviewRules();
        var max = TimeSpan.FromDays(365);
        foreach (var (key, value) in d.Section(node, "review", "remind_after", "expire_after", "comments", "request", "resolve_threads", "follow_base", "max_rebases"))
        {
            rules = key switch
            {
                "remind_after" => rules with { RemindAfter = d.Duration(value, "review.remind_after", rules.RemindAfter, max) },
                "expire_after" => rules with { ExpireAfter = d.Duration(value, "review.expire_after", rules.ExpireAfter, max) },
                "comments" => rules with { Comments = d.Choice(value, "review.comments", ReviewComments.Addressed) },
                "request" => rules with { Request = Reviewers(d, value) },
                "resolve_threads" => rules with { ResolveThreads = d.Flag(value, "review.resolve_threads", true) },
                "max_rebases" => rules with { MaxRebases = d.Whole(value, "review.max_rebases", rules.MaxRebases, 0, 1000) },
                _ => rules with { FollowBase = d.Choice(value, "review.follow_base", BaseFollowing.Required) },
            };
        }

        return rules;
    }

    // GitHub asks fifteen at most.
    private static List<string> Reviewers(PolicyDecoder d, PolicyNode node)
    {
        const string path = "review.request", how = "logins such as ann, or teams as owner/team";
        if (node is not PolicyNode.Sequence { Items.Count: <= 15 } list)
        {
            d.Fail(node.Line, path, $"must be a list of at most 15 {how}.");
            return [];
        }

        var names = new List<string>();
        foreach (var (item, i) in list.Items.Select((item, i) => (item, i)))
        {
            var name = d.Text(item, $"{path}[{i}]")?.TrimStart('@');
            if (name is not null && !Reviewer().IsMatch(name))
                d.Fail(item.Line, $"{path}[{i}]", $"is nobody who can be asked; write {how}.");
            else if (name is not null && !names.Contains(name, StringComparer.OrdinalIgnoreCase))
                names.Add(name);
        }

        return names;
    }

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,254})?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Reviewer();

    private static RepositoryPolicy.UpgradeRules Upgrade(PolicyDecoder d, PolicyNode node)
    {
        var rules = new RepositoryPolicy.UpgradeRules();
        foreach (var (key, value) in d.Section(node, "upgrade", "pulls", "parallel", "max_open", "batch", "canary", "group", "min_release_age"))
        {
            rules = key switch
            {
                "pulls" => rules with { Pulls = d.Choice(value, "upgrade.pulls", UpgradePulls.Batch) },
                "parallel" => rules with { Parallel = d.Whole(value, "upgrade.parallel", rules.Parallel, 1, 20) },
                "max_open" => rules with { MaxOpen = d.Whole(value, "upgrade.max_open", rules.MaxOpen, 1, 100) },
                "batch" => rules with { Batch = d.Whole(value, "upgrade.batch", rules.Batch, 1, 1000) },
                "canary" => rules with { Canary = d.Texts(value, "upgrade.canary") },
                "group" => rules with { Group = d.Texts(value, "upgrade.group") },
                _ => rules with { MinReleaseAge = value is PolicyNode.Scalar { Text: "0d" } ? TimeSpan.Zero : d.Duration(value, "upgrade.min_release_age", rules.MinReleaseAge, TimeSpan.FromDays(365)) },
            };
        }

        return rules;
    }

    private static RepositoryPolicy.ModelNames Models(PolicyDecoder d, PolicyNode node)
    {
        var s = d.Section(node, "models", "planner", "coder", "fallback", "fallback_after");
        var names = new RepositoryPolicy.ModelNames();
        return names with
        {
            Planner = s.TryGetValue("planner", out var planner) ? d.Text(planner, "models.planner", nullable: true) : null,
            Coder = s.TryGetValue("coder", out var coder) ? d.Text(coder, "models.coder", nullable: true) : null,
            Fallback = s.TryGetValue("fallback", out var fallback) ? d.Text(fallback, "models.fallback", nullable: true) : null,
            FallbackAfter = s.TryGetValue("fallback_after", out var after) ? d.Duration(after, "models.fallback_after", names.FallbackAfter, TimeSpan.FromDays(2)) : names.FallbackAfter,
        };
    }
}

/// <summary>The outcome of reading a policy file: a policy, or what is wrong with it. Never half of one.</summary>
/// <param name="Policy">The policy; null when there are errors.</param>
/// <param name="Errors">Errors in order of line.</param>
public sealed record PolicyReading(RepositoryPolicy? Policy, IReadOnlyList<PolicyError> Errors);

/// <summary>One thing wrong with a policy file.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Key">Key path such as <c>limits.turns</c>; empty when the file as a whole is wrong.</param>
/// <param name="Message">What is wrong and what would be right. Quotes the file: untrusted text.</param>
public sealed record PolicyError(int Line, string Key, string Message);
