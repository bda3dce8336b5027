using CodingAgent.Mcp.Setup;

namespace CodingAgent.Workflows.Tasks;

/// <summary>How a repository is built, as found on its base commit and frozen with the task's facts.</summary>
/// <param name="Setup">Set-up commands: the policy's, or those detected.</param>
/// <param name="Hosts">Hosts that set-up may reach.</param>
/// <param name="BaseTree">Tree of the base commit.</param>
/// <param name="DetectedChecks">True when the checks were detected: one that cannot run here is then left out instead of ending the task.</param>
/// <param name="Notes">What people should know about it, a line each; may hold outside text.</param>
public sealed record RepositoryBuild(IReadOnlyList<SetupStep> Setup, IReadOnlyList<string> Hosts, string BaseTree, bool DetectedChecks, IReadOnlyList<string> Notes);
