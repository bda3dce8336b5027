using System.CommandLine;
using System.Net;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Keys;
using CodingAgent.BotHost.ThirdParty;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Pages;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Texts;
using CodingAgent.Mcp.ThirdParty;
using CodingAgent.Mcp.Toolchains;
using CodingAgent.Storage;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent mcp fs|repo|code-search|runner</c>: one of the workspace servers over stdio or Streamable HTTP, for any MCP client.</summary>
internal static class McpCommand
{
    public static Command Create()
    {
        var command = new Command("mcp", "Serves a folder over the Model Context Protocol: on standard input and output, or with --http.");
        command.Add(Verb(McpServerKind.Fs, "Read, list, search and edit files of the folder."));
        command.Add(Verb(McpServerKind.Repo, "Status, differences and history of the git working copy."));
        command.Add(Verb(McpServerKind.CodeSearch, "Ranked search of the git working copy: text, names, where they are defined, an overview."));
        command.Add(Verb(McpServerKind.Http, "Read pages of documentation from the hosts of --host, over https."));
        command.Add(Verb(McpServerKind.Runner, "Run commands and checks in the sandbox, without network."));
        command.Add(Approve());
        command.Add(Audit());
        return command;
    }

    private static Command Approve()
    {
        var name = new Argument<string>("name") { Description = "The server's name below Mcp:Servers." };
        var verb = new Command("approve", "Installs a third party's server, starts it in the sandbox and writes what it has into the lock file (Mcp:LockFile).") { name };
        var options = new ServiceOptions(verb);
        verb.SetAction((parsed, ct) => OnServersAsync(options, parsed, async (servers, _) =>
        {
            var wanted = parsed.GetValue(name)!;
            var server = servers.All.FirstOrDefault(s => s.Name == wanted) ?? throw new ConfigurationException($"There is no Mcp:Servers:{wanted}.");
            var approved = await servers.ApproveAsync(server, ct);
            foreach (var tool in approved.Tools)
                Console.WriteLine($"{(server.Tools.Contains(tool.Name) ? server.Asks.Contains(tool.Name) ? "asks" : "used" : "not used")}: {tool.Name}: {Invisible.Shown(tool.Description).ReplaceLineEndings(" ")}");
            foreach (var line in ThirdPartyAudit.Words(approved.Provenance).DefaultIfEmpty("nothing verifiable says who made it; 'codingagent mcp audit' says what was looked for"))
                Console.WriteLine($"provenance: {line}");
            Console.WriteLine($"{server.Name} is approved: {approved.Package}, files {approved.Tree}, tools {approved.ToolsDigest}. Read the descriptions above, and keep the lock file under version control.");
            return 0;
        }, ct));
        return verb;
    }

    private static Command Audit()
    {
        var verb = new Command("audit", "Says of each third party's server whether it is pinned and as it was approved, and what is known against it. Exit code 1 with a finding.");
        var options = new ServiceOptions(verb);
        verb.SetAction((parsed, ct) => OnServersAsync(options, parsed, async (servers, advisories) =>
        {
            var lines = await new ThirdPartyAudit(servers, advisories).RunAsync(ct);
            foreach (var line in lines)
                Console.WriteLine($"{line.Server}: {(line.IsFinding ? "FINDING" : "ok")}: {line.Text}");
            if (lines.Count == 0)
                Console.WriteLine("No third party's server is allowed (Mcp:Servers).");
            return lines.Any(l => l.IsFinding) ? 1 : 0;
        }, ct));
        return verb;
    }

    private static async Task<int> OnServersAsync(ServiceOptions options, ParseResult parsed, Func<ThirdPartyServers, Advisories, Task<int>> run, CancellationToken cancellationToken)
    {
        try
        {
            var configuration = options.NewBuilder(parsed).Configuration;
            var data = Path.GetFullPath(HostSettingsReader.Optional(configuration, "DataDirectory") ?? "data");
            PrivateFiles.RestrictNewFiles();
            DataFolder.RequireOwn(data);
            var settings = McpSettings.Read(configuration, data);
            var sandbox = new BubblewrapSandbox(new BubblewrapOptions { Toolchains = HostToolchains.Installed() }, TimeProvider.System);
            var advisories = HostSettingsReader.Optional(configuration, "Advisories:Path") is { } path ? AdvisoryFolder.Read(path) : Advisories.None;
            cancellationToken.ThrowIfCancellationRequested();
            return await run(ThirdPartyAudit.Servers(settings, data, EgressSettings.Read(configuration), sandbox, TimeProvider.System, NullLogger<ThirdPartyServers>.Instance), advisories);
        }
        catch (Exception e) when (e is ConfigurationException or ThirdPartyException or SandboxUnavailableException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return await FailAsync(Invisible.Shown(e.Message).ReplaceLineEndings(" "));
        }
    }

