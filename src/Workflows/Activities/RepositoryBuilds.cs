using CodingAgent.Agents.Cohort;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Images;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// Gives agent turns, verifier and base run the same environment for the same tree: the layer its manifests ask for, its view of history,
/// the policy's limits.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="layers">Set-up layers.</param>
/// <param name="sandboxes">Sandboxes.</param>
/// <param name="toolchains">Programs of this worker.</param>
/// <param name="settings">Settings.</param>
public sealed class RepositoryBuilds(TrustedGit git, SetupLayers layers, SandboxChoice sandboxes, ToolchainNames toolchains, FlowSettings settings)
{
    private static readonly HashSet<string> Pins = new(StringComparer.Ordinal)
    {
        ".nvmrc", ".node-version", ".python-version", ".ruby-version", ".java-version", ".tool-versions", "rust-toolchain", "rust-toolchain.toml",
        "mise.toml", "pip.conf", "Makefile", "CMakeLists.txt", "meson.build", ".gitmodules", ".pnpmfile.cjs", "maven-wrapper.properties",
    };

    // Which projects there are, and what a build file may keep in a file of any name.
    private static readonly string[] Endings = [".sln", ".slnx", ".gradle", ".gradle.kts", ".cmake", ".wrap", ".cargo/config.toml"];

    /// <summary>What is set up for a tree, and where.</summary>
    public async Task<SetupRequest> RequestAsync(
        GitMirror mirror, string baseSha, string tree, RepositoryPolicy policy, RepositoryBuild build, OutsideContents outside, CancellationToken cancellationToken)
    {
        var sandbox = sandboxes.For(policy.Sandbox.Image is { } image ? ImageReference.TryParse(image) : null);
        return new SetupRequest(mirror, baseSha, tree, build.Setup, build.Hosts, SandboxPolicy.Limits(policy, settings))
        {
            Sandbox = sandbox,
            // A tag may mean another image tomorrow.
            Platform = sandbox is DockerSandbox container ? await container.ImageIdAsync(cancellationToken) : toolchains.Fingerprint,
            Reads = IsInput,
            IsLock = Manifests.IsLock,
            Outside = outside,
        };
    }

    /// <summary>Sets a tree up, or finds that it was.</summary>
    public Task<SetupOutcome> PrepareAsync(SetupRequest request, CancellationToken cancellationToken) => layers.PrepareAsync(request, cancellationToken);

    /// <summary>
    /// The environment of a tree, and how its set-up went. A tree whose set-up fails, or must not run because nobody agreed to its changed
    /// manifests (<see cref="SetupGate"/>), has the base's packages.
    /// </summary>
    public async Task<(BuildEnvironment Environment, SetupOutcome Setup)> EnvironmentAsync(
        SetupRequest request, RepositoryPolicy policy, Plan? plan, CancellationToken cancellationToken)
    {
        var changed = await layers.ChangedInputsAsync(request, cancellationToken);
        var ofBase = request with { TreeId = await git.TreeOfAsync(request.Mirror, request.BaseSha, cancellationToken) };
        // With the base's manifests it is the base's layer anyway, and nobody has to look a second time.
        var outcome = await layers.PrepareAsync(changed.Count > 0 && SetupGate.WhyNot(policy, plan, changed) is null ? request : ofBase, cancellationToken);
        var layer = outcome.Layer ?? (changed.Count > 0 ? await layers.FindAsync(ofBase, cancellationToken) : null);
        var view = await git.GitViewAsync(request.Mirror, request.BaseSha, null, cancellationToken);
        return (new BuildEnvironment(layer, view, request.Limits) { Platform = request.Platform, Outside = request.Outside }, outcome);
    }

    /// <summary>Files that decide what set-up does: manifests, lock files, and what pins tools or tells package managers where to look.</summary>
    public static bool IsInput(string path) =>
        Manifests.IsManifest(path) || Manifests.IsLock(path) || Pins.Contains(path[(path.LastIndexOf('/') + 1)..])
        || Array.Exists(Endings, e => path.EndsWith(e, StringComparison.Ordinal)) || $"/{path}".Contains("/.mvn/", StringComparison.Ordinal);

    /// <summary>A failed set-up in the words of a check.</summary>
    public static FailedCheck Show(SetupFailure failure) => new(
        $"setup {failure.Step.Name}", Outcomes.Words(failure.Result), Outcomes.Tail(failure.Result))
    { Command = failure.Line };
}

/// <summary>What a sandboxed command did, in words and bounded.</summary>
internal static class Outcomes
{
    private const int TailChars = 6_000;
    private const int ReadChars = 200_000;

    public static string Ending(SandboxResult result) =>
        result.Outcome switch { SandboxOutcome.Exited => "exited", SandboxOutcome.TimedOut => "timed out", _ => "out of memory" };

    public static string Words(SandboxResult result) => result.Outcome == SandboxOutcome.Exited ? $"exit code {result.ExitCode}" : Ending(result);

    public static string Tail(SandboxResult result)
    {
        var output = result.StandardError.Length == 0 ? result.StandardOutput : $"{result.StandardOutput}\n{result.StandardError}";
        // It goes into comments, the check and the history: masked before it is cut, as what is cut is not known again.
        output = SecretShapes.Mask(output.Length > ReadChars ? output[^ReadChars..] : output);
        return output.Length > TailChars ? output[^TailChars..] : output;
    }
}
