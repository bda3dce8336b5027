using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Records;

/// <summary>How a repository is set up and checked, as the verifier found it.</summary>
/// <param name="Repo">Repository.</param>
/// <param name="BaseSha">Commit it was found on.</param>
/// <param name="Rules">Digest of what the policy said about set-up, sandbox, checks and tests (<see cref="RulesOf"/>).</param>
/// <param name="Conditions">Digest of all that decides where and how checks run (<see cref="ConditionsOf"/>).</param>
/// <param name="Checks">Every check, before any was left out.</param>
/// <param name="TestPatterns">Globs of test files.</param>
public sealed record BuildRecord(
    RepoRef Repo, string BaseSha, string Rules, string Conditions, IReadOnlyList<BuildRecord.Check> Checks, IReadOnlyList<string> TestPatterns) : IRecordContent
{
    // What a later version adds and leaves at its default changes no digest of a task that runs meanwhile.
    private static readonly JsonSerializerOptions Canonical = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    /// <inheritdoc/>
    public static string Kind => "build";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Checks;

    /// <summary>What was found on a commit.</summary>
    /// <param name="repo">Repository.</param>
    /// <param name="baseSha">The commit.</param>
    /// <param name="asWritten">The policy as the default branch has it.</param>
    /// <param name="completed">The policy with what was found.</param>
    /// <param name="build">How the repository is built.</param>
    public static BuildRecord Of(RepoRef repo, string baseSha, RepositoryPolicy asWritten, RepositoryPolicy completed, RepositoryBuild build) => new(
        repo, baseSha, RulesOf(asWritten), ConditionsOf(completed, build),
        [.. completed.Checks.Select(c => new Check(c.Name, c.Run, c.Needs, build.Detected.Any(d => d.Name == c.Name), build.Detected.Any(d => d.Name == c.Name && d.Optional)))],
        completed.Tests.Patterns);

    /// <summary>Digest of what a policy file says about set-up, sandbox, checks and tests: of all that decides what is found and run.</summary>
    public static string RulesOf(RepositoryPolicy policy) => Digest(new { policy.Setup, policy.Sandbox, policy.Checks, policy.WithoutChecks, policy.Tests, policy.SetupSecrets });

    /// <summary>Digest of sandbox, set-up commands, the hosts they may reach and what is fetched for them.</summary>
    public static string ConditionsOf(RepositoryPolicy policy, RepositoryBuild build) => Digest(new { policy.Sandbox, build.Setup, build.Hosts, build.Submodules });

    /// <summary>Digest of a plan; empty for none.</summary>
    public static string DigestOf(Plan? plan) => plan is null ? ""
        : plan.IsFirstForm() ? Digest(new { plan.Goal, plan.Constraints, Edits = plan.Edits.Select(FirstForm), Tests = plan.Tests.Select(FirstForm), plan.Risks, plan.Questions })
        : Digest(plan);

    private static object FirstForm(PlannedEdit edit) => new { edit.Path, edit.Intent };

    private static string Digest<T>(T value) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(value, Canonical)));

    /// <summary>A check.</summary>
    /// <param name="Name">Name.</param>
    /// <param name="Run">Command line.</param>
    /// <param name="Needs">Checks that run first.</param>
    /// <param name="IsDetected">Nobody named it: it was found in the repository.</param>
    /// <param name="IsOptional">Red on the base, it may be left out.</param>
    public sealed record Check(string Name, string Run, IReadOnlyList<string> Needs, bool IsDetected, bool IsOptional);
}

/// <summary>What the checks said about a tree.</summary>
/// <param name="Repo">Repository.</param>
/// <param name="BaseSha">Commit the tree is a change of.</param>
/// <param name="IsBase">The tree is that of the commit itself.</param>
/// <param name="Conditions">Under which conditions they ran (<see cref="BuildRecord.ConditionsOf"/>).</param>
/// <param name="Plan">Digest of the plan whose manifests were set up; empty for none.</param>
/// <param name="Ran">Every check that was asked for: one may stand on another's result.</param>
/// <param name="Evidence">What they said; output of what is red only.</param>
public sealed record EvidenceRecord(
    RepoRef Repo, string BaseSha, bool IsBase, string Conditions, string Plan, IReadOnlyList<RepositoryPolicy.Check> Ran, Evidence Evidence) : IRecordContent
{
    /// <summary>The results of checks that ran as a build record writes them, and over nothing but results of such.</summary>
    public IReadOnlyList<CheckEvidence> ResultsUnder(BuildRecord build)
    {
        bool AsWritten(string name) => Ran.Where(c => c.Name == name).ToArray() is [var ran]
            && build.Checks.FirstOrDefault(c => c.Name == name) is { } written && ran.Run == written.Run && ran.Needs.SequenceEqual(written.Needs, StringComparer.Ordinal) && ran.Needs.All(AsWritten);
        return [.. Evidence.Checks.Where(c => AsWritten(c.Name))];
    }

    /// <inheritdoc/>
    public static string Kind => "evidence";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Checks;
}
