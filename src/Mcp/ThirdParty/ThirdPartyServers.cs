using CodingAgent.Mcp.Sandboxes;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>
/// The servers of others that the operator allowed. Each is installed in the sandbox, runs there without a network, and is compared with the
/// lock file at every connection: package, digest, all its files, all its tools with words and arguments. What differs is not used.
/// </summary>
/// <param name="servers">The allow list.</param>
/// <param name="lockFile">The lock file.</param>
/// <param name="packages">Installs them.</param>
/// <param name="provenance">Asks their registry who signed them.</param>
/// <param name="sandbox">Where they run.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Told of each server that is not used.</param>
public sealed partial class ThirdPartyServers(
    IReadOnlyList<ThirdPartyServer> servers, string lockFile, ServerPackages packages, ProvenanceReader provenance, ISandbox sandbox, TimeProvider time, ILogger<ThirdPartyServers> logger)
{
    /// <summary>The allow list.</summary>
    public IReadOnlyList<ThirdPartyServer> All => servers;

    /// <summary>Connects to all that are as they were approved.</summary>
    /// <param name="mayAsk">False where nobody can be asked: tools that take a person's word are left out then.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ThirdPartyTools> ConnectAsync(bool mayAsk, CancellationToken cancellationToken)
    {
        var connected = new ThirdPartyTools();
        try
        {
            foreach (var server in servers)
            {
                try
                {
                    var (connection, approved) = await CheckedAsync(server, cancellationToken);
                    connected.Add(connection, [.. approved.Tools.Where(t => server.Tools.Contains(t.Name, StringComparer.Ordinal) && (mayAsk || !server.Asks.Contains(t.Name))).Select(t => new ThirdPartyTool(connection.Client, server, t))]);
                }
                catch (Exception e) when (e is ThirdPartyException or SandboxUnavailableException or IOException or UnauthorizedAccessException)
                {
                    var words = Words(server, e);
                    LogRefused(words);
                    connected.Refuse(words);
                }
            }

            return connected;
        }
        catch
        {
            await connected.DisposeAsync();
            throw;
        }
    }

    /// <summary>Looks at one server as a connection would.</summary>
    /// <returns>What is wrong, in one line; null when it may be used.</returns>
    public async Task<string?> ProblemAsync(ThirdPartyServer server, CancellationToken cancellationToken)
    {
        try
        {
            var (connection, _) = await CheckedAsync(server, cancellationToken);
            await connection.DisposeAsync();
            return null;
        }
        catch (Exception e) when (e is ThirdPartyException or SandboxUnavailableException or IOException or UnauthorizedAccessException)
        {
            return Words(server, e);
        }
    }

    /// <summary>Installs a server, starts it and writes down what it has: the operator's approval.</summary>
    /// <exception cref="ThirdPartyException">It cannot be used.</exception>
    public async Task<ApprovedServer> ApproveAsync(ThirdPartyServer server, CancellationToken cancellationToken)
    {
        // Anew, with what the registry has now: whoever approves sees what will be written down.
        var folder = await packages.InstallAsync(server, null, cancellationToken);
        var installer = PackageInstaller.Of(server.Package.Source);
        // Before anything of it runs.
        var told = await ProvenanceAsync(server, cancellationToken);
        if (told.Problems.Count > 0)
            throw new ThirdPartyException(string.Join("; ", told.Problems));
        if (!told.WasAsked && EarlierOf(server) is not null)
            throw new ThirdPartyException($"{told.Notes[0]}, and it was approved with a provenance that this version must have too");
        await using var connection = await ServerConnection.StartAsync(server, folder, sandbox, time, cancellationToken);
        if (server.Tools.Except(connection.Tools.Select(t => t.Name)).ToList() is [_, ..] missing)
            throw new ThirdPartyException($"{server.Name} has no tool {string.Join(", ", missing)} (Mcp:Servers:{server.Name}:Tools); it has {string.Join(", ", connection.Tools.Select(t => t.Name))}");
        if (server.Tools.FirstOrDefault(t => ThirdPartyTool.NameOf(server.Name, t).Length > ThirdPartyTool.LongestName) is { } tooLong)
            throw new ThirdPartyException($"{ThirdPartyTool.NameOf(server.Name, tooLong)} has more than {ThirdPartyTool.LongestName} characters; give the server a shorter name");
        var approved = new ApprovedServer(
            server.Package.ToString(), server.Digest, await ServerPackages.TreeOfAsync(Path.Combine(folder, installer.Content), cancellationToken), ToolLock.DigestOf(connection.Tools), connection.Tools, installer.DependenciesOf(folder))
        {
            Provenance = told.Given,
        };
        ToolLock.Write(lockFile, server.Name, approved);
        return approved;
    }

    /// <summary>What the registry says of a server's provenance as it is set now, held against what was approved before, also of another version.</summary>
    public async Task<Provenance> ProvenanceAsync(ThirdPartyServer server, CancellationToken cancellationToken)
    {
        var told = await provenance.ReadAsync(server, cancellationToken);
        return EarlierOf(server) is { } before ? told.After(before, lockFile) : told;
    }

    // Of the same package, in whichever version.
    private ApprovedProvenance? EarlierOf(ThirdPartyServer server)
    {
        if (ApprovalOf(server) is not { Provenance: { } before } approved)
            return null;
        try
        {
            var package = ServerPackage.Parse(approved.Package);
            return (package.Source, package.Name) == (server.Package.Source, server.Package.Name) ? before : null;
        }
        catch (FormatException)
        {
            return before;
        }
    }

    /// <summary>The packages that a server was approved with, itself among them, and before that it alone: names and versions in its source.</summary>
    public static IReadOnlyList<(string Name, string Version)> PackagesOf(ThirdPartyServer server, ApprovedServer? approved) => approved is null
        ? [(server.Package.Name, server.Package.Version)]
        : [.. PackageInstaller.Of(server.Package.Source).PackagesOf(approved.Dependencies).Distinct()];

    /// <summary>What was approved of a server; null for nothing.</summary>
    /// <exception cref="ThirdPartyException">The lock file cannot be read.</exception>
    public ApprovedServer? ApprovalOf(ThirdPartyServer server) => ToolLock.Read(lockFile).GetValueOrDefault(server.Name);

    private async Task<(ServerConnection Connection, ApprovedServer Approved)> CheckedAsync(ThirdPartyServer server, CancellationToken cancellationToken)
    {
        var approved = ApprovalOf(server) ?? throw new ThirdPartyException($"nobody has approved it: run 'codingagent mcp approve {server.Name}'");
        if (approved.Package != server.Package.ToString() || approved.Digest != server.Digest)
            throw new ThirdPartyException($"approved is {approved.Package} with {approved.Digest}, not what is set now");
        var folder = await packages.InstallAsync(server, approved, cancellationToken);
        if (await ServerPackages.TreeOfAsync(Path.Combine(folder, PackageInstaller.Of(server.Package.Source).Content), cancellationToken) != approved.Tree)
            throw new ThirdPartyException($"its files are not those that were approved ({folder}); delete that folder to have it installed anew");
        var connection = await ServerConnection.StartAsync(server, folder, sandbox, time, cancellationToken);
        if (ToolLock.Difference(approved.Tools, connection.Tools) is not { } difference) return (connection, approved);
        await connection.DisposeAsync();
        throw new ThirdPartyException($"its tools are not those that were approved: {difference}");
    }

    [LoggerMessage(EventId = 2211, Level = LogLevel.Warning, Message = "{Words}")]
    private partial void LogRefused(string words);

    private static string Words(ThirdPartyServer server, Exception e) => $"The MCP server {server.Name} is not used: {Texts.Invisible.Shown(e.Message).ReplaceLineEndings(" ").TrimEnd('.')}. 'codingagent mcp audit' looks again.";
}

/// <summary>Servers of others that are connected; disposing ends them.</summary>
public sealed class ThirdPartyTools : IAsyncDisposable
{
    private readonly List<ServerConnection> _connections = [];
    private readonly List<ThirdPartyTool> _tools = [];
    private readonly List<string> _refused = [];

    /// <summary>Tools that may be called.</summary>
    public IReadOnlyList<ThirdPartyTool> Tools => _tools;

    /// <summary>Servers that are not used, with the reason, one line each.</summary>
    public IReadOnlyList<string> Refused => _refused;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections) await connection.DisposeAsync();
    }

    internal void Add(ServerConnection connection, IReadOnlyList<ThirdPartyTool> tools)
    {
        _connections.Add(connection);
        _tools.AddRange(tools);
    }

    internal void Refuse(string words) => _refused.Add(words);
}
