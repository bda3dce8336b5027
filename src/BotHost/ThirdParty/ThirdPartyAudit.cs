using CodingAgent.BotHost.Configuration;
using CodingAgent.Mcp.Egress.Settings;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.ThirdParty;
using CodingAgent.Mcp.Egress;
using CodingAgent.Workflows.Detection;

namespace CodingAgent.BotHost.ThirdParty;

/// <summary>Looks whether the MCP servers of others are what was approved, and what is known against them.</summary>
/// <param name="servers">The servers.</param>
/// <param name="advisories">What is known.</param>
internal sealed class ThirdPartyAudit(ThirdPartyServers servers, Advisories advisories)
{
    /// <summary>Wires the servers of a configuration.</summary>
    public static ThirdPartyServers Servers(McpSettings settings, string data, EgressOptions egress, ISandbox sandbox, TimeProvider time, ILogger<ThirdPartyServers> logger)
    {
        var registries = RegistrySettings.Of(HostPackageSettings.OfThisHost(), settings.Registries);
        try
        {
            return new ThirdPartyServers(
                settings.Servers, settings.LockFile, new ServerPackages(Path.Combine(data, "mcp"), sandbox, egress, registries, time),
                new ProvenanceReader(egress, registries, settings.ProvenanceRoots, time), sandbox, time, logger);
        }
        catch (ThirdPartyException e)
        {
            throw new ConfigurationException($"Mcp:ProvenanceRoots: {e.Message}.");
        }
    }

    /// <summary>One line for each thing that was looked at.</summary>
    public async Task<IReadOnlyList<Line>> RunAsync(CancellationToken cancellationToken)
    {
        var lines = new List<Line>();
        foreach (var server in servers.All)
        {
            lines.Add(new Line(server.Name, false, $"pinned: {server.Package}, {server.Digest}"));
            if (await servers.ProblemAsync(server, cancellationToken) is { } problem)
                lines.Add(new Line(server.Name, true, problem));
            else
                lines.Add(new Line(server.Name, false, $"as approved: artifact, files and tools; used of them: {string.Join(", ", server.Tools.Select(t => server.Asks.Contains(t) ? $"{t} (asks)" : t))}"));
            lines.AddRange(await ProvenanceAsync(server, cancellationToken));
            lines.AddRange(Known(server));
        }

        return lines;
    }

    private async Task<IEnumerable<Line>> ProvenanceAsync(ThirdPartyServer server, CancellationToken cancellationToken)
    {
        try
        {
            var told = await servers.ProvenanceAsync(server, cancellationToken);
            return
            [
                .. told.Problems.Select(p => new Line(server.Name, true, $"provenance: {p}")),
                .. Words(told.Given).Concat(told.Notes).Select(n => new Line(server.Name, false, $"provenance: {n}")),
            ];
        }
        catch (ThirdPartyException)
        {
            // That the lock file cannot be read was told already.
            return [];
        }
    }

    /// <summary>What was verified, in words.</summary>
    public static IEnumerable<string> Words(ApprovedProvenance? given)
    {
        if (given is { SignedBy.Length: > 0 })
            yield return $"signed by the registry's key {given.SignedBy}";
        if (given is { Repository.Length: > 0 })
            yield return $"built from {given.Repository} by {(given.Workflow.Length > 0 ? given.Workflow : "a build that has no name")}";
    }

    private IEnumerable<Line> Known(ThirdPartyServer server)
    {
        if (!advisories.IsKnown)
        {
            yield return new Line(server.Name, false, "advisories: none are known here (Advisories:Path)");
            yield break;
        }

        ApprovedServer? approved = null;
        try
        {
            approved = servers.ApprovalOf(server);
        }
        catch (ThirdPartyException)
        {
            // Told already.
        }

        var packages = ThirdPartyServers.PackagesOf(server, approved);
        // As the OSV format calls them.
        var ecosystem = server.Package.Source switch { PackageSource.Npm => "npm", PackageSource.PyPI => "PyPI", _ => "NuGet" };
        var found = packages.Select(p => (Package: p, Ids: advisories.On(ecosystem, p.Name, p.Version))).Where(f => f.Ids.Count > 0).ToList();
        if (found.Count == 0)
            yield return new Line(server.Name, false, $"advisories: nothing is known against its {packages.Count} packages");
        foreach (var (package, ids) in found)
            yield return new Line(server.Name, true, $"advisories: {package.Name} {package.Version} has {string.Join(", ", ids.Take(10))}");
    }

    /// <summary>What was found.</summary>
    /// <param name="Server">Its server.</param>
    /// <param name="IsFinding">Something to mend.</param>
    /// <param name="Text">One line.</param>
    internal sealed record Line(string Server, bool IsFinding, string Text);
}
