using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Transport;

namespace Temporalio.Protocol.Tests;

/// <summary>The channel and the binder over a real connection.</summary>
public sealed class GrpcCallTests
{
    private static readonly RpcMethod<Payload, Payload> Echo = new("test.Echo", "Echo");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_Ok_CarriesMessageMetadataAndDeadline(bool tls)
    {
        using var certificate = tls ? SelfSigned() : null;
        await using var app = await ServeAsync(certificate, (request, call, _) =>
        {
            call.Headers["x-key"].ToString().ShouldBe("value");
            call.Timeout.ShouldNotBeNull().TotalSeconds.ShouldBe(5, 0.5);
            return Task.FromResult(request);
        });
        using var channel = Channel(app, certificate);
        var message = new Payload { Data = ByteString.CopyFrom(new byte[3_000_000]) };
        var options = new GrpcCallOptions { Timeout = TimeSpan.FromSeconds(5), Metadata = [new("x-key", "value")] };
        (await channel.CallAsync(Echo, message, options)).ShouldBe(message);
    }

    [Fact]
    public async Task Call_ServerUntrusted_IsUnavailable()
    {
        using var certificate = SelfSigned();
        using var other = SelfSigned();
        await using var app = await ServeAsync(certificate, (request, _, _) => Task.FromResult(request));
        using var channel = Channel(app, other);
        (await Should.ThrowAsync<RpcStatusException>(() => channel.CallAsync(Echo, new Payload()))).Code.ShouldBe(GrpcStatusCode.Unavailable);
    }

    [Fact]
    public async Task Call_Failing_CarriesCodeMessageAndDetail()
    {
        await using var app = await ServeAsync(null, (_, _, _) =>
            throw new RpcStatusException(GrpcStatusCode.NotFound, "100% gone — «fort»\n", new WorkflowExecution { WorkflowId = "w" }));
        using var channel = Channel(app);
        var error = await Should.ThrowAsync<RpcStatusException>(() => channel.CallAsync(Echo, new Payload()));
        error.Code.ShouldBe(GrpcStatusCode.NotFound);
        error.Message.ShouldBe("100% gone — «fort»\n");
        error.TryGetDetail<WorkflowExecution>(out var detail).ShouldBeTrue();
        detail!.WorkflowId.ShouldBe("w");
    }

