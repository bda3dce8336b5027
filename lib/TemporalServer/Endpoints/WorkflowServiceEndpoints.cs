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
        service.Map(W.GetSystemInfo, (_, _, _) => Task.FromResult(ServerDescription.System()));
        service.Map(W.GetClusterInfo, (_, _, _) => Task.FromResult(ServerDescription.Cluster()));
        service.Map(W.DescribeNamespace, (r, _, _) => Task.FromResult(ServerDescription.Namespace(options, r.Namespace, r.Id)));
        service.Map(W.ListNamespaces, (_, _, _) =>
        {
            var response = new ListNamespacesResponse();
            response.Namespaces.Add(options.Namespaces.Select(name => ServerDescription.Namespace(options, name, string.Empty)));
            return Task.FromResult(response);
        });
    }

    private static void MapExecutions(RpcService service, TemporalEngine engine)
    {
        service.Map(W.StartWorkflowExecution, (r, _, _) => engine.StartAsync(r));
        service.Map(W.SignalWithStartWorkflowExecution, (r, _, _) => engine.SignalWithStartAsync(r));
        service.Map(W.SignalWorkflowExecution, (r, _, _) => engine.SignalAsync(r));
        service.Map(W.RequestCancelWorkflowExecution, (r, _, _) => engine.RequestCancelAsync(r));
        service.Map(W.TerminateWorkflowExecution, (r, _, _) => engine.TerminateAsync(r));
        service.Map(W.DeleteWorkflowExecution, (r, _, _) => engine.DeleteAsync(r));
        service.Map(W.ResetWorkflowExecution, (r, _, _) => engine.ResetAsync(r));
        service.Map(W.DescribeWorkflowExecution, (r, _, _) => engine.DescribeAsync(r));
        service.Map(W.GetWorkflowExecutionHistory, (r, timeout, token) => engine.GetHistoryAsync(r, timeout, token));
        service.Map(W.GetWorkflowExecutionHistoryReverse, (r, _, _) => engine.GetHistoryReverseAsync(r));
        service.Map(W.QueryWorkflow, (r, _, token) => engine.QueryAsync(r, token));
        service.Map(W.UpdateWorkflowExecution, (r, timeout, token) => engine.UpdateAsync(r, timeout, token));
        service.Map(W.ExecuteMultiOperation, (r, timeout, token) => engine.ExecuteMultiOperationAsync(r, timeout, token));
        service.Map(W.PollWorkflowExecutionUpdate, (r, timeout, token) => engine.PollUpdateAsync(r, timeout, token));
        service.Map(W.ListWorkflowExecutions, (r, _, _) => engine.ListAsync(r));
        service.Map(W.CountWorkflowExecutions, (r, _, _) => engine.CountAsync(r));
        service.Map(W.DescribeTaskQueue, (r, _, _) => engine.DescribeQueueAsync(r));
    }

    private static void MapTasks(RpcService service, TemporalEngine engine)
    {
        service.Map(W.PollWorkflowTaskQueue, (r, timeout, token) => engine.PollWorkflowTaskAsync(r, timeout, token));
        service.Map(W.RespondWorkflowTaskCompleted, (r, _, _) => engine.CompleteWorkflowTaskAsync(r));
        service.Map(W.RespondWorkflowTaskFailed, (r, _, _) => engine.FailWorkflowTaskAsync(r));
        service.Map(W.RespondQueryTaskCompleted, (r, _, _) => engine.CompleteQueryAsync(r));
        service.Map(W.ResetStickyTaskQueue, (r, _, _) => engine.ResetStickyAsync(r));
        service.Map(W.ShutdownWorker, (r, _, _) => engine.ShutdownWorkerAsync(r));
        service.Map(W.PollActivityTaskQueue, (r, timeout, token) => engine.PollActivityTaskAsync(r, timeout, token));
        service.Map(W.RespondActivityTaskCompleted, (r, _, _) => engine.CompleteActivityAsync(r));
        service.Map(W.RespondActivityTaskCompletedById, (r, _, _) => engine.CompleteActivityAsync(r));
        service.Map(W.RespondActivityTaskFailed, (r, _, _) => engine.FailActivityAsync(r));
        service.Map(W.RespondActivityTaskFailedById, (r, _, _) => engine.FailActivityAsync(r));
        service.Map(W.RespondActivityTaskCanceled, (r, _, _) => engine.CancelActivityAsync(r));
        service.Map(W.RespondActivityTaskCanceledById, (r, _, _) => engine.CancelActivityAsync(r));
        service.Map(W.RecordActivityTaskHeartbeat, (r, _, _) => engine.HeartbeatAsync(r));
        service.Map(W.RecordActivityTaskHeartbeatById, (r, _, _) => engine.HeartbeatAsync(r));
    }

    private static void MapSchedules(RpcService service, TemporalEngine engine)
    {
        service.Map(W.CreateSchedule, (r, _, _) => engine.CreateScheduleAsync(r));
        service.Map(W.DescribeSchedule, (r, _, _) => engine.DescribeScheduleAsync(r));
        service.Map(W.UpdateSchedule, (r, _, _) => engine.UpdateScheduleAsync(r));
        service.Map(W.PatchSchedule, (r, _, _) => engine.PatchScheduleAsync(r));
        service.Map(W.DeleteSchedule, (r, _, _) => engine.DeleteScheduleAsync(r));
        service.Map(W.ListSchedules, (r, _, _) => engine.ListSchedulesAsync(r));
        service.Map(W.CountSchedules, (r, _, _) => engine.CountSchedulesAsync(r));
        service.Map(W.ListScheduleMatchingTimes, (r, _, _) => engine.ListMatchingTimesAsync(r));
    }

    private static void MapTest(RpcService service, TemporalEngine engine)
    {
        service.Map(T.LockTimeSkipping, (_, _, _) => engine.LockTimeSkippingAsync());
        service.Map(T.UnlockTimeSkipping, (_, _, _) => engine.UnlockTimeSkippingAsync());
        service.Map(T.Sleep, (r, _, token) => engine.SleepAsync(r, token));
        service.Map(T.SleepUntil, (r, _, token) => engine.SleepUntilAsync(r, token));
        service.Map(T.UnlockTimeSkippingWithSleep, (r, _, token) => engine.UnlockTimeSkippingWithSleepAsync(r, token));
        service.Map(T.GetCurrentTime, (_, _, _) => engine.GetCurrentTimeAsync());
    }
}
