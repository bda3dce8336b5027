using System.Text.RegularExpressions;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Models;
using CodingAgent.Forges;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Activities;

/// <summary>What the operator sets for coding tasks.</summary>
public sealed record FlowSettings
{
    /// <summary>Room for hundreds of large changes.</summary>
    public const long DefaultTaskSnapshotBytes = 2L << 30;

    /// <summary>Default model of the planner.</summary>
    public required string PlannerModel { get; init; }

    /// <summary>Default model of coder and fixer.</summary>
    public required string CoderModel { get; init; }

    /// <summary>Model of the critic; null means the planner's.</summary>
    public string? CriticModel { get; init; }

    /// <summary>Model that stands in where the policy file names none; null for none.</summary>
    public string? FallbackModel { get; init; }

    /// <summary>Prompts to try; none means that all tasks run with those of the release.</summary>
    public IReadOnlyList<PromptVariant> Variants { get; init; } = [];

    /// <summary>Prices per model, for the cost budget.</summary>
    public ModelPrices Prices { get; init; } = ModelPrices.None;

    /// <summary>
    /// A text for a forge's pages, which may be public: what the operator's models are called is nobody's business there. The log and REST keep
    /// the names.
    /// </summary>
    public string WithoutModels(string text)
    {
        foreach (var name in ((string?[])[PlannerModel, CoderModel, CriticModel, FallbackModel]).OfType<string>().Where(n => n.Length > 0).Distinct(StringComparer.Ordinal).OrderByDescending(n => n.Length))
        {
            // With what endpoints add: a date, a size. A name that is an everyday word stands in quotes.
            var isWord = name.All(char.IsAsciiLetter);
            text = Regex.Replace(text, isWord ? $"(?<q>[\"'`]){Regex.Escape(name)}\\k<q>" : $@"(?<![\w.\-/]){Regex.Escape(name)}(?:[\-:.@][\w.\-]*\w)?(?![\w])", "(the model)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        }

        return text;
    }

    /// <summary>What is known of packages, for new dependencies.</summary>
    public Advisories Advisories { get; init; } = Advisories.None;

    /// <summary>Most bytes of packs that the snapshots of one task may store together, until a person grants a fresh allowance.</summary>
    public long MaxTaskSnapshotBytes { get; init; } = DefaultTaskSnapshotBytes;

    /// <summary>Whether commits are signed with a key of the service; null where another process makes them.</summary>
    public bool? SignsCommits { get; init; } = false;

    /// <summary>Tasks may change several repositories, where the policies of all of them say so.</summary>
    public bool MultiRepo { get; init; }

    /// <summary>Whether a repository is worked on.</summary>
    public Func<RepoRef, bool> Serves { get; init; } = _ => true;

    /// <summary>Whether a bot, by its login, is heard in a repository as somebody with write access is.</summary>
    public Func<RepoRef, string, bool> AllowsBot { get; init; } = (_, _) => false;

    /// <summary>Where people see a task; null where comments are not to lead there.</summary>
    public Func<TaskId, Uri?> PageOf { get; init; } = _ => null;

    /// <summary>How long a step may be silent before another worker takes it up; counts for tasks started from now on.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Most processes in a sandbox; the policy file sets the rest.</summary>
    public int MaxProcesses { get; init; } = SandboxLimits.Default.MaxProcesses;
}

/// <summary>Sandbox limits of a policy.</summary>
internal static class SandboxPolicy
{
    public static SandboxLimits Limits(RepositoryPolicy policy, FlowSettings settings) => new(
        policy.Sandbox.Timeout, policy.Sandbox.MemoryBytes, settings.MaxProcesses, SandboxLimits.Default.OutputBytes, policy.Sandbox.Cpus);
}
