using CodingAgent.Mcp;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Servers;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// Makes the overview of a repository that planner and coder begin with. It is made once and kept as an artifact: workers differ in what finds
/// definitions, and what an agent was told must be the same in all of its segments.
/// </summary>
/// <param name="searcher">Searches code.</param>
/// <param name="artifacts">Artifacts.</param>
/// <param name="logger">Log.</param>
public sealed partial class RepositoryMaps(CodeSearcher searcher, IArtifactStore artifacts, ILogger<RepositoryMaps> logger)
{
    // About what aider found to pay: an overview, not the code (agents ask for more with repo_map).
    private const int Tokens = 1_000;

    /// <summary>Id of the artifact with the map; null where no definitions are known, or it cannot be made: then agents begin without.</summary>
    /// <param name="mirror">Mirror.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="policy">Policy, which says what agents may see.</param>
    /// <param name="about">Words of what is to be done; outside text, which only ranks.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<string?> MakeAsync(GitMirror mirror, string tree, RepositoryPolicy policy, string about, CancellationToken cancellationToken)
    {
        var paths = new PathPolicy(policy.Paths.Allow, ProtectedPaths.Under(policy));
        string map;
        try
        {
            map = await searcher.MapAsync(mirror, tree, path => paths.WhyNotRead(path) is null, about, Tokens, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // A help, and no reason for a task to stop.
            LogNoMap(logger, e.GetType().Name);
            return null;
        }

        return map.Length == 0 ? null : await artifacts.PutJsonAsync(map, cancellationToken);
    }

    [LoggerMessage(EventId = 4601, Level = LogLevel.Warning, Message = "There is no map of the repository for this task ({Reason}); its agents look for themselves")]
    private static partial void LogNoMap(ILogger logger, string reason);
}
