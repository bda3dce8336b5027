using Temporalio.Protocol.Service;

namespace Temporalio.Protocol.Methods;

/// <summary>The methods of Temporal's workflow service that this library speaks.</summary>
public static class WorkflowServiceMethods
{
    /// <summary>The full service name.</summary>
    public const string Service = "temporal.api.workflowservice.v1.WorkflowService";

    /// <summary>Describes one namespace.</summary>
    public static readonly RpcMethod<DescribeNamespaceRequest, DescribeNamespaceResponse> DescribeNamespace = new(Service, "DescribeNamespace");

    /// <summary>Lists the namespaces.</summary>
    public static readonly RpcMethod<ListNamespacesRequest, ListNamespacesResponse> ListNamespaces = new(Service, "ListNamespaces");

    /// <summary>Version and capabilities of the server.</summary>
    public static readonly RpcMethod<GetSystemInfoRequest, GetSystemInfoResponse> GetSystemInfo = new(Service, "GetSystemInfo");

    /// <summary>What the cluster is made of.</summary>
    public static readonly RpcMethod<GetClusterInfoRequest, GetClusterInfoResponse> GetClusterInfo = new(Service, "GetClusterInfo");

    /// <summary>Starts a workflow.</summary>
    public static readonly RpcMethod<StartWorkflowExecutionRequest, StartWorkflowExecutionResponse> StartWorkflowExecution = new(Service, "StartWorkflowExecution");

    /// <summary>Signals a workflow, starting it first when none runs.</summary>
    public static readonly RpcMethod<SignalWithStartWorkflowExecutionRequest, SignalWithStartWorkflowExecutionResponse> SignalWithStartWorkflowExecution = new(Service, "SignalWithStartWorkflowExecution");

    /// <summary>Signals a workflow.</summary>
    public static readonly RpcMethod<SignalWorkflowExecutionRequest, SignalWorkflowExecutionResponse> SignalWorkflowExecution = new(Service, "SignalWorkflowExecution");

    /// <summary>Asks a workflow to cancel.</summary>
    public static readonly RpcMethod<RequestCancelWorkflowExecutionRequest, RequestCancelWorkflowExecutionResponse> RequestCancelWorkflowExecution = new(Service, "RequestCancelWorkflowExecution");

    /// <summary>Ends a workflow without its say.</summary>
    public static readonly RpcMethod<TerminateWorkflowExecutionRequest, TerminateWorkflowExecutionResponse> TerminateWorkflowExecution = new(Service, "TerminateWorkflowExecution");

    /// <summary>Removes a workflow and its history.</summary>
    public static readonly RpcMethod<DeleteWorkflowExecutionRequest, DeleteWorkflowExecutionResponse> DeleteWorkflowExecution = new(Service, "DeleteWorkflowExecution");

    /// <summary>Starts a new run from a point in a history.</summary>
    public static readonly RpcMethod<ResetWorkflowExecutionRequest, ResetWorkflowExecutionResponse> ResetWorkflowExecution = new(Service, "ResetWorkflowExecution");

    /// <summary>Reads a history, waiting for new events when asked to.</summary>
    public static readonly RpcMethod<GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse> GetWorkflowExecutionHistory = new(Service, "GetWorkflowExecutionHistory") { IsLongPoll = true };

    /// <summary>Reads a history from its end.</summary>
    public static readonly RpcMethod<GetWorkflowExecutionHistoryReverseRequest, GetWorkflowExecutionHistoryReverseResponse> GetWorkflowExecutionHistoryReverse = new(Service, "GetWorkflowExecutionHistoryReverse");

    /// <summary>Waits for a workflow task.</summary>
    public static readonly RpcMethod<PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse> PollWorkflowTaskQueue = new(Service, "PollWorkflowTaskQueue") { IsLongPoll = true };

    /// <summary>Answers a workflow task with commands.</summary>
    public static readonly RpcMethod<RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskCompletedResponse> RespondWorkflowTaskCompleted = new(Service, "RespondWorkflowTaskCompleted");

    /// <summary>Says that a workflow task could not be processed.</summary>
    public static readonly RpcMethod<RespondWorkflowTaskFailedRequest, RespondWorkflowTaskFailedResponse> RespondWorkflowTaskFailed = new(Service, "RespondWorkflowTaskFailed");

    /// <summary>Waits for an activity task.</summary>
    public static readonly RpcMethod<PollActivityTaskQueueRequest, PollActivityTaskQueueResponse> PollActivityTaskQueue = new(Service, "PollActivityTaskQueue") { IsLongPoll = true };

    /// <summary>Answers an activity task with a result.</summary>
    public static readonly RpcMethod<RespondActivityTaskCompletedRequest, RespondActivityTaskCompletedResponse> RespondActivityTaskCompleted = new(Service, "RespondActivityTaskCompleted");

    /// <summary>Answers an activity task with a failure.</summary>
    public static readonly RpcMethod<RespondActivityTaskFailedRequest, RespondActivityTaskFailedResponse> RespondActivityTaskFailed = new(Service, "RespondActivityTaskFailed");

    /// <summary>Confirms that an activity stopped because it was asked to.</summary>
    public static readonly RpcMethod<RespondActivityTaskCanceledRequest, RespondActivityTaskCanceledResponse> RespondActivityTaskCanceled = new(Service, "RespondActivityTaskCanceled");

    /// <summary>Completes an activity named by its id.</summary>
    public static readonly RpcMethod<RespondActivityTaskCompletedByIdRequest, RespondActivityTaskCompletedByIdResponse> RespondActivityTaskCompletedById = new(Service, "RespondActivityTaskCompletedById");

