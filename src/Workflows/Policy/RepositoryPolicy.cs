using System.Text.Json.Serialization;

namespace CodingAgent.Workflows.Policy;

/// <summary>
/// What a repository allows the agent: the content of <c>.github/coding-agent.yml</c> on the default branch. A fresh instance holds
/// the safe defaults that apply when the file, or a key of it, is absent.
/// </summary>
public sealed record RepositoryPolicy
{
    /// <summary>When a person must approve the plan. Risk is computed from paths and sizes, never from a model's words.</summary>
    public PlanApproval Approval { get; init; } = PlanApproval.Risky;

    /// <summary>Where the agent may write.</summary>
    public PathRules Paths { get; init; } = new();

    /// <summary>What counts as a test, and whether code needs one.</summary>
    public TestRules Tests { get; init; } = new();

    /// <summary>Commands whose exit code 0 is the evidence; empty means they are detected from the files at the root.</summary>
    public IReadOnlyList<Check> Checks { get; init; } = [];

    /// <summary>True for <c>checks: none</c>: a repository without code; a change of anything but prose is then held back.</summary>
    public bool WithoutChecks { get; init; }

    /// <summary>Commands that install what the repository needs, run once for its manifests; null means they are detected, empty that there is nothing to do.</summary>
    public IReadOnlyList<string>? Setup { get; init; }

    /// <summary>Names of credentials of the service that set-up commands may use, by command; null for none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? SetupSecrets { get; init; }

    /// <summary>Limits of the sandbox.</summary>
    public SandboxRules Sandbox { get; init; } = new();

    /// <summary>Limits of one task.</summary>
    public TaskLimits Limits { get; init; } = new();

    /// <summary>True when a draft becomes ready only after at least one CI result; false (<c>ci: none</c>) when no CI is expected.</summary>
    public bool CiRequired { get; init; } = true;

    /// <summary>Which CI results count, and what is done about those that say nothing.</summary>
    public CiRules Ci { get; init; } = new();

    /// <summary>Kinds of change that need more than a plan.</summary>
    public DangerRules Danger { get; init; } = new();

    /// <summary>What looks like a credential and may be pushed all the same: keys of tests, examples.</summary>
    public IReadOnlyList<AllowedSecret> AllowedSecrets { get; init; } = [];

    /// <summary>Reminders, expiry and threads.</summary>
    public ReviewRules Review { get; init; } = new();

    /// <summary>What commits must be.</summary>
    public CommitRules Commits { get; init; } = new();

    /// <summary>How upgrades are cut into batches.</summary>
    public UpgradeRules Upgrade { get; init; } = new();

    /// <summary>Other repositories that a task asked for here may change as well, <c>owner/name</c>; each of them must name this one in <see cref="ChangedFrom"/>.</summary>
    public IReadOnlyList<string> Repositories { get; init; } = [];

    /// <summary>Repositories whose tasks may change this one, <c>owner/name</c>.</summary>
    public IReadOnlyList<string> ChangedFrom { get; init; } = [];

    /// <summary>Tasks that begin by themselves, at most ten.</summary>
    public IReadOnlyList<PolicySchedule> Schedules { get; init; } = [];

    /// <summary>Models by role; null means the operator's default.</summary>
    public ModelNames Models { get; init; } = new();

    /// <summary>Path rules as globs over paths from the repository root.</summary>
    public sealed record PathRules
    {
        /// <summary>A file must match one of these.</summary>
        public IReadOnlyList<string> Allow { get; init; } = ["**"];

        /// <summary>A file must match none of these. The built-in protected files stay denied whatever is written here.</summary>
        public IReadOnlyList<string> Deny { get; init; } = [];
    }

    /// <summary>Something that looks like a credential and is none; one of <paramref name="Rule"/> and <paramref name="Sha256"/> says which.</summary>
    /// <param name="Path">Glob of the files it may stand in.</param>
    /// <param name="Rule">Id of the rule that finds it; null where the value itself is named.</param>
    /// <param name="Sha256">SHA-256 of the value in UTF-8, 64 hex digits in lower case; null where any that the rule finds is allowed.</param>
    public sealed record AllowedSecret(string Path, string? Rule, string? Sha256);

