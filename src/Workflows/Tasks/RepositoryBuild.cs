using CodingAgent.Mcp.Setup;
using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Tasks;

/// <summary>How a repository is built and checked, as found on its base commit and frozen with the task's facts.</summary>
/// <param name="Setup">Set-up commands: the policy's, or those detected.</param>
/// <param name="Hosts">Hosts that set-up may reach.</param>
/// <param name="BaseTree">Tree of the base commit.</param>
/// <param name="Detected">
/// The checks where the policy names none: one of these that cannot run here is left out instead of ending the task. Empty when people named them.
/// </param>
/// <param name="Notes">What people should know about it, a line each; may hold outside text.</param>
public sealed record RepositoryBuild(
    IReadOnlyList<SetupCommand> Setup, IReadOnlyList<string> Hosts, string BaseTree, IReadOnlyList<DetectedCheck> Detected, IReadOnlyList<string> Notes)
{
    /// <summary>Submodules that set-up asks for; null for none, as in runs that began before they were fetched.</summary>
    public SubmoduleRequest? Submodules { get; init; }

    /// <summary>A repository of which nothing is known but its tree, as in runs that began before it was looked at.</summary>
    public static RepositoryBuild Unknown(string baseTree) => new([], [], baseTree, [], []);

    /// <summary>The command that runs the part of a check a change touches; null when only the whole makes sense.</summary>
    public string? TargetedFor(string check, IReadOnlyCollection<string> changedPaths) =>
        Detected.FirstOrDefault(c => c.Name == check)?.TargetedFor(changedPaths);
}
