using CodingAgent.Workflows.Apply;
using Microsoft.Extensions.DependencyInjection;

namespace CodingAgent.Workflows.Activities;

/// <summary>Registers what a worker of coding tasks runs. Ports and adapters are the composition root's.</summary>
public static class CodingAgentActivities
{
    /// <summary>Types of the activities, for a worker that resolves instances from its services.</summary>
    public static IReadOnlyList<Type> Types { get; } = [typeof(ForgeActivities), typeof(WorkspaceActivities), typeof(AgentActivities), typeof(ApplyActivities)];

    /// <summary>
    /// Adds the activities as singletons. They need <c>IForge</c>, <c>ITokenSource</c>, <c>ITaskProjection</c>, <c>ILinkStore</c>,
    /// <c>IAgentJournal</c>, <c>IArtifactStore</c>, <c>ISandbox</c>, <c>TrustedGit</c>, <c>Runner</c>, <c>TimeProvider</c> and
    /// <see cref="FlowSettings"/>.
    /// </summary>
    public static IServiceCollection AddCodingAgentActivities(this IServiceCollection services) => services
        .AddSingleton(s => new RepositoryMirrors(
            s.GetRequiredService<Mcp.Git.TrustedGit>(), s.GetRequiredService<Forges.IForge>(), s.GetRequiredService<Forges.ITokenSource>(), s.GetRequiredService<Mcp.IArtifactStore>()))
        .AddSingleton<ForgeActivities>()
        .AddSingleton<WorkspaceActivities>()
        .AddSingleton<AgentActivities>()
        .AddSingleton<ApplyActivities>();
}