    /// <summary>Test rules.</summary>
    public sealed record TestRules
    {
        /// <summary>Globs of test files; where the policy names none, the habits of all ecosystems, until the repository has been looked at.</summary>
        public IReadOnlyList<string> Patterns { get; init; } = TestHabits.All;

        /// <summary>True when the policy file itself names <see cref="Patterns"/>, so that nothing detected may replace them.</summary>
        public bool PatternsAreGiven { get; init; }

        /// <summary>A change of code must change a test too.</summary>
        public bool RequiredWithCode { get; init; } = true;

        /// <summary>How much of a change tests must run; null where coverage is not measured.</summary>
        public CoverageRules? Coverage { get; init; }
    }

    /// <summary>Coverage rules; without either threshold it is measured and shown.</summary>
    public sealed record CoverageRules
    {
        /// <summary>Percent of the changed lines that tests must run; null for any.</summary>
        public decimal? MinChanged { get; init; }

        /// <summary>Percentage points that the coverage of the whole may fall by; null for any.</summary>
        public decimal? MaxDrop { get; init; }
    }

    /// <summary>One check.</summary>
    /// <param name="Name">Short name, shown as evidence.</param>
    /// <param name="Run">Shell command, run in the sandbox at the root of a clean workspace.</param>
    public sealed record Check(string Name, string Run)
    {
        /// <summary>Names of checks that run first, and over whose results this one runs; without any it depends on nothing but the tree and its packages.</summary>
        public IReadOnlyList<string> Needs { get; init; } = [];
    }

    /// <summary>Sandbox rules.</summary>
    public sealed record SandboxRules
    {
        /// <summary>Container image, a valid reference; null means the worker's own toolchains.</summary>
        public string? Image { get; init; }

        /// <summary>The image is the one that the base commit's <c>devcontainer.json</c> names or builds, where there is one.</summary>
        public bool DevContainer { get; init; }

        /// <summary>Commands see the contents of files kept in Git LFS, as far as they can be fetched, and not their pointers.</summary>
        public bool Lfs { get; init; }

        /// <summary>Processors.</summary>
        public double Cpus { get; init; } = 2;

        /// <summary>Memory in bytes.</summary>
        public long MemoryBytes { get; init; } = 4L << 30;

        /// <summary>Time limit of one command.</summary>
        public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(20);

        /// <summary>
        /// Hosts that set-up steps may reach; null means the public registries of the ecosystems found, empty no network. The word
        /// <see cref="Registries"/> stands for the former in a list of more.
        /// </summary>
        public IReadOnlyList<string>? Network { get; init; }

        /// <summary>Stands in <see cref="Network"/> for the public registries of the ecosystems found.</summary>
        public const string Registries = "registries";
    }

    /// <summary>Limits of one task; at a limit it parks and asks.</summary>
    public sealed record TaskLimits
    {
        /// <summary>Model turns of one agent run.</summary>
        public int Turns { get; init; } = 60;

        /// <summary>Input and output tokens of the whole task.</summary>
        public long Tokens { get; init; } = 2_000_000;

        /// <summary>Cost of the whole task in US dollars.</summary>
        public decimal CostUsd { get; init; } = 5;

        /// <summary>How often red checks or red CI are mended.</summary>
        public int CiAttempts { get; init; } = 3;

        /// <summary>How many reviews are answered.</summary>
        public int ReviewCycles { get; init; } = 5;

        /// <summary>Files in the whole change.</summary>
        public int FilesChanged { get; init; } = 40;

        /// <summary>Added and removed lines in the whole change.</summary>
        public int DiffLines { get; init; } = 1500;

        /// <summary>Working time; parked time does not count.</summary>
        public TimeSpan Active { get; init; } = TimeSpan.FromMinutes(45);
    }

