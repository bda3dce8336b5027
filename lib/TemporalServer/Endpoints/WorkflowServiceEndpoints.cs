using Microsoft.AspNetCore.Routing;
using Temporalio.Protocol.Health;
using Temporalio.Protocol.Methods;
using TemporalServer.Engine;
using T = Temporalio.Protocol.Methods.TestServiceMethods;
using W = Temporalio.Protocol.Methods.WorkflowServiceMethods;

namespace TemporalServer.Endpoints;

/// <summary>Joins the methods of the protocol with the engine.</summary>
internal static class WorkflowServiceEndpoints
{
    public static void MapTemporal(this IEndpointRouteBuilder routes, TemporalEngine engine, TemporalServerOptions options)
    {
        routes.MapGrpc(HealthMethods.Check, (_, _, _) =>
            Task.FromResult(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.Serving }));
        MapServer(routes, options);
        MapExecutions(routes, engine);
        MapTasks(routes, engine);
        MapSchedules(routes, engine);
        if (options.TimeSkipping)
        {
            MapTest(routes, engine);
        }

        routes.MapGrpcUnimplemented();
    }

    private static void MapServer(IEndpointRouteBuilder routes, TemporalServerOptions options)
    {
        routes.MapGrpc(W.GetSystemInfo, (_, _, _) => Task.FromResult(ServerDescription.System()));
        routes.MapGrpc(W.GetClusterInfo, (_, _, _) => Task.FromResult(ServerDescription.Cluster()));
        routes.MapGrpc(W.DescribeNamespace, (r, _, _) => Task.FromResult(ServerDescription.Namespace(options, r.Namespace, r.Id)));
        routes.MapGrpc(W.ListNamespaces, (_, _, _) =>
        {
            var response = new ListNamespacesResponse();
            response.Namespaces.Add(options.Namespaces.Select(name => ServerDescription.Namespace(options, name, string.Empty)));
            return Task.FromResult(response);
        });
    }

    private static void MapExecutions(IEndpointRouteBuilder routes, TemporalEngine engine)
    {
        routes.MapGrpc(W.StartWorkflowExecution, (r, _, _) => engine.StartAsync(r));
        routes.MapGrpc(W.SignalWithStartWorkflowExecution, (r, _, _) => engine.SignalWithStartAsync(r));
        routes.MapGrpc(W.SignalWorkflowExecution, (r, _, _) => engine.SignalAsync(r));
        routes.MapGrpc(W.RequestCancelWorkflowExecution, (r, _, _) => engine.RequestCancelAsync(r));
        routes.MapGrpc(W.TerminateWorkflowExecution, (r, _, _) => engine.TerminateAsync(r));
        routes.MapGrpc(W.DeleteWorkflowExecution, (r, _, _) => engine.DeleteAsync(r));
        routes.MapGrpc(W.ResetWorkflowExecution, (r, _, _) => engine.ResetAsync(r));
        routes.MapGrpc(W.DescribeWorkflowExecution, (r, _, _) => engine.DescribeAsync(r));
        routes.MapGrpc(W.GetWorkflowExecutionHistory, (r, call, token) => engine.GetHistoryAsync(r, call.Timeout, token));
        routes.MapGrpc(W.GetWorkflowExecutionHistoryReverse, (r, _, _) => engine.GetHistoryReverseAsync(r));
        routes.MapGrpc(W.QueryWorkflow, (r, _, token) => engine.QueryAsync(r, token));
        routes.MapGrpc(W.UpdateWorkflowExecution, (r, call, token) => engine.UpdateAsync(r, call.Timeout, token));
        routes.MapGrpc(W.ExecuteMultiOperation, (r, call, token) => engine.ExecuteMultiOperationAsync(r, call.Timeout, token));
        routes.MapGrpc(W.PollWorkflowExecutionUpdate, (r, call, token) => engine.PollUpdateAsync(r, call.Timeout, token));
        routes.MapGrpc(W.ListWorkflowExecutions, (r, _, _) => engine.ListAsync(r));
        routes.MapGrpc(W.CountWorkflowExecutions, (r, _, _) => engine.CountAsync(r));
        routes.MapGrpc(W.DescribeTaskQueue, (r, _, _) => engine.DescribeQueueAsync(r));
    }

    private static void MapTasks(IEndpointRouteBuilder routes, TemporalEngine engine)
    {
        routes.MapGrpc(W.PollWorkflowTaskQueue, (r, call, token) => engine.PollWorkflowTaskAsync(r, call.Timeout, token));
        routes.MapGrpc(W.RespondWorkflowTaskCompleted, (r, _, _) => engine.CompleteWorkflowTaskAsync(r));
        routes.MapGrpc(W.RespondWorkflowTaskFailed, (r, _, _) => engine.FailWorkflowTaskAsync(r));
        routes.MapGrpc(W.RespondQueryTaskCompleted, (r, _, _) => engine.CompleteQueryAsync(r));
        routes.MapGrpc(W.ResetStickyTaskQueue, (r, _, _) => engine.ResetStickyAsync(r));
        routes.MapGrpc(W.ShutdownWorker, (r, _, _) => engine.ShutdownWorkerAsync(r));
        routes.MapGrpc(W.PollActivityTaskQueue, (r, call, token) => engine.PollActivityTaskAsync(r, call.Timeout, token));
        routes.MapGrpc(W.RespondActivityTaskCompleted, (r, _, _) => engine.CompleteActivityAsync(r));
        routes.MapGrpc(W.RespondActivityTaskCompletedById, (r, _, _) => engine.CompleteActivityAsync(r));
        routes.MapGrpc(W.RespondActivityTaskFailed, (r, _, _) => engine.FailActivityAsync(r));
        routes.MapGrpc(W.RespondActivityTaskFailedById, (r, _, _) => engine.FailActivityAsync(r));
        routes.MapGrpc(W.RespondActivityTaskCanceled, (r, _, _) => engine.CancelActivityAsync(r));
        routes.MapGrpc(W.RespondActivityTaskCanceledById, (r, _, _) => engine.CancelActivityAsync(r));
        routes.MapGrpc(W.RecordActivityTaskHeartbeat, (r, _, _) => engine.HeartbeatAsync(r));
        routes.MapGrpc(W.RecordActivityTaskHeartbeatById, (r, _, _) => engine.HeartbeatAsync(r));
    }

    private static void MapSchedules(IEndpointRouteBuilder routes, TemporalEngine engine)
    {
        routes.MapGrpc(W.CreateSchedule, (r, _, _) => engine.CreateScheduleAsync(r));
        routes.MapGrpc(W.DescribeSchedule, (r, _, _) => engine.DescribeScheduleAsync(r));
        routes.MapGrpc(W.UpdateSchedule, (r, _, _) => engine.UpdateScheduleAsync(r));
        routes.MapGrpc(W.PatchSchedule, (r, _, _) => engine.PatchScheduleAsync(r));
        routes.MapGrpc(W.DeleteSchedule, (r, _, _) => engine.DeleteScheduleAsync(r));
        routes.MapGrpc(W.ListSchedules, (r, _, _) => engine.ListSchedulesAsync(r));
        routes.MapGrpc(W.CountSchedules, (r, _, _) => engine.CountSchedulesAsync(r));
        routes.MapGrpc(W.ListScheduleMatchingTimes, (r, _, _) => engine.ListMatchingTimesAsync(r));
    }

    private static void MapTest(IEndpointRouteBuilder routes, TemporalEngine engine)
    {
        routes.MapGrpc(T.LockTimeSkipping, (_, _, _) => engine.LockTimeSkippingAsync());
        routes.MapGrpc(T.UnlockTimeSkipping, (_, _, _) => engine.UnlockTimeSkippingAsync());
        routes.MapGrpc(T.Sleep, (r, _, token) => engine.SleepAsync(r, token));
        routes.MapGrpc(T.SleepUntil, (r, _, token) => engine.SleepUntilAsync(r, token));
        routes.MapGrpc(T.UnlockTimeSkippingWithSleep, (r, _, token) => engine.UnlockTimeSkippingWithSleepAsync(r, token));
        routes.MapGrpc(T.GetCurrentTime, (_, _, _) => engine.GetCurrentTimeAsync());
    }
}
