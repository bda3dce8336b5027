using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Temporalio.Protocol.ErrorDetails;

namespace TemporalServer.Tests;

/// <summary>What other clients put on the wire.</summary>
public sealed class WireTests
{
    [Fact]
    public async Task Request_InGzip_IsRead()
    {
        await using var server = await ServerHarness.StartAsync();
        var request = new StartWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowId = "wf",
            WorkflowType = new WorkflowType { Name = "Flow" },
            TaskQueue = new TaskQueue { Name = ServerHarness.Queue },
            Input = ServerHarness.Text(new string('x', 100_000)),
        };
        var response = await Send(server, WorkflowServiceMethods.StartWorkflowExecution, Gzip(request.ToByteArray()), "gzip");
        response.TrailingHeaders.GetValues("grpc-status").ShouldBe(["0"]);
        response.Headers.GetValues("grpc-accept-encoding").Single().ShouldContain("gzip");
        ServerHarness.Read((await server.History())[0].WorkflowExecutionStartedEventAttributes.Input).Length.ShouldBe(100_000);
    }

    [Theory]
    [InlineData("snappy", GrpcStatusCode.Unimplemented)]
    [InlineData("gzip", GrpcStatusCode.Internal)]
    public async Task Request_InAnEncodingThatCannotBeRead_IsRefusedWithWhatCan(string encoding, GrpcStatusCode code)
    {
        await using var server = await ServerHarness.StartAsync();
        var response = await Send(server, WorkflowServiceMethods.GetSystemInfo, [1, 2, 3], encoding);
        response.Headers.GetValues("grpc-status").ShouldBe([((int)code).ToString()]);
        response.Headers.GetValues("grpc-accept-encoding").Single().ShouldContain("gzip");
    }

    [Fact]
    public async Task Request_LargerThanServersTake_IsExhausted()
    {
        await using var server = await ServerHarness.StartAsync();
        var error = await Should.ThrowAsync<RpcStatusException>(() => server.Start(with: r => r.Input = ServerHarness.Text(new string('x', (4 * 1024 * 1024) + 1))));
        error.Code.ShouldBe(GrpcStatusCode.ResourceExhausted);
        error.Message.ShouldContain("4194304");

        // Zeros shrink to nothing; what counts is what they grow to.
        var bomb = Gzip(new byte[64 * 1024 * 1024]);
        bomb.Length.ShouldBeLessThan(1024 * 1024);
        var response = await Send(server, WorkflowServiceMethods.GetSystemInfo, bomb, "gzip");
        response.Headers.GetValues("grpc-status").ShouldBe([((int)GrpcStatusCode.ResourceExhausted).ToString()]);
    }

    [Fact]
    public async Task Failure_WithADetail_CarriesItInTheStatus()
    {
        await using var server = await ServerHarness.StartAsync();
        var request = new DescribeWorkflowExecutionRequest { Namespace = "default", Execution = new WorkflowExecution { WorkflowId = "nobody" } };
        var response = await Send(server, WorkflowServiceMethods.DescribeWorkflowExecution, Gzip(request.ToByteArray()), "gzip");
        var status = GrpcHeaders.DecodeDetails(response.Headers.GetValues("grpc-status-details-bin").Single()).ShouldNotBeNull();
        status.Code.ShouldBe((int)GrpcStatusCode.NotFound);
        status.Details.Single().Is(NotFoundFailure.Descriptor).ShouldBeTrue();
        GrpcHeaders.DecodeMessage(response.Headers.GetValues("grpc-message").Single()).ShouldBe(status.Message);
    }

    private static async Task<HttpResponseMessage> Send(ServerHarness server, RpcMethod method, byte[] body, string encoding)
    {
        var frame = new byte[body.Length + 5];
        frame[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)body.Length);
        body.CopyTo(frame, 5);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{server.Server.Address}{method.Path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.Add("grpc-encoding", encoding);
        request.Headers.Add("te", "trailers");
        var response = await http.SendAsync(request);
        await response.Content.LoadIntoBufferAsync();
        return response;
    }

    private static byte[] Gzip(byte[] data)
    {
        using var body = new MemoryStream();
        using (var gzip = new GZipStream(body, CompressionLevel.Optimal))
        {
            gzip.Write(data);
        }

        return body.ToArray();
    }
}
