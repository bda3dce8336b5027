using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Temporalio.Client;
using Temporalio.Exceptions;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Service;
using Temporalio.Protocol.TaskQueues;
using Temporalio.Protocol.Transport;
using Temporalio.Protocol.Updates;
using Temporalio.Tests.Client;
using Temporalio.Tests.Replay;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Temporalio.Tests.Live;

/// <summary>
/// A cluster takes a workflow task back out of the history when nothing came of it but a rejected update. The embedded server does not, so
/// what a cluster sends is played here.
/// </summary>
public sealed class DroppedTaskTests
{
    [Fact]
    public async Task TaskTakenBack_OfAWorkflowKeptInMemory_IsFollowedByAnotherWithItsEventIds()
    {
        var tasks = Channel.CreateUnbounded<PollWorkflowTaskQueueResponse>();
        var answers = Channel.CreateUnbounded<RespondWorkflowTaskCompletedRequest>();
        var refused = new ConcurrentQueue<string>();
        await using var app = await StubServer.StartAsync(routes =>
        {
            routes.MapGrpc(WorkflowServiceMethods.DescribeNamespace, (_, _, _) => Task.FromResult(new DescribeNamespaceResponse()));
            routes.MapGrpc(WorkflowServiceMethods.ShutdownWorker, (_, _, _) => Task.FromResult(new ShutdownWorkerResponse()));
            routes.MapGrpc(WorkflowServiceMethods.PollWorkflowTaskQueue, async (_, _, token) => await tasks.Reader.ReadAsync(token));
            routes.MapGrpc(WorkflowServiceMethods.RespondWorkflowTaskFailed, (request, _, _) =>
            {
                refused.Enqueue(request.Failure.Message);
                return Task.FromResult(new RespondWorkflowTaskFailedResponse());
            });
            routes.MapGrpc(WorkflowServiceMethods.RespondWorkflowTaskCompleted, async (request, _, token) =>
            {
                await answers.Writer.WriteAsync(request, token);
                return new RespondWorkflowTaskCompletedResponse { ResetHistoryEventId = request.Messages.Count > 0 ? 3 : 0 };
            });
        });
        var client = await TemporalClient.ConnectAsync(new(app.Target()));
        using var worker = new TemporalWorker(client, new TemporalWorkerOptions("queue").AddWorkflow<DoorWorkflow>());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await worker.ExecuteAsync(
            async () =>
            {
                var history = new HistoryBuilder("DoorWorkflow").TaskStarted();
                await tasks.Writer.WriteAsync(TaskOf(history, after: 0));
                await answers.Reader.ReadAsync(limit.Token);

                var taken = TaskOf(history.TaskCompleted().TaskStarted(), after: 3);
                taken.Messages.Add(new Temporalio.Protocol.Messages.Message
                {
                    Id = "u/request",
                    ProtocolInstanceId = "u",
                    EventId = 5,
                    Body = Any.Pack(new Request { Meta = new() { UpdateId = "u" }, Input = new() { Name = "Open" } }),
                });
                await tasks.Writer.WriteAsync(taken);
                (await answers.Reader.ReadAsync(limit.Token)).Messages.ShouldHaveSingleItem().Body.Is(Rejection.Descriptor).ShouldBeTrue();

                // The events 5 and 6 are others now.
                await tasks.Writer.WriteAsync(TaskOf(new HistoryBuilder("DoorWorkflow").TaskStarted().TaskCompleted().Signaled("Close").TaskStarted(), after: 3));
                var last = await answers.Reader.ReadAsync(limit.Token);
                last.Commands.ShouldHaveSingleItem().CommandType.ShouldBe(CommandType.CompleteWorkflowExecution);
            },
            limit.Token);

        // It was gone on from memory: the history was not asked for, which this server does not know.
        refused.ShouldBeEmpty();
    }

    private static PollWorkflowTaskQueueResponse TaskOf(HistoryBuilder builder, long after)
    {
        var events = builder.Build().Events.Select(e => e.Clone()).ToList();
        return new()
        {
            TaskToken = Google.Protobuf.ByteString.CopyFromUtf8($"task-{after}-{events.Count}"),
            WorkflowExecution = new() { WorkflowId = "workflow-1", RunId = "run-1" },
            WorkflowType = new() { Name = "DoorWorkflow" },
            WorkflowExecutionTaskQueue = new TaskQueue { Name = "queue" },
            PreviousStartedEventId = after,
            StartedEventId = events[^1].EventId,
            Attempt = 1,
            History = new() { Events = { events.Where(e => e.EventId > after) } },
        };
    }

    [Workflow]
    public sealed class DoorWorkflow
    {
        private bool _closed;

        [WorkflowRun]
        public Task RunAsync() => Workflow.WaitConditionAsync(() => _closed);

        [WorkflowSignal]
        public Task CloseAsync()
        {
            _closed = true;
            return Task.CompletedTask;
        }

        [WorkflowUpdate]
        public Task OpenAsync() => Task.CompletedTask;

        [WorkflowUpdateValidator(nameof(OpenAsync))]
        public void ValidateOpen() => throw new ApplicationFailureException("it is open");
    }
}
