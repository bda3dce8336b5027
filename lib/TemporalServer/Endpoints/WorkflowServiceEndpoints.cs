using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using TemporalServer.Engine;
using T = TemporalServer.Endpoints.TestServiceMethods;
using W = TemporalServer.Endpoints.WorkflowServiceMethods;

namespace TemporalServer.Endpoints;

/// <summary>Joins the methods of the protocol with the engine.</summary>
internal static class WorkflowServiceEndpoints
{
    public static void MapTemporal(this IEndpointRouteBuilder routes, TemporalEngine engine, TemporalServerOptions options)
    {
        var health = new HealthServiceImpl();
        health.SetStatus(string.Empty, HealthCheckResponse.Types.ServingStatus.Serving);
        health.SetStatus(W.Service, HealthCheckResponse.Types.ServingStatus.Serving);
        _ = engine.Failed.ContinueWith(
            _ =>
            {
                health.SetStatus(string.Empty, HealthCheckResponse.Types.ServingStatus.NotServing);
                health.SetStatus(W.Service, HealthCheckResponse.Types.ServingStatus.NotServing);
            },
            TaskScheduler.Default);
        routes.MapGrpcService(Health.BindService(health));

        var service = new RpcService();
        MapServer(service, options);
        MapExecutions(service, engine);
        MapTasks(service, engine);
        MapSchedules(service, engine);
        routes.MapGrpcService(service.Build());
        if (options.TimeSkipping)
        {
            var test = new RpcService();
            MapTest(test, engine);
            routes.MapGrpcService(test.Build());
        }
    }

    private static void MapServer(RpcService service, TemporalServerOptions options)
    {
        service.Map(W.GetSystemInfo, (_, _) => Task.FromResult(ServerDescription.System()));
        service.Map(W.GetClusterInfo, (_, _) => Task.FromResult(ServerDescription.Cluster()));
        service.Map(W.DescribeNamespace, (r, _) => Task.FromResult(ServerDescription.Namespace(options, r.Namespace, r.Id)));
        service.Map(W.ListNamespaces, (_, _) =>
        {
            var response = new ListNamespacesResponse();
            response.Namespaces.Add(options.Namespaces.Select(name => ServerDescription.Namespace(options, name, string.Empty)));
            return Task.FromResult(response);
        });
    }

    private static void MapExecutions(RpcService service, TemporalEngine engine)
    {
        service.Map(W.StartWorkflowExecution, (r, _) => engine.StartAsync(r));
        service.Map(W.SignalWithStartWorkflowExecution, (r, _) => engine.SignalWithStartAsync(r));
        service.Map(W.SignalWorkflowExecution, (r, _) => engine.SignalAsync(r));
        service.Map(W.RequestCancelWorkflowExecution, (r, _) => engine.RequestCancelAsync(r));
        service.Map(W.TerminateWorkflowExecution, (r, _) => engine.TerminateAsync(r));
        service.Map(W.DeleteWorkflowExecution, (r, _) => engine.DeleteAsync(r));
        service.Map(W.ResetWorkflowExecution, (r, _) => engine.ResetAsync(r));
        service.Map(W.DescribeWorkflowExecution, (r, _) => engine.DescribeAsync(r));
        service.Map(W.GetWorkflowExecutionHistory, (r, call) => engine.GetHistoryAsync(r, Timeout(call), call.CancellationToken));
        service.Map(W.GetWorkflowExecutionHistoryReverse, (r, _) => engine.GetHistoryReverseAsync(r));
        service.Map(W.QueryWorkflow, (r, call) => engine.QueryAsync(r, call.CancellationToken));
        service.Map(W.UpdateWorkflowExecution, (r, call) => engine.UpdateAsync(r, Timeout(call), call.CancellationToken));
        service.Map(W.ExecuteMultiOperation, (r, call) => engine.ExecuteMultiOperationAsync(r, Timeout(call), call.CancellationToken));
        service.Map(W.PollWorkflowExecutionUpdate, (r, call) => engine.PollUpdateAsync(r, Timeout(call), call.CancellationToken));
        service.Map(W.ListWorkflowExecutions, (r, _) => engine.ListAsync(r));
        service.Map(W.CountWorkflowExecutions, (r, _) => engine.CountAsync(r));
        service.Map(W.DescribeTaskQueue, (r, _) => engine.DescribeQueueAsync(r));
    }