    [Fact]
    public async Task Call_HandlerBroken_TellsNothingOfTheInside()
    {
        await using var app = await ServeAsync(null, (_, _, _) => throw new InvalidOperationException("secret"));
        using var channel = Channel(app);
        var error = await Should.ThrowAsync<RpcStatusException>(() => channel.CallAsync(Echo, new Payload()));
        error.Code.ShouldBe(GrpcStatusCode.Internal);
        error.Message.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Call_ConnectionResetAsItIsMade_IsUnavailable()
    {
        // Resets hit the client at different points of connecting; at one of them the runtime throws what it throws nowhere else.
        const int Attempts = 4000;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var resetting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var socket = await listener.AcceptSocketAsync(stop.Token);
                socket.Close(0);
            }
        });
        using var channel = new GrpcChannel(new GrpcChannelOptions { Target = $"{listener.LocalEndpoint}" });
        await Parallel.ForAsync(0, Attempts, async (_, _) =>
            (await Should.ThrowAsync<RpcStatusException>(() => channel.CallAsync(Echo, new Payload()))).Code.ShouldBe(GrpcStatusCode.Unavailable));
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => resetting);
    }

    [Fact]
    public async Task Call_UnknownMethod_IsUnimplemented()
    {
        await using var app = await ServeAsync(null, (request, _, _) => Task.FromResult(request));
        using var channel = Channel(app);
        var unknown = new RpcMethod<Payload, Payload>("test.Echo", "Other");
        (await Should.ThrowAsync<RpcStatusException>(() => channel.CallAsync(unknown, new Payload()))).Code.ShouldBe(GrpcStatusCode.Unimplemented);
    }

    [Fact]
    public async Task Call_PastItsDeadline_EndsOnBothSides()
    {
        var ended = new TaskCompletionSource();
        await using var app = await ServeAsync(null, async (request, _, token) =>
        {
            await using var registration = token.Register(() => ended.TrySetResult());
            await Task.Delay(Timeout.Infinite, token);
            return request;
        });
        using var channel = Channel(app);
        var options = new GrpcCallOptions { Timeout = TimeSpan.FromMilliseconds(200) };
        (await Should.ThrowAsync<RpcStatusException>(() => channel.CallAsync(Echo, new Payload(), options))).Code.ShouldBe(GrpcStatusCode.DeadlineExceeded);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Call_Cancelled_ThrowsCancellationAndTellsTheServer()
    {
        var began = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var app = await ServeAsync(null, async (request, _, token) =>
        {
            await using var registration = token.Register(() => ended.TrySetResult());
            began.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return request;
        });
        using var channel = Channel(app);
        using var cancel = new CancellationTokenSource();
        var call = channel.CallAsync(Echo, new Payload(), cancellationToken: cancel.Token);
        await began.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Call_NobodyListens_IsUnavailableAndNamesTheTarget()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var channel = new GrpcChannel(new GrpcChannelOptions { Target = $"127.0.0.1:{port}" });
        var error = await Should.ThrowAsync<RpcStatusException>(() => channel.CallAsync(Echo, new Payload()));
        error.Code.ShouldBe(GrpcStatusCode.Unavailable);
        error.Message.ShouldContain(port.ToString());
    }

    [Fact]
    public async Task Call_ResponseTooLarge_IsRefused()
    {
        await using var app = await ServeAsync(null, (request, _, _) => Task.FromResult(request));
        using var channel = new GrpcChannel(new GrpcChannelOptions { Target = Target(app), MaxMessageBytes = 1000 });
        var big = new Payload { Data = ByteString.CopyFrom(new byte[2000]) };
        (await Should.ThrowAsync<RpcStatusException>(() => channel.CallAsync(Echo, big))).Code.ShouldBe(GrpcStatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Server_GivenPlainHttp_AnswersWithAnHttpStatus()
    {
        await using var app = await ServeAsync(null, (request, _, _) => Task.FromResult(request));
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await http.PostAsync($"http://{Target(app)}{Echo.Path}", new StringContent("{}"));
        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData("http://localhost:7233")]
    [InlineData("localhost/path")]
    [InlineData("")]
    [InlineData("a b")]
    public void Target_NotHostAndPort_IsRefused(string target) =>
        Should.Throw<ArgumentException>(() => new GrpcChannel(new GrpcChannelOptions { Target = target })).Message.ShouldContain("host:port");

    [Fact]
    public void Catalogue_Paths_AreUniqueAndNamedByTheirTypes()
    {
        var methods = typeof(WorkflowServiceMethods).GetFields().Where(f => f.FieldType.IsAssignableTo(typeof(RpcMethod))).ToDictionary(f => f.Name, f => (RpcMethod)f.GetValue(null)!);
        methods.Count.ShouldBeGreaterThan(40);
        foreach (var (name, method) in methods)
        {
            method.Name.ShouldBe(name);
            method.Path.ShouldBe($"/temporal.api.workflowservice.v1.WorkflowService/{name}");
            method.GetType().GetGenericArguments()[0].Name.ShouldBe(name + "Request");
        }
    }

    private static async Task<WebApplication> ServeAsync(X509Certificate2? certificate, Func<Payload, GrpcServerCall, CancellationToken, Task<Payload>> handler)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        var app = builder.Build();
        app.MapGrpc(Echo, handler);
        app.MapGrpcUnimplemented();
        await app.StartAsync();
        return app;
    }

    private static string Target(WebApplication app) => new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;

    private static GrpcChannel Channel(WebApplication app, X509Certificate2? root = null) => new(new GrpcChannelOptions
    {
        Target = Target(app),
        Tls = root is null ? null : new GrpcTlsOptions { ServerRoots = [root], Domain = "temporal.test" },
    });

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=temporal.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("temporal.test");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
