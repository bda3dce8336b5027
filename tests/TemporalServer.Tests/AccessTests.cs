using System.Net;
using System.Runtime.Versioning;
using Grpc.Health.V1;

namespace TemporalServer.Tests;

/// <summary>Who may call, and where the server listens.</summary>
public sealed class AccessTests
{
    // Methods that are here or not, of any service, and names that only look like an open one.
    private static readonly (string Service, string Name)[] Others =
    [
        (WorkflowServiceMethods.Service, "NoSuchMethod"), ("temporal.api.operatorservice.v1.OperatorService", "ListSearchAttributes"),
        ("temporal.server.api.adminservice.v1.AdminService", "DescribeCluster"), (TestServiceMethods.Service, "GetCurrentTime"),
        ("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo"), ("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo"),
        ("grpc.health.v1.Health", "Watch"), ("grpc.health.v1.Health", "check"), ("GRPC.health.v1.Health", "Check"),
        ("grpc.health.v1.Health", "Check/../Watch"), ("grpc.health.v1.Health/Check", "x"), (WorkflowServiceMethods.Service, "getsysteminfo"),
        (WorkflowServiceMethods.Service, "ListWorkflowExecutions?x=GetSystemInfo"), ("", WorkflowServiceMethods.Service + "/ListWorkflowExecutions"),
    ];

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("Basic secret")]
    [InlineData("Bearer ")]
    [InlineData("Bearer secre")]
    [InlineData("Bearer secret2")]
    [InlineData("Bearer SECRET")]
    public async Task Call_WithoutTheKey_IsUnauthenticated(string? header)
    {
        await using var server = await ServerHarness.StartAsync(with: o => o with { ApiKey = "secret" });
        var call = new CallOptions(header is null ? [] : new Metadata { { "authorization", header } });
        using var channel = ServerHarness.Connect(server.Server);
        var calls = channel.CreateCallInvoker();
        async Task Refused<TRequest, TResponse>(Method<TRequest, TResponse> method)
            where TRequest : class, new()
            where TResponse : class
        {
            var error = await Should.ThrowAsync<RpcException>(async () => await calls.AsyncUnaryCall(method, null, call, new TRequest()));
            error.StatusCode.ShouldBe(StatusCode.Unauthenticated);
            error.Status.Detail.ShouldContain("authorization: Bearer KEY");
        }

        await Refused(WorkflowServiceMethods.StartWorkflowExecution);
        await Refused(WorkflowServiceMethods.PollWorkflowTaskQueue);
        await Refused(WorkflowServiceMethods.DescribeNamespace);
        await Refused(WorkflowServiceMethods.GetClusterInfo);
        foreach (var (service, name) in Others)
            await Refused(new RpcMethod<HealthCheckRequest, HealthCheckResponse>(service, name));

        // What is open to everyone stays open.
        var health = new Health.HealthClient(channel);
        (await health.CheckAsync(new HealthCheckRequest(), call)).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        (await health.CheckAsync(new HealthCheckRequest { Service = WorkflowServiceMethods.Service }, call)).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        await calls.AsyncUnaryCall(WorkflowServiceMethods.GetSystemInfo, null, call, new GetSystemInfoRequest());
    }

    [Fact]
    public async Task Call_WithTheKey_IsAnswered()
    {
        await using var server = await ServerHarness.StartAsync(with: o => o with { ApiKey = "secret" });
        using var channel = ServerHarness.Connect(server.Server);
        var call = new CallOptions(new Metadata { { "authorization", "Bearer secret" } });
        var request = new DescribeNamespaceRequest { Namespace = "default" };
        (await channel.CreateCallInvoker().AsyncUnaryCall(WorkflowServiceMethods.DescribeNamespace, null, call, request)).NamespaceInfo.Name.ShouldBe("default");
    }

    [Theory]
    [InlineData("127.0.0.1", null, false, "without an API key")]
    [InlineData("::1", null, false, "without an API key")]
    [InlineData("0.0.0.0", null, false, "without an API key")]
    [InlineData("::", null, false, "without an API key")]
    [InlineData("0.0.0.0", "", true, "API key is empty")]
    [InlineData("127.0.0.1", "two words", false, "API key is empty or holds spaces")]
    [InlineData("192.0.2.1", "secret", false, "192.0.2.1")]
    public async Task Start_OnAnAddressThatCannotBe_IsRefused(string address, string? key, bool allow, string says)
    {
        var error = await Should.ThrowAsync<TemporalServerException>(() => ServerHarness.StartAsync(
            with: o => o with { ListenAddress = IPAddress.Parse(address), ApiKey = key, AllowUnauthenticated = allow }));
        error.Message.ShouldContain(says);
        error.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Start_WithNothingSaidAboutKeys_IsRefused() =>
        (await Should.ThrowAsync<TemporalServerException>(() => EmbeddedTemporalServer.StartAsync(new TemporalServerOptions()))).Message.ShouldContain("set a key");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [UnsupportedOSPlatform("windows")]
    public async Task Start_WhateverTheUmask_FilesArePrivateAlsoThoseThatWereNot(bool again)
    {
        var folder = Path.Combine(Directory.CreateTempSubdirectory("access-tests-").FullName, "data");
        var path = Path.Combine(folder, "temporal.db");
        if (again)
        {
            await using (await ServerHarness.StartAsync(path))
            {
            }

            foreach (var file in Directory.GetFiles(folder))
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        await using var server = await ServerHarness.StartAsync(path);
        await server.Start();

        Directory.GetFiles(folder).Length.ShouldBe(4, "database, -wal, -shm and -lock");
        Directory.GetFiles(folder).ShouldAllBe(f => File.GetUnixFileMode(f) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        File.GetUnixFileMode(folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await server.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public async Task Start_ByDefault_ListensOnLoopbackAlone()
    {
        await using var server = await ServerHarness.StartAsync();
        server.Server.Address.ShouldStartWith("127.0.0.1:");
    }

    [Theory]
    [InlineData(30, null, "retention")]
    [InlineData(null, 1000L, "maximum size")]
    public async Task Start_WithBoundsThatCannotWork_IsRefused(int? retentionSeconds, long? bytes, string says)
    {
        TimeSpan? retention = retentionSeconds is { } s ? TimeSpan.FromSeconds(s) : null;
        var error = await Should.ThrowAsync<TemporalServerException>(() => ServerHarness.StartAsync(with: o => o with { Retention = retention, MaxDatabaseBytes = bytes }));
        error.Message.ShouldContain(says);
    }
}
