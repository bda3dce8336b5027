using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Temporalio.Protocol.Methods;

namespace Temporalio.Protocol.Transport;

/// <summary>Binds unary gRPC methods to an ASP.NET Core server. The server must listen with HTTP/2.</summary>
public static partial class GrpcEndpoints
{
    /// <summary>The largest request read, in bytes: what gRPC servers take by default, so what is too large for a cluster is too large here.</summary>
    public const int MaxRequestBytes = 4 * 1024 * 1024;

    /// <summary>Maps one method to its handler.</summary>
    /// <typeparam name="TRequest">The request message.</typeparam>
    /// <typeparam name="TResponse">The response message.</typeparam>
    /// <param name="routes">The route table.</param>
    /// <param name="method">The method.</param>
    /// <param name="handler">
    /// Answers a request. An <see cref="RpcStatusException"/> becomes the call's status; any other exception becomes INTERNAL and is
    /// logged, not told. The token ends with the caller or its deadline.
    /// </param>
    public static void MapGrpc<TRequest, TResponse>(
        this IEndpointRouteBuilder routes, RpcMethod<TRequest, TResponse> method, Func<TRequest, GrpcServerCall, CancellationToken, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        ArgumentNullException.ThrowIfNull(method);
        var logger = routes.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("Temporalio.Protocol.Grpc");
        routes.MapPost(method.Path, (RequestDelegate)(context => InvokeAsync(context, method, handler, logger)));
    }

    /// <summary>Answers every unmapped path with UNIMPLEMENTED.</summary>
    /// <param name="routes">The route table.</param>
    public static void MapGrpcUnimplemented(this IEndpointRouteBuilder routes) =>
        routes.MapFallback("{**path}", (RequestDelegate)(context =>
        {
            WriteFailure(context.Response, new RpcStatusException(GrpcStatusCode.Unimplemented, $"unknown method {context.Request.Path}"));
            return Task.CompletedTask;
        }));

    private static async Task InvokeAsync<TRequest, TResponse>(
        HttpContext context,
        RpcMethod<TRequest, TResponse> method,
        Func<TRequest, GrpcServerCall, CancellationToken, Task<TResponse>> handler,
        ILogger logger)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        if (context.Request.ContentType?.StartsWith(GrpcHeaders.ContentType, StringComparison.OrdinalIgnoreCase) != true)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
        {
            bodySize.MaxRequestBodySize = MaxRequestBytes + 1024;
        }

        TimeSpan? timeout = GrpcHeaders.TryDecodeTimeout(context.Request.Headers[GrpcHeaders.Timeout], out var left) ? left : null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        if (timeout is { } limit)
        {
            // Beyond what a timer can hold there is no deadline worth keeping.
            deadline.CancelAfter(limit < TimeSpan.FromDays(40) ? limit : Timeout.InfiniteTimeSpan);
        }

        try
        {
            var request = await GrpcFraming.ReadAsync(
                context.Request.Body, method.RequestParser, context.Request.Headers[GrpcHeaders.Encoding], MaxRequestBytes, deadline.Token)
                ?? throw new RpcStatusException(GrpcStatusCode.Internal, "Malformed gRPC message: the body is empty");
            var response = await handler(request, new GrpcServerCall(context.Request.Headers, timeout), deadline.Token);
            await WriteAsync(context.Response, response, context.RequestAborted);
        }
        catch (RpcStatusException e)
        {
            WriteFailure(context.Response, e);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            WriteFailure(context.Response, new RpcStatusException(GrpcStatusCode.DeadlineExceeded, $"{method.Name} did not finish before the deadline"));
        }
        catch (OperationCanceledException)
        {
            WriteFailure(context.Response, new RpcStatusException(GrpcStatusCode.Unavailable, "the server is shutting down"));
        }
        catch (BadHttpRequestException e)
        {
            WriteFailure(context.Response, new RpcStatusException(GrpcStatusCode.ResourceExhausted, e.Message));
        }
        catch (Exception e)
        {
            LogHandlerFailed(logger, method.Name, e);
            WriteFailure(context.Response, new RpcStatusException(GrpcStatusCode.Internal, $"{method.Name} failed inside the server; its log says why"));
        }
    }

    private static async Task WriteAsync(HttpResponse response, IMessage message, CancellationToken cancellationToken)
    {
        response.ContentType = GrpcHeaders.ContentType;
        response.Headers[GrpcHeaders.AcceptEncoding] = "identity,gzip";
        await response.Body.WriteAsync(GrpcFraming.Write(message), cancellationToken);
        response.AppendTrailer(GrpcHeaders.Status, "0");
    }

    /// <summary>Answers a call with a failure.</summary>
    /// <param name="response">The response, of which nothing may have been sent; otherwise the stream is broken off.</param>
    /// <param name="e">The failure.</param>
    public static void WriteFailure(HttpResponse response, RpcStatusException e)
    {
        if (response.HasStarted)
        {
            // Part of a message may be on the wire: only breaking the stream tells the caller that it is not whole.
            response.HttpContext.Abort();
            return;
        }

        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = GrpcHeaders.ContentType;
        response.Headers[GrpcHeaders.Status] = ((int)e.Code).ToString();
        response.Headers[GrpcHeaders.Message] = GrpcHeaders.EncodeMessage(e.Message);
        response.Headers[GrpcHeaders.AcceptEncoding] = "identity,gzip";
        if (e.Status is { } status)
        {
            response.Headers[GrpcHeaders.StatusDetails] = GrpcHeaders.EncodeDetails(status);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} failed with an unexpected exception")]
    private static partial void LogHandlerFailed(ILogger logger, string method, Exception exception);
}
