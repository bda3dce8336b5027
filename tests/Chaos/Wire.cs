using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Temporalio.Api.WorkflowService.V1;

namespace CodingAgent.Chaos;

/// <summary>
/// The wire between worker and Temporal server. It passes every call on unchanged, says when an activity crosses it, and can be cut.
/// </summary>
internal sealed class Wire : IAsyncDisposable
{
    private const int FramePrefix = 5;
    private const string Service = "/temporal.api.workflowservice.v1.WorkflowService/";

    private readonly HttpMessageInvoker _upstream = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false });
    private readonly ConcurrentDictionary<ConnectionContext, bool> _connections = new();
    private readonly ConcurrentDictionary<ByteString, Execution> _given = new();
    private readonly Func<string, string, Phase, Task<bool>> _at;
    private readonly string _server;
    private readonly WebApplication _app;
    private volatile bool _isCut;

    private Wire(string server, Func<string, string, Phase, Task<bool>> at)
    {
        (_server, _at) = (server, at);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.Use(next => async connection =>
                {
                    _connections[connection] = true;
                    try
                    {
                        if (_isCut)
                            connection.Abort();
                        else
                            await next(connection);
                    }
                    finally
                    {
                        _connections.TryRemove(connection, out _);
                    }
                });
            });
        });
        _app = builder.Build();
        _app.Run(PassAsync);
    }

    // An activity; the id is the same for all its attempts.
    private sealed record Execution(string Type, string Id);

    /// <summary>Where workers connect.</summary>
    public string Address { get; private set; } = "";

    /// <param name="server">host:port of the Temporal server.</param>
    /// <param name="at">Told the type of an activity, an id that its retries share, and the phase. True drops the call.</param>
    public static async Task<Wire> StartAsync(string server, Func<string, string, Phase, Task<bool>> at)
    {
        var wire = new Wire(server, at);
        await wire._app.StartAsync();
        wire.Address = new Uri(wire._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;
        return wire;
    }

    /// <summary>Breaks every connection; new ones break at once.</summary>
    public void Cut()
    {
        _isCut = true;
        foreach (var connection in _connections.Keys)
            connection.Abort();
    }

    public void Mend() => _isCut = false;

    public async ValueTask DisposeAsync()
    {
        Cut();
        await _app.DisposeAsync();
        _upstream.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        try
        {
            await PassOnAsync(context);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            // One side is gone: the other is to see a broken connection, nothing politer.
            context.Abort();
        }
    }

    private async Task PassOnAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var path = context.Request.Path.Value!;
        var reported = path is Service + "RespondActivityTaskCompleted" ? Reported(body.ToArray()) : null;
        if (reported is not null && await AtAsync(reported, Phase.BeforeReported))
        {
            context.Abort();
            return;
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{_server}{path}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content = new ByteArrayContent(body.ToArray());
        foreach (var (name, values) in context.Request.Headers.Where(h => !h.Key.StartsWith(':') && h.Key is not "Host" and not "Content-Length"))
        {
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray()))
                request.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
        }

        using var response = await _upstream.SendAsync(request, context.RequestAborted);
        var answer = await response.Content.ReadAsByteArrayAsync(context.RequestAborted);
        var given = path is Service + "PollActivityTaskQueue" && answer.Length > FramePrefix ? Given(answer) : null;
        if ((given is not null && await AtAsync(given, Phase.BeforeGiven))
            || (reported is not null && await AtAsync(reported, Phase.AfterReported)))
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(h => h.Key is not "Transfer-Encoding"))
            context.Response.Headers[name] = values.ToArray();
        await context.Response.Body.WriteAsync(answer, context.RequestAborted);
        foreach (var (name, values) in response.TrailingHeaders)
            context.Response.AppendTrailer(name, new StringValues(values.ToArray()));
        await context.Response.CompleteAsync();
        if (given is not null)
            await AtAsync(given, Phase.AfterGiven);
    }

    private Task<bool> AtAsync(Execution execution, Phase phase) => _at(execution.Type, execution.Id, phase);

    private Execution? Given(byte[] answer)
    {
        var task = Message(answer, PollActivityTaskQueueResponse.Parser);
        if (task.TaskToken.IsEmpty)
            return null;
        return _given[task.TaskToken] = new(task.ActivityType.Name, $"{task.WorkflowExecution.WorkflowId} {task.WorkflowExecution.RunId} {task.ActivityId}");
    }

    private Execution? Reported(byte[] request) =>
        _given.GetValueOrDefault(Message(request, RespondActivityTaskCompletedRequest.Parser).TaskToken);

    // A frame is a flag, a length and the message; the SDK's core sends its messages compressed.
    private static T Message<T>(byte[] frame, MessageParser<T> parser)
        where T : IMessage<T>
    {
        var body = new MemoryStream(frame, FramePrefix, frame.Length - FramePrefix, writable: false);
        if (frame[0] == 0)
            return parser.ParseFrom(body);
        using var plain = new GZipStream(body, CompressionMode.Decompress);
        return parser.ParseFrom(plain);
    }
}
