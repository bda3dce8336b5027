using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace CodingAgent.Mcp.Servers;

/// <summary>Text of the workspace that a client may show or attach without a tool call: one document, or with a prefix all files.</summary>
internal sealed class WorkspaceResource : McpServerResource
{
    private const string Variable = "{+path}";
    private const string Plain = "text/plain";

    private readonly string _prefix;
    private readonly Func<string, CancellationToken, Task<string>> _read;

    /// <summary>Describes a resource.</summary>
    /// <param name="uri">Its address, or a template that ends in <c>{+path}</c>.</param>
    /// <param name="name">Name.</param>
    /// <param name="description">What it is.</param>
    /// <param name="limits">Time limit of a reading, and the stop.</param>
    /// <param name="read">Makes the text; is given what stands for the path, unescaped, or nothing.</param>
    public WorkspaceResource(string uri, string name, string description, CallLimits limits, Func<string, CancellationToken, Task<string>> read)
    {
        (Limits, _read) = (limits, read);
        _prefix = uri.Replace(Variable, "", StringComparison.Ordinal);
        ProtocolResourceTemplate = new ResourceTemplate { UriTemplate = uri, Name = name, Description = description, MimeType = Plain };
    }

    public CallLimits Limits { get; }

    public override ResourceTemplate ProtocolResourceTemplate { get; }

    public override IReadOnlyList<object> Metadata => [];

    public override bool IsMatch(string uri) => IsTemplate ? uri.StartsWith(_prefix, StringComparison.Ordinal) && uri.Length > _prefix.Length : uri == _prefix;

    public override async ValueTask<ReadResourceResult> ReadAsync(RequestContext<ReadResourceRequestParams> request, CancellationToken cancellationToken = default)
    {
        var uri = request.Params!.Uri;
        if (!IsMatch(uri)) throw new McpException("There is no such resource.");
        var text = await Limits.RunAsync("The resource", stop => _read(Uri.UnescapeDataString(uri[_prefix.Length..]), stop), cancellationToken);
        return new ReadResourceResult { Contents = [new TextResourceContents { Uri = uri, MimeType = Plain, Text = text }] };
    }

    private bool IsTemplate => ProtocolResourceTemplate.UriTemplate.EndsWith(Variable, StringComparison.Ordinal);
}