    /// <summary>CI rules.</summary>
    public sealed record CiRules
    {
        /// <summary>
        /// Names of the checks that count, <c>*</c> standing for anything; each must be there and pass, and no other counts. Empty for all but
        /// agreements and sign-offs.
        /// </summary>
        public IReadOnlyList<string> Checks { get; init; } = [];

        /// <summary>Whether what is red on the base commit too counts against a change.</summary>
        public CiRedOnBase RedOnBase { get; init; } = CiRedOnBase.Ignore;

        /// <summary>What is run once more on the same commit.</summary>
        public CiRerun Rerun { get; init; } = CiRerun.Cancelled;

        /// <summary>Workflow file that is started where a push triggers nothing; null for none.</summary>
        public string? Dispatch { get; init; }
    }

    /// <summary>What is answered to changes of each class of files (<see cref="RiskClass"/>).</summary>
    public sealed record DangerRules
    {
        /// <summary>Code that talks to the network.</summary>
        [JsonPropertyName("NetworkCode"), JsonConverter(typeof(FlagOrRule.Asks))]
        public RiskRule Network { get; init; } = RiskRule.Ask;

        /// <summary>Infrastructure.</summary>
        [JsonPropertyName("Infra"), JsonConverter(typeof(FlagOrRule.Asks))]
        public RiskRule Infrastructure { get; init; } = RiskRule.Ask;

        /// <summary>What runs in CI.</summary>
        [JsonPropertyName("CiFiles"), JsonConverter(typeof(FlagOrRule.Denies))]
        public RiskRule Ci { get; init; } = RiskRule.Deny;

        /// <summary>What runs on a developer's machine.</summary>
        public RiskRule Developer { get; init; } = RiskRule.Ask;

        /// <summary>What instructs agents.</summary>
        public RiskRule Agents { get; init; } = RiskRule.Ask;

        /// <summary>What declares dependencies.</summary>
        public RiskRule Dependencies { get; init; } = RiskRule.Ask;

        /// <summary>What decides how checks run: build files, runner configuration, files that a check's line names.</summary>
        public RiskRule Runner { get; init; } = RiskRule.Ask;

        /// <summary>Licence and notices.</summary>
        public RiskRule License { get; init; } = RiskRule.Ask;

        /// <summary>Who owns and reviews.</summary>
        public RiskRule Ownership { get; init; } = RiskRule.Deny;

        /// <summary>How long a version of a package must have been public before a change may add it; zero for any. Counts where release dates are configured.</summary>
        public TimeSpan DependencyAge { get; init; }

        /// <summary>The answer to a class. The policy itself is never allowed.</summary>
        public RiskRule RuleOf(RiskClass risk) => risk switch
        {
            RiskClass.Ci => Ci,
            RiskClass.Developer => Developer,
            RiskClass.Agents => Agents,
            RiskClass.Dependencies => Dependencies,
            RiskClass.Runner => Runner,
            RiskClass.Infra => Infrastructure,
            RiskClass.Network => Network,
            RiskClass.License => License,
            RiskClass.Ownership => Ownership,
            _ => RiskRule.Deny,
        };
    }

    /// <summary>Review rules.</summary>
    public sealed record ReviewRules
    {
        /// <summary>A parked task reminds once after this time.</summary>
        public TimeSpan RemindAfter { get; init; } = TimeSpan.FromDays(2);

        /// <summary>A parked task ends after this time.</summary>
        public TimeSpan ExpireAfter { get; init; } = TimeSpan.FromDays(14);

        /// <summary>Which comments of a conversation are remarks to the task.</summary>
        public ReviewComments Comments { get; init; } = ReviewComments.Addressed;

        /// <summary>Who is asked for a review once a pull request is ready: logins, and teams as <c>owner/team</c>.</summary>
        public IReadOnlyList<string> Request { get; init; } = [];

        /// <summary>Threads that end as fixed are resolved.</summary>
        public bool ResolveThreads { get; init; } = true;

        /// <summary>When the base branch is merged into a pull request that waits.</summary>
        public BaseFollowing FollowBase { get; init; } = BaseFollowing.Required;