    private static Command Verb(McpServerKind kind, string description)
    {
        var workspace = new Option<string>("--workspace") { Description = "The folder to serve.", DefaultValueFactory = _ => "." };
        var checks = new Option<string[]>("--check") { Description = "A named check for run_checks, as name=command; may be repeated." };
        var hosts = new Option<string[]>("--host") { Description = "A host that pages are read from, e.g. learn.microsoft.com or *.readthedocs.io; may be repeated." };
        var http = new HttpOptions();
        var verb = new Command(McpStdio.NameOf(kind), description) { workspace };
        if (kind == McpServerKind.Runner)
            verb.Add(checks);
        if (kind == McpServerKind.Http)
            verb.Add(hosts);
        http.AddTo(verb);
        verb.SetAction(async (parsed, ct) =>
        {
            var named = new List<WorkspaceCheck>();
            foreach (var text in kind == McpServerKind.Runner ? parsed.GetValue(checks) ?? [] : [])
            {
                if (text.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } line])
                    return await FailAsync($"--check is '{text}'; write it as name=command.");
                named.Add(new WorkspaceCheck(name, line));
            }

            try
            {
                using var pages = kind == McpServerKind.Http ? Pages(parsed.GetValue(hosts) ?? []) : null;
                var folder = new ServedFolderOptions
                {
                    WorkspacePath = parsed.GetValue(workspace)!,
                    Checks = named,
                    Pages = pages,
                    Toolchains = HostToolchains.Installed(hostNuGetPackages: true),
                    CSharp = SymbolProgram.OfThisProgram(typeof(McpCommand).Assembly),
                };
                await (http.IsGiven(parsed) ? http.RunAsync(kind, folder, parsed, ct) : McpStdio.RunAsync(kind, folder, ct));
                return 0;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return 0;
            }
            catch (Exception e) when (e is ArgumentException or ConfigurationException or StorageException or SandboxUnavailableException or GitRejectedException or GitFailedException or IOException or UnauthorizedAccessException)
            {
                return await FailAsync(e.Message.ReplaceLineEndings(" "));
            }
        });
        return verb;
    }

    private static PageReader Pages(string[] hosts) => hosts.Length > 0
        ? new PageReader(new PageReaderOptions([.. hosts.Select(h => EgressSettings.Host("--host", h))], new EgressOptions()), TimeProvider.System)
        : throw new ConfigurationException("--host is missing: name the hosts that pages may be read from.");

    private static async Task<int> FailAsync(string message)
    {
        await Console.Error.WriteLineAsync($"codingagent: {message}");
        return 2;
    }

    /// <summary>The options of Streamable HTTP, and serving by them.</summary>
    private sealed class HttpOptions
    {
        private readonly Option<string?> _listen = new("--http") { Description = "Serve Streamable HTTP at this address and port in place of standard input and output, e.g. 127.0.0.1:7300; port 0 takes a free one." };
        private readonly Option<string?> _token = new("--token-file") { Description = "File of the token that callers send, made when missing. Default: one that ends with the server." };
        private readonly Option<string[]> _hosts = new("--allow-host") { Description = "Another host name that requests may be for, e.g. that of a proxy in front; may be repeated." };
        private readonly Option<string[]> _origins = new("--allow-origin") { Description = "Origin of a page that may call, e.g. http://localhost:6274; may be repeated." };

        public void AddTo(Command verb)
        {
            foreach (var option in (Option[])[_listen, _token, _hosts, _origins])
                verb.Add(option);
        }

        public bool IsGiven(ParseResult parsed)
        {
            if (parsed.GetValue(_listen) is not null)
                return true;
            return parsed.GetValue(_token) is null && parsed.GetValue(_hosts) is null or [] && parsed.GetValue(_origins) is null or []
                ? false
                : throw new ConfigurationException("--token-file, --allow-host and --allow-origin belong to --http, which is missing.");
        }

        public async Task RunAsync(McpServerKind kind, ServedFolderOptions folder, ParseResult parsed, CancellationToken cancellationToken)
        {
            var text = parsed.GetValue(_listen)!;
            if (!IPEndPoint.TryParse(text, out var listen) || !(text.EndsWith($":{listen.Port}", StringComparison.Ordinal) || text.EndsWith(":0", StringComparison.Ordinal)))
                throw new ConfigurationException($"--http is '{text}'; write an IP address and a port, e.g. 127.0.0.1:7300 or [::1]:0.");
            PrivateFiles.RestrictNewFiles();
            var made = parsed.GetValue(_token) is null ? Directory.CreateTempSubdirectory("coding-agent-mcp-").FullName : null;
            try
            {
                var file = parsed.GetValue(_token) ?? Path.Combine(made!, "token");
                var (token, note) = SecretFile.ReadOrCreate(file, "the MCP server's token");
                if (note is not null)
                    await Console.Error.WriteLineAsync($"codingagent: {note}");
                await using var server = await McpHttp.StartAsync(
                    kind, folder, new McpHttpOptions(listen, token) { Hosts = parsed.GetValue(_hosts) ?? [], Origins = parsed.GetValue(_origins) ?? [] }, cancellationToken);
                Console.WriteLine($"token in {Path.GetFullPath(file)}: callers send it as 'Authorization: Bearer TOKEN'");
                Console.WriteLine($"MCP server listening on {server.Address}");
                await server.RunAsync(cancellationToken);
            }
            finally
            {
                if (made is not null)
                    Directory.Delete(made, recursive: true);
            }
        }
    }
}
