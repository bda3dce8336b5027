using CodingAgent.Mcp.Servers;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Phases;
using Microsoft.Extensions.DependencyInjection;
using Temporalio.Worker;

namespace CodingAgent.Workflows.Life;

/// <summary>Registers what a worker of coding tasks runs. Ports and adapters are the composition root's.</summary>
public static class CodingAgentActivities
{
    /// <summary>Adds the workflow and the activities of tasks, as registered by <see cref="AddCodingAgentActivities"/>, to the options of a worker of the task queue.</summary>
    public static TemporalWorkerOptions AddCodingAgent(this TemporalWorkerOptions options, IServiceProvider services)
    {
        options
            .AddWorkflow<CodingTaskWorkflow>()
            .AddAllActivities(services.GetRequiredService<ForgeActivities>())
            .AddAllActivities(services.GetRequiredService<WorkspaceActivities>())
            .AddAllActivities(services.GetRequiredService<BaseActivities>())
            .AddAllActivities(services.GetRequiredService<SuggestionActivities>())
            .AddAllActivities(services.GetRequiredService<AgentActivities>());
        foreach (var activities in FlowRegistry.All.SelectMany(f => f.Activities))
            options.AddAllActivities(activities, services.GetRequiredService(activities));
        return options;
    }

    /// <summary>Adds the applier to the options of a worker of the apply queue (<see cref="Ports.TaskQueues.ApplyOf"/>).</summary>
    public static TemporalWorkerOptions AddApplier(this TemporalWorkerOptions options, IServiceProvider services) => options
        .AddAllActivities(services.GetRequiredService<ApplyActivities>());

    /// <summary>
    /// Adds the activities as singletons. They need <c>IForge</c>, <c>ITokenSource</c>, <c>ITaskProjection</c>, <c>ILinkStore</c>,
    /// <c>IAgentJournal</c>, <c>IAgentSessions</c>, <c>ITaskLog</c>, <c>IArtifactStore</c>, <c>SandboxChoice</c>, <c>DockerImageBuilder</c>, <c>TrustedGit</c>, <c>CodeSearcher</c>, <c>SetupLayers</c>, <c>CheckCache</c>,
    /// <c>ToolchainNames</c>, <c>Runner</c>, <c>IRecordKeys</c>, <c>TimeProvider</c> and <see cref="FlowSettings"/>;
    /// without <see cref="SurveyPrograms"/> neither coverage nor public surface is read, without <see cref="OutsideTools"/> agents have the workspace alone.
    /// </summary>
    public static IServiceCollection AddCodingAgentActivities(this IServiceCollection services)
    {
        foreach (var activities in FlowRegistry.All.SelectMany(f => f.Activities))
            services.AddSingleton(activities);
        return services
            .AddSingleton(s => new RepositoryMirrors(
                s.GetRequiredService<Mcp.Git.TrustedGit>(), s.GetRequiredService<Forges.IForge>(), s.GetRequiredService<Forges.ITokenSource>(), s.GetRequiredService<Mcp.IArtifactStore>()))
            .AddSingleton<RepositoryBuilds>()
            .AddSingleton<RepositoryMaps>()
            .AddSingleton(s => new TreeSurvey(s.GetRequiredService<Mcp.Git.TrustedGit>(), s.GetRequiredService<RepositoryMirrors>(), s.GetRequiredService<RepositoryBuilds>(), s.GetService<SurveyPrograms>() ?? SurveyPrograms.None))
            .AddSingleton<DevContainers>()
            .AddSingleton<RepositoryDetector>()
            .AddSingleton<RepositoryReader>()
            .AddSingleton<Ports.IFlowAgents, FlowRegistry>()
            .AddSingleton<Ports.IRepositoryGuidance>(s => s.GetRequiredService<RepositoryReader>())
            .AddSingleton<ForgeActivities>()
            .AddSingleton<WorkspaceActivities>()
            .AddSingleton<BaseActivities>()
            .AddSingleton<SuggestionActivities>()
            .AddSingleton(s => ActivatorUtilities.CreateInstance<AgentActivities>(s, s.GetService<OutsideTools>() ?? OutsideTools.None))
            .AddSingleton<ProofReader>()
            .AddSingleton<ApplyActivities>();
    }
}