        /// <summary>How often a pull request that waits is put on a newer base before a person asks for more.</summary>
        public int MaxRebases { get; init; } = 10;
    }

    /// <summary>Commit rules.</summary>
    public sealed record CommitRules
    {
        /// <summary>Each must be one that the forge shows as verified; where none can be made, nothing is pushed.</summary>
        public bool Verified { get; init; }
    }

    /// <summary>Upgrade rules.</summary>
    public sealed record UpgradeRules
    {
        /// <summary>How many pull requests an upgrade makes.</summary>
        public UpgradePulls Pulls { get; init; } = UpgradePulls.Batch;

        /// <summary>Batches, and modules whose calls are mended, that are worked on at a time.</summary>
        public int Parallel { get; init; } = 2;

        /// <summary>Pull requests of one upgrade that are open at a time.</summary>
        public int MaxOpen { get; init; } = 10;

        /// <summary>Modules per batch.</summary>
        public int Batch { get; init; } = 10;

        /// <summary>Modules that go first, by name or with <c>*</c>; while one of them is red, no other is tried.</summary>
        public IReadOnlyList<string> Canary { get; init; } = [];

        /// <summary>What moves together, by name or with <c>*</c>: modules as one, and dependencies of one version to one version.</summary>
        public IReadOnlyList<string> Group { get; init; } = [];

        /// <summary>How long a version must have been public before it is chosen; zero for no matter. A version that people name is not held to it.</summary>
        public TimeSpan MinReleaseAge { get; init; } = TimeSpan.FromDays(3);
    }

    /// <summary>Model names.</summary>
    public sealed record ModelNames
    {
        /// <summary>Planner's model.</summary>
        public string? Planner { get; init; }

        /// <summary>Coder's and fixer's model.</summary>
        public string? Coder { get; init; }

        /// <summary>Model that stands in for either while it is away or refused; null means the operator's, if there is one.</summary>
        public string? Fallback { get; init; }

        /// <summary>How long a model must fail before the fallback is asked.</summary>
        public TimeSpan FallbackAfter { get; init; } = TimeSpan.FromMinutes(10);
    }
}

/// <summary>When a person must approve the plan.</summary>
public enum PlanApproval
{
    /// <summary>Never: the plan is posted and work goes on.</summary>
    Never,

    /// <summary>Always.</summary>
    Always,

    /// <summary>When the plan is risky.</summary>
    Risky,
}

/// <summary>When the base branch is merged into a pull request that waits.</summary>
public enum BaseFollowing
{
    /// <summary>When the two conflict, or the forge lets nobody merge before.</summary>
    Required,

    /// <summary>Whenever it has moved.</summary>
    Always,

    /// <summary>Never: a person does.</summary>
    Never,
}

/// <summary>How many pull requests an upgrade makes.</summary>
public enum UpgradePulls
{
    /// <summary>One with all that is green; what is not is told.</summary>
    One,

    /// <summary>One for each batch, and one for each module that the new version breaks.</summary>
    Batch,
}

/// <summary>Which comments without a command, by people with write access, are remarks to a task.</summary>
public enum ReviewComments
{
    /// <summary>Those that mention the bot.</summary>
    Addressed,

    /// <summary>All.</summary>
    All,
}

/// <summary>What the policy answers to a class of files.</summary>
public enum RiskRule
{
    /// <summary>A person is asked.</summary>
    Ask,

    /// <summary>Allowed.</summary>
    Allow,

    /// <summary>Denied.</summary>
    Deny,
}

/// <summary>What the policy says about CI that is red on the base too.</summary>
public enum CiRedOnBase
{
    /// <summary>It does not count, and is told.</summary>
    Ignore,

    /// <summary>It counts as any other.</summary>
    Count,
}

/// <summary>What of CI is run once more, once per commit and check.</summary>
public enum CiRerun
{
    /// <summary>Nothing.</summary>
    Never,

    /// <summary>What was cancelled or given up.</summary>
    Cancelled,

    /// <summary>That, and what failed.</summary>
    Failed,
}
