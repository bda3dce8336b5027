namespace TemporalServer.Endpoints;

/// <summary>The methods of Temporal's workflow service that are answered.</summary>
internal static class WorkflowServiceMethods
{
    public const string Service = "temporal.api.workflowservice.v1.WorkflowService";

    public static readonly RpcMethod<DescribeNamespaceRequest, DescribeNamespaceResponse> DescribeNamespace = new(Service, nameof(DescribeNamespace));
    public static readonly RpcMethod<ListNamespacesRequest, ListNamespacesResponse> ListNamespaces = new(Service, nameof(ListNamespaces));
    public static readonly RpcMethod<GetSystemInfoRequest, GetSystemInfoResponse> GetSystemInfo = new(Service, nameof(GetSystemInfo));
    public static readonly RpcMethod<GetClusterInfoRequest, GetClusterInfoResponse> GetClusterInfo = new(Service, nameof(GetClusterInfo));
    public static readonly RpcMethod<StartWorkflowExecutionRequest, StartWorkflowExecutionResponse> StartWorkflowExecution =
        new(Service, nameof(StartWorkflowExecution));
    public static readonly RpcMethod<SignalWithStartWorkflowExecutionRequest, SignalWithStartWorkflowExecutionResponse> SignalWithStartWorkflowExecution =
        new(Service, nameof(SignalWithStartWorkflowExecution));
    public static readonly RpcMethod<SignalWorkflowExecutionRequest, SignalWorkflowExecutionResponse> SignalWorkflowExecution =
        new(Service, nameof(SignalWorkflowExecution));
    public static readonly RpcMethod<RequestCancelWorkflowExecutionRequest, RequestCancelWorkflowExecutionResponse> RequestCancelWorkflowExecution =
        new(Service, nameof(RequestCancelWorkflowExecution));
    public static readonly RpcMethod<TerminateWorkflowExecutionRequest, TerminateWorkflowExecutionResponse> TerminateWorkflowExecution =
        new(Service, nameof(TerminateWorkflowExecution));
    public static readonly RpcMethod<DeleteWorkflowExecutionRequest, DeleteWorkflowExecutionResponse> DeleteWorkflowExecution =
        new(Service, nameof(DeleteWorkflowExecution));
    public static readonly RpcMethod<ResetWorkflowExecutionRequest, ResetWorkflowExecutionResponse> ResetWorkflowExecution =
        new(Service, nameof(ResetWorkflowExecution));
    public static readonly RpcMethod<GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse> GetWorkflowExecutionHistory =
        new(Service, nameof(GetWorkflowExecutionHistory));
    public static readonly RpcMethod<GetWorkflowExecutionHistoryReverseRequest, GetWorkflowExecutionHistoryReverseResponse> GetWorkflowExecutionHistoryReverse =
        new(Service, nameof(GetWorkflowExecutionHistoryReverse));
    public static readonly RpcMethod<PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse> PollWorkflowTaskQueue =
        new(Service, nameof(PollWorkflowTaskQueue));
    public static readonly RpcMethod<RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskCompletedResponse> RespondWorkflowTaskCompleted =
        new(Service, nameof(RespondWorkflowTaskCompleted));
    public static readonly RpcMethod<RespondWorkflowTaskFailedRequest, RespondWorkflowTaskFailedResponse> RespondWorkflowTaskFailed =
        new(Service, nameof(RespondWorkflowTaskFailed));
    public static readonly RpcMethod<PollActivityTaskQueueRequest, PollActivityTaskQueueResponse> PollActivityTaskQueue =
        new(Service, nameof(PollActivityTaskQueue));
    public static readonly RpcMethod<RespondActivityTaskCompletedRequest, RespondActivityTaskCompletedResponse> RespondActivityTaskCompleted =
        new(Service, nameof(RespondActivityTaskCompleted));
    public static readonly RpcMethod<RespondActivityTaskFailedRequest, RespondActivityTaskFailedResponse> RespondActivityTaskFailed =
        new(Service, nameof(RespondActivityTaskFailed));
    public static readonly RpcMethod<RespondActivityTaskCanceledRequest, RespondActivityTaskCanceledResponse> RespondActivityTaskCanceled =
        new(Service, nameof(RespondActivityTaskCanceled));
    public static readonly RpcMethod<RespondActivityTaskCompletedByIdRequest, RespondActivityTaskCompletedByIdResponse> RespondActivityTaskCompletedById =
        new(Service, nameof(RespondActivityTaskCompletedById));
    public static readonly RpcMethod<RespondActivityTaskFailedByIdRequest, RespondActivityTaskFailedByIdResponse> RespondActivityTaskFailedById =
        new(Service, nameof(RespondActivityTaskFailedById));
    public static readonly RpcMethod<RespondActivityTaskCanceledByIdRequest, RespondActivityTaskCanceledByIdResponse> RespondActivityTaskCanceledById =
        new(Service, nameof(RespondActivityTaskCanceledById));
    public static readonly RpcMethod<RecordActivityTaskHeartbeatRequest, RecordActivityTaskHeartbeatResponse> RecordActivityTaskHeartbeat =
        new(Service, nameof(RecordActivityTaskHeartbeat));
    public static readonly RpcMethod<RecordActivityTaskHeartbeatByIdRequest, RecordActivityTaskHeartbeatByIdResponse> RecordActivityTaskHeartbeatById =
        new(Service, nameof(RecordActivityTaskHeartbeatById));
    public static readonly RpcMethod<ShutdownWorkerRequest, ShutdownWorkerResponse> ShutdownWorker = new(Service, nameof(ShutdownWorker));
    public static readonly RpcMethod<ResetStickyTaskQueueRequest, ResetStickyTaskQueueResponse> ResetStickyTaskQueue =
        new(Service, nameof(ResetStickyTaskQueue));
    public static readonly RpcMethod<RespondQueryTaskCompletedRequest, RespondQueryTaskCompletedResponse> RespondQueryTaskCompleted =
        new(Service, nameof(RespondQueryTaskCompleted));
    public static readonly RpcMethod<QueryWorkflowRequest, QueryWorkflowResponse> QueryWorkflow = new(Service, nameof(QueryWorkflow));
    public static readonly RpcMethod<DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse> DescribeWorkflowExecution =
        new(Service, nameof(DescribeWorkflowExecution));
    public static readonly RpcMethod<DescribeTaskQueueRequest, DescribeTaskQueueResponse> DescribeTaskQueue = new(Service, nameof(DescribeTaskQueue));
    public static readonly RpcMethod<ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse> ListWorkflowExecutions =
        new(Service, nameof(ListWorkflowExecutions));
    public static readonly RpcMethod<CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse> CountWorkflowExecutions =
        new(Service, nameof(CountWorkflowExecutions));
    public static readonly RpcMethod<UpdateWorkflowExecutionRequest, UpdateWorkflowExecutionResponse> UpdateWorkflowExecution =
        new(Service, nameof(UpdateWorkflowExecution));
    public static readonly RpcMethod<ExecuteMultiOperationRequest, ExecuteMultiOperationResponse> ExecuteMultiOperation =
        new(Service, nameof(ExecuteMultiOperation));
    public static readonly RpcMethod<PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse> PollWorkflowExecutionUpdate =
        new(Service, nameof(PollWorkflowExecutionUpdate));
    public static readonly RpcMethod<CreateScheduleRequest, CreateScheduleResponse> CreateSchedule = new(Service, nameof(CreateSchedule));
    public static readonly RpcMethod<DescribeScheduleRequest, DescribeScheduleResponse> DescribeSchedule = new(Service, nameof(DescribeSchedule));
    public static readonly RpcMethod<UpdateScheduleRequest, UpdateScheduleResponse> UpdateSchedule = new(Service, nameof(UpdateSchedule));
    public static readonly RpcMethod<PatchScheduleRequest, PatchScheduleResponse> PatchSchedule = new(Service, nameof(PatchSchedule));
    public static readonly RpcMethod<ListScheduleMatchingTimesRequest, ListScheduleMatchingTimesResponse> ListScheduleMatchingTimes =
        new(Service, nameof(ListScheduleMatchingTimes));
    public static readonly RpcMethod<DeleteScheduleRequest, DeleteScheduleResponse> DeleteSchedule = new(Service, nameof(DeleteSchedule));
    public static readonly RpcMethod<ListSchedulesRequest, ListSchedulesResponse> ListSchedules = new(Service, nameof(ListSchedules));
    public static readonly RpcMethod<CountSchedulesRequest, CountSchedulesResponse> CountSchedules = new(Service, nameof(CountSchedules));
}
