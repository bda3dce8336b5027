using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Detection;

/// <summary>What a repository's files say about how it is set up and checked. Plain data: it can lie in a workflow's history.</summary>
/// <param name="Setup">Steps that fetch what the checks need, in order; the only commands that see the network.</param>
/// <param name="Checks">Checks, tests first.</param>
/// <param name="TestPatterns">Globs of test files, by the habits of the ecosystems found; for a policy that names none.</param>
/// <param name="Notes">What a person should know: what was chosen among several, what was passed over, what this host lacks.</param>
public sealed record ProjectDetection(
    IReadOnlyList<SetupStep> Setup, IReadOnlyList<DetectedCheck> Checks, IReadOnlyList<string> TestPatterns, IReadOnlyList<string> Notes)
{
    /// <summary>The CI file that checks out the contents of Git LFS; null when none does.</summary>
    public string? CiLfs { get; init; }

    /// <summary>Submodules that CI checks out for its tests; null when it does not.</summary>
    public SubmoduleRequest? CiSubmodules { get; init; }

    /// <summary>True when a check runs tests; without one nothing proves a change, and no model should be paid.</summary>
    public bool HasTests => Checks.Any(c => c.Kind == CheckKind.Test);
}

/// <summary>One command that prepares a workspace: it may fetch packages, and what it leaves in workspace and HOME is kept for later commands.</summary>
/// <param name="Name">Short name in messages.</param>
/// <param name="Directory">Folder it is about, from the root; empty for the root.</param>
/// <param name="Command">Shell line, run at the root of the workspace (it changes folder itself).</param>
/// <param name="Ecosystem">Ecosystem, such as <c>dotnet</c>.</param>
/// <param name="UpdateCommand">Shell line for a tree whose manifests changed: it also brings the lock file up to date. Null when there is no lock file to keep.</param>
public sealed record SetupStep(string Name, string Directory, string Command, string Ecosystem, string? UpdateCommand)
{
    /// <summary>Whose public registries it fetches from, as <see cref="Mcp.Egress.RegistryHosts"/> names them; null for none.</summary>
    public string? Registries { get; init; }

    /// <summary>False when no check needs it: its failure is told and does not stop a task.</summary>
    public bool Required { get; init; } = true;

    /// <summary>A shell line to try when it fails, and what that leaves, as a sentence; null for nothing.</summary>
    public (string Command, string Words)? Fallback { get; init; }
}

/// <summary>A check found in a repository.</summary>
/// <param name="Name">Name within the rules of the policy file, unique.</param>
/// <param name="Run">Shell line, run at the root of the workspace (it changes folder itself), without a network.</param>
/// <param name="Kind">What it proves.</param>
/// <param name="Directory">Folder it is about, from the root; empty for the root.</param>
public sealed record DetectedCheck(string Name, string Run, CheckKind Kind, string Directory)
{
    /// <summary>How to run a part of it; null when only the whole makes sense.</summary>
    public TestTargets? Targets { get; init; }

    /// <summary>True for what only CI names beside the tests (a linter): where it is red or cannot run on the base, it is dropped with a note.</summary>
    public bool Optional { get; init; }

    /// <summary>The command that tests what changed, to be run before the whole; null when the whole is the answer.</summary>
    /// <param name="changedPaths">Changed paths from the root; renamed files under both names.</param>
    public string? TargetedFor(IReadOnlyCollection<string> changedPaths) => Targets?.CommandFor(changedPaths);

    /// <summary>The check as a policy would name it.</summary>
    public RepositoryPolicy.Check ToPolicyCheck() => new(Name, Run);
}

/// <summary>What a check proves.</summary>
public enum CheckKind
{
    /// <summary>Tests.</summary>
    Test,

    /// <summary>That it builds.</summary>
    Build,

    /// <summary>Style and static analysis.</summary>
    Lint,
}

/// <summary>A file of the tree that is looked at.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="BlobId">Git's name of its content.</param>
/// <param name="Size">Bytes; 0 when not known.</param>
public sealed record DetectedFile(string Path, string BlobId, long Size);

/// <summary>Programs that checks can use, with their versions.</summary>
/// <param name="Versions">Program to versions, best first; null when it is not known (a container image), and everything may be there.</param>
public sealed record ToolchainNames(IReadOnlyDictionary<string, IReadOnlyList<string>>? Versions)
{
    /// <summary>Digest of the toolchains: another compiler leaves other packages behind.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Nothing is known: everything is taken to be there.</summary>
    public static ToolchainNames Unknown { get; } = new((IReadOnlyDictionary<string, IReadOnlyList<string>>?)null);

    /// <summary>False only when it is known that the program is missing.</summary>
    public bool MayHave(string program) => Versions is null || Versions.ContainsKey(program);

    /// <summary>Versions of a program; empty when it is missing or nothing is known.</summary>
    public IReadOnlyList<string> Of(string program) => Versions?.GetValueOrDefault(program) ?? [];
}
