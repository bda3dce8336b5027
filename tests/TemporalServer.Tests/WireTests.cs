using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Temporalio.Api.ErrorDetails.V1;

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
        using var response = await Send(server, WorkflowServiceMethods.StartWorkflowExecution, Frame(Gzip(request.ToByteArray()), isCompressed: true), "gzip");
        response.TrailingHeaders.GetValues("grpc-status").ShouldBe(["0"]);
        ServerHarness.Read((await server.History())[0].WorkflowExecutionStartedEventAttributes.Input).Length.ShouldBe(100_000);
    }

    [Fact]
    public async Task Request_InAnEncodingThatIsNotKnown_IsRefusedWithWhatIs()
    {
        await using var server = await ServerHarness.StartAsync();
        using var response = await Send(server, WorkflowServiceMethods.GetSystemInfo, Frame([1, 2, 3], isCompressed: true), "snappy");
        Code(response).ShouldBe(StatusCode.Unimplemented);
        response.Headers.GetValues("grpc-accept-encoding").Single().ShouldContain("gzip");
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Request_Malformed_IsRefused_AndTheServerGoesOn(string kind, byte[] body)
    {
        await using var server = await ServerHarness.StartAsync();
        using var response = await Send(server, WorkflowServiceMethods.StartWorkflowExecution, body, "gzip");
        Code(response).ShouldBeOneOf([StatusCode.Internal, StatusCode.Unknown, StatusCode.ResourceExhausted], kind);
        await server.Start();
    }

    public static TheoryData<string, byte[]> Malformed()
    {
        byte[] good = Frame(new StartWorkflowExecutionRequest { Namespace = "default" }.ToByteArray());
        return new()
        {
            { "nothing", [] },
            { "half a prefix", good[..3] },
            { "half a message", good[..^1] },
            { "two messages", [.. good, .. good] },
            { "a flag that is none", [2, .. good[1..]] },
            { "a length beyond all", [0, 255, 255, 255, 255, 1] },
            { "no message of the protocol", Frame([0xFF, 0xFF, 0xFF]) },
            { "no gzip", Frame([1, 2, 3], isCompressed: true) },
            { "half a gzip", Frame(Gzip(new byte[1000])[..^9], isCompressed: true) },
        };
    }

    [Fact]
    public async Task Request_ThatIsNotGrpc_IsAnsweredInHttp()
    {
        await using var server = await ServerHarness.StartAsync();
        using var response = await Send(server, WorkflowServiceMethods.GetSystemInfo, "{}"u8.ToArray(), encoding: null, "application/json");
        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Poll_WhoseDeadlineComesFirst_IsAnsweredBeforeIt()
    {
        await using var server = await ServerHarness.StartAsync(with: o => o with { PollTimeout = TimeSpan.FromMinutes(10) });
        using var channel = ServerHarness.Connect(server.Server);
        var request = new PollWorkflowTaskQueueRequest { Namespace = "default", TaskQueue = new TaskQueue { Name = ServerHarness.Queue } };
        var options = new CallOptions(deadline: DateTime.UtcNow.AddSeconds(5));
        (await channel.CreateCallInvoker().AsyncUnaryCall(WorkflowServiceMethods.PollWorkflowTaskQueue, null, options, request)).TaskToken.IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData("1n")]
    [InlineData("0S")]
    [InlineData("50u")]
    [InlineData("99999999H")]
    [InlineData("soon")]
    public async Task Poll_WithAnyTimeout_EndsAndTakesNothingWithIt(string timeout)
    {
        await using var server = await ServerHarness.StartAsync();
        var poll = new PollWorkflowTaskQueueRequest { Namespace = "default", TaskQueue = new TaskQueue { Name = ServerHarness.Queue } };
        using var response = await Send(server, WorkflowServiceMethods.PollWorkflowTaskQueue, Frame(poll.ToByteArray()), timeout: timeout);
        response.Headers.Concat(response.TrailingHeaders).Single(h => h.Key == "grpc-status").Value.Single()
            .ShouldBeOneOf($"{(int)StatusCode.OK}", $"{(int)StatusCode.DeadlineExceeded}");
        await server.Start();
        (await server.Poll()).TaskToken.IsEmpty.ShouldBeFalse();
    }

    [Fact]
    public async Task Request_LargerThanServersTake_IsExhausted()
    {
        await using var server = await ServerHarness.StartAsync();
        var error = await Should.ThrowAsync<RpcException>(() => server.Start(with: r => r.Input = ServerHarness.Text(new string('x', (4 * 1024 * 1024) + 1))));
        error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);

        // Zeros shrink to nothing; what counts is what they grow to.
        var bomb = Gzip(new byte[64 * 1024 * 1024]);
        bomb.Length.ShouldBeLessThan(1024 * 1024);
        using var response = await Send(server, WorkflowServiceMethods.GetSystemInfo, Frame(bomb, isCompressed: true), "gzip");
        Code(response).ShouldBe(StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Failure_WithADetail_CarriesItInTheStatus()
    {
        await using var server = await ServerHarness.StartAsync();
        var request = new DescribeWorkflowExecutionRequest { Namespace = "default", Execution = new WorkflowExecution { WorkflowId = "nobody" } };
        using var response = await Send(server, WorkflowServiceMethods.DescribeWorkflowExecution, Frame(request.ToByteArray()));
        var details = response.Headers.GetValues("grpc-status-details-bin").Single();
        var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '=')));
        status.Code.ShouldBe((int)StatusCode.NotFound);
        status.Details.Single().Is(NotFoundFailure.Descriptor).ShouldBeTrue();
        Uri.UnescapeDataString(response.Headers.GetValues("grpc-message").Single()).ShouldBe(status.Message);
    }

    private static async Task<HttpResponseMessage> Send(
        ServerHarness server, IMethod method, byte[] body, string? encoding = null, string type = "application/grpc", string? timeout = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{server.Server.Address}{method.FullName}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } },
        };
        if (encoding is not null)
        {
            request.Headers.Add("grpc-encoding", encoding);
        }

        if (timeout is not null)
        {
            request.Headers.Add("grpc-timeout", timeout);
        }

        request.Headers.Add("te", "trailers");
        var response = await http.SendAsync(request);
        await response.Content.LoadIntoBufferAsync();
        return response;
    }

    private static StatusCode Code(HttpResponseMessage response) => (StatusCode)int.Parse(response.Headers.GetValues("grpc-status").Single());

    private static byte[] Frame(byte[] message, bool isCompressed = false)
    {
        var frame = new byte[message.Length + 5];
        frame[0] = isCompressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
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