    private static void MapTasks(RpcService service, TemporalEngine engine)
    {
        service.Map(W.PollWorkflowTaskQueue, (r, call) => engine.PollWorkflowTaskAsync(r, Timeout(call), Written(call), call.CancellationToken));
        service.Map(W.RespondWorkflowTaskCompleted, (r, _) => engine.CompleteWorkflowTaskAsync(r));
        service.Map(W.RespondWorkflowTaskFailed, (r, _) => engine.FailWorkflowTaskAsync(r));
        service.Map(W.RespondQueryTaskCompleted, (r, _) => engine.CompleteQueryAsync(r));
        service.Map(W.ResetStickyTaskQueue, (r, _) => engine.ResetStickyAsync(r));
        service.Map(W.ShutdownWorker, (r, _) => engine.ShutdownWorkerAsync(r));
        service.Map(W.PollActivityTaskQueue, (r, call) => engine.PollActivityTaskAsync(r, Timeout(call), Written(call), call.CancellationToken));
        service.Map(W.RespondActivityTaskCompleted, (r, _) => engine.CompleteActivityAsync(r));
        service.Map(W.RespondActivityTaskCompletedById, (r, _) => engine.CompleteActivityAsync(r));
        service.Map(W.RespondActivityTaskFailed, (r, _) => engine.FailActivityAsync(r));
        service.Map(W.RespondActivityTaskFailedById, (r, _) => engine.FailActivityAsync(r));
        service.Map(W.RespondActivityTaskCanceled, (r, _) => engine.CancelActivityAsync(r));
        service.Map(W.RespondActivityTaskCanceledById, (r, _) => engine.CancelActivityAsync(r));
        service.Map(W.RecordActivityTaskHeartbeat, (r, _) => engine.HeartbeatAsync(r));
        service.Map(W.RecordActivityTaskHeartbeatById, (r, _) => engine.HeartbeatAsync(r));
    }

    private static void MapSchedules(RpcService service, TemporalEngine engine)
    {
        service.Map(W.CreateSchedule, (r, _) => engine.CreateScheduleAsync(r));
        service.Map(W.DescribeSchedule, (r, _) => engine.DescribeScheduleAsync(r));
        service.Map(W.UpdateSchedule, (r, _) => engine.UpdateScheduleAsync(r));
        service.Map(W.PatchSchedule, (r, _) => engine.PatchScheduleAsync(r));
        service.Map(W.DeleteSchedule, (r, _) => engine.DeleteScheduleAsync(r));
        service.Map(W.ListSchedules, (r, _) => engine.ListSchedulesAsync(r));
        service.Map(W.CountSchedules, (r, _) => engine.CountSchedulesAsync(r));
        service.Map(W.ListScheduleMatchingTimes, (r, _) => engine.ListMatchingTimesAsync(r));
    }

    private static void MapTest(RpcService service, TemporalEngine engine)
    {
        service.Map(T.LockTimeSkipping, (_, _) => engine.LockTimeSkippingAsync());
        service.Map(T.UnlockTimeSkipping, (_, _) => engine.UnlockTimeSkippingAsync());
        service.Map(T.Sleep, (r, call) => engine.SleepAsync(r, call.CancellationToken));
        service.Map(T.SleepUntil, (r, call) => engine.SleepUntilAsync(r, call.CancellationToken));
        service.Map(T.UnlockTimeSkippingWithSleep, (r, call) => engine.UnlockTimeSkippingWithSleepAsync(r, call.CancellationToken));
        service.Map(T.GetCurrentTime, (_, _) => engine.GetCurrentTimeAsync());
    }

    /// <summary>The time left that the caller allows; null when it set no deadline.</summary>
    private static TimeSpan? Timeout(ServerCallContext call)
    {
        if (call.Deadline == DateTime.MaxValue)
        {
            return null;
        }

        // It may have passed while the request was read.
        var left = call.Deadline - TimeProvider.System.GetUtcNow().UtcDateTime;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Ends when the answer is on its way to the caller, or nobody is there to take it.</summary>
    private static Task Written(ServerCallContext call)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        call.GetHttpContext().Response.OnCompleted(() =>
        {
            written.SetResult();
            return Task.CompletedTask;
        });
        return written.Task;
    }
}
