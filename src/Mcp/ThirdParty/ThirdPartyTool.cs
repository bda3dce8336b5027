using System.Text.Json;
using CodingAgent.Mcp.Texts;
using Microsoft.Extensions.AI;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>
/// A tool of a server of others, under its server's name, with the words and the arguments that were approved: what the server says of them
/// now is not shown, and its hints are not believed. It counts as one that changes things outside.
/// </summary>
public sealed class ThirdPartyTool : AIFunction
{
    /// <summary>Longest name that model endpoints take.</summary>
    public const int LongestName = 64;

    private const int LongestAnswer = 200_000;

    private readonly McpClient _client;
    private readonly string _tool;

    internal ThirdPartyTool(McpClient client, ThirdPartyServer server, ApprovedTool approved)
    {
        (_client, _tool) = (client, approved.Name);
        Name = NameOf(server.Name, approved.Name);
        Description = $"[{server.Name}, a third party's] {approved.Description}";
        JsonSchema = JsonSerializer.SerializeToElement(approved.InputSchema);
        NeedsApproval = server.Asks.Contains(approved.Name);
        (Server, Package) = (server.Name, server.Package.ToString());
        Identity = $"{server.Name} {server.Package} {server.Digest} {string.Join(' ', server.Command)} {ToolLock.DigestOf([approved])}";
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <inheritdoc/>
    public override JsonElement JsonSchema { get; }

    /// <summary>What its server is called here.</summary>
    public string Server { get; }

    /// <summary>The package it is of, with its version.</summary>
    public string Package { get; }

    /// <summary>All that makes it the tool that was approved: server, package, digest, command, its words and arguments.</summary>
    public string Identity { get; }

    /// <summary>Whether each call takes a person's word.</summary>
    public bool NeedsApproval { get; }

    /// <summary>What a server's tool is called here: no name of ours begins with a server's and two underlines.</summary>
    public static string NameOf(string server, string tool) => $"{server.Replace('-', '_')}__{tool.Replace('.', '_')}";

    /// <inheritdoc/>
    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var result = await CallAsync(arguments.ToDictionary(a => a.Key, a => a.Value), cancellationToken);
        var text = string.Join('\n', result.Content.Select(c => c is TextContentBlock words ? words.Text : $"[{c.Type} left out: only text is shown]"));
        text = TextCut.Head(text, LongestAnswer, "\n[... cut here]");
        return result.IsError == true ? throw new McpException(text) : text;
    }

    private async Task<CallToolResult> CallAsync(Dictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.CallToolAsync(_tool, arguments, cancellationToken: cancellationToken);
        }
        catch (IOException e)
        {
            throw new McpException("The server has ended; go on without it.", e);
        }
    }
}