    /// <summary>Fails an activity named by its id.</summary>
    public static readonly RpcMethod<RespondActivityTaskFailedByIdRequest, RespondActivityTaskFailedByIdResponse> RespondActivityTaskFailedById = new(Service, "RespondActivityTaskFailedById");

    /// <summary>Confirms the cancellation of an activity named by its id.</summary>
    public static readonly RpcMethod<RespondActivityTaskCanceledByIdRequest, RespondActivityTaskCanceledByIdResponse> RespondActivityTaskCanceledById = new(Service, "RespondActivityTaskCanceledById");

    /// <summary>Says that an activity lives, and learns whether it should stop.</summary>
    public static readonly RpcMethod<RecordActivityTaskHeartbeatRequest, RecordActivityTaskHeartbeatResponse> RecordActivityTaskHeartbeat = new(Service, "RecordActivityTaskHeartbeat");

    /// <summary>The same for an activity named by its id.</summary>
    public static readonly RpcMethod<RecordActivityTaskHeartbeatByIdRequest, RecordActivityTaskHeartbeatByIdResponse> RecordActivityTaskHeartbeatById = new(Service, "RecordActivityTaskHeartbeatById");

    /// <summary>Says that a worker stops, so that its sticky queue is given up.</summary>
    public static readonly RpcMethod<ShutdownWorkerRequest, ShutdownWorkerResponse> ShutdownWorker = new(Service, "ShutdownWorker");

    /// <summary>Gives up the sticky queue of one workflow.</summary>
    public static readonly RpcMethod<ResetStickyTaskQueueRequest, ResetStickyTaskQueueResponse> ResetStickyTaskQueue = new(Service, "ResetStickyTaskQueue");

    /// <summary>Answers a query that was sent as a task of its own.</summary>
    public static readonly RpcMethod<RespondQueryTaskCompletedRequest, RespondQueryTaskCompletedResponse> RespondQueryTaskCompleted = new(Service, "RespondQueryTaskCompleted");

    /// <summary>Queries a workflow.</summary>
    public static readonly RpcMethod<QueryWorkflowRequest, QueryWorkflowResponse> QueryWorkflow = new(Service, "QueryWorkflow") { IsLongPoll = true };

    /// <summary>Describes a workflow.</summary>
    public static readonly RpcMethod<DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse> DescribeWorkflowExecution = new(Service, "DescribeWorkflowExecution");

    /// <summary>Describes a task queue.</summary>
    public static readonly RpcMethod<DescribeTaskQueueRequest, DescribeTaskQueueResponse> DescribeTaskQueue = new(Service, "DescribeTaskQueue");

    /// <summary>Lists workflows by a query.</summary>
    public static readonly RpcMethod<ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse> ListWorkflowExecutions = new(Service, "ListWorkflowExecutions");

    /// <summary>Counts workflows by a query.</summary>
    public static readonly RpcMethod<CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse> CountWorkflowExecutions = new(Service, "CountWorkflowExecutions");

    /// <summary>Sends an update and waits for a stage of it.</summary>
    public static readonly RpcMethod<UpdateWorkflowExecutionRequest, UpdateWorkflowExecutionResponse> UpdateWorkflowExecution = new(Service, "UpdateWorkflowExecution") { IsLongPoll = true };

    /// <summary>Starts a workflow, unless it runs, and sends it an update, in one change.</summary>
    public static readonly RpcMethod<ExecuteMultiOperationRequest, ExecuteMultiOperationResponse> ExecuteMultiOperation = new(Service, "ExecuteMultiOperation") { IsLongPoll = true };

    /// <summary>Waits for the outcome of an update.</summary>
    public static readonly RpcMethod<PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse> PollWorkflowExecutionUpdate = new(Service, "PollWorkflowExecutionUpdate") { IsLongPoll = true };

    /// <summary>Creates a schedule.</summary>
    public static readonly RpcMethod<CreateScheduleRequest, CreateScheduleResponse> CreateSchedule = new(Service, "CreateSchedule");

    /// <summary>Describes a schedule.</summary>
    public static readonly RpcMethod<DescribeScheduleRequest, DescribeScheduleResponse> DescribeSchedule = new(Service, "DescribeSchedule");

    /// <summary>Replaces a schedule.</summary>
    public static readonly RpcMethod<UpdateScheduleRequest, UpdateScheduleResponse> UpdateSchedule = new(Service, "UpdateSchedule");

    /// <summary>Pauses, triggers or backfills a schedule.</summary>
    public static readonly RpcMethod<PatchScheduleRequest, PatchScheduleResponse> PatchSchedule = new(Service, "PatchSchedule");

    /// <summary>Lists the times a schedule would act.</summary>
    public static readonly RpcMethod<ListScheduleMatchingTimesRequest, ListScheduleMatchingTimesResponse> ListScheduleMatchingTimes = new(Service, "ListScheduleMatchingTimes");

    /// <summary>Deletes a schedule.</summary>
    public static readonly RpcMethod<DeleteScheduleRequest, DeleteScheduleResponse> DeleteSchedule = new(Service, "DeleteSchedule");

    /// <summary>Lists schedules.</summary>
    public static readonly RpcMethod<ListSchedulesRequest, ListSchedulesResponse> ListSchedules = new(Service, "ListSchedules");

    /// <summary>Counts schedules by a query.</summary>
    public static readonly RpcMethod<CountSchedulesRequest, CountSchedulesResponse> CountSchedules = new(Service, "CountSchedules");
}
