using Temporalio.Common;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;

namespace Temporalio.Worker;

/// <content>The chains that calls into the workflow and out of it go through, and their last links.</content>
internal sealed partial class WorkflowInstance
{
    private readonly IReadOnlyCollection<IWorkerInterceptor> _interceptors;
    private WorkflowInboundInterceptor? _inbound;
    private WorkflowOutboundInterceptor? _outbound;

    /// <summary>What calls of workflow code go through.</summary>
    public WorkflowOutboundInterceptor Outbound
    {
        get
        {
            _ = Inbound;
            return _outbound ?? throw new InvalidOperationException("An interceptor of workflows has not passed Init on to the next one.");
        }
    }

    /// <summary>Made by the first use, which is in the workflow: interceptors may look at it.</summary>
    private WorkflowInboundInterceptor Inbound
    {
        get
        {
            if (_inbound is null)
            {
                _inbound = _interceptors.Reverse().Aggregate<IWorkerInterceptor, WorkflowInboundInterceptor>(
                    new InboundEnd(this), (next, interceptor) => interceptor.InterceptWorkflow(next));
                _inbound.Init(new OutboundEnd(this));
            }

            return _inbound;
        }
    }

    private sealed class InboundEnd(WorkflowInstance instance) : WorkflowInboundInterceptor
    {
        public override void Init(WorkflowOutboundInterceptor outbound) => instance._outbound = outbound;

        public override Task<object?> ExecuteWorkflowAsync(ExecuteWorkflowInput input) =>
            TaskResults.AwaitAsync((Task)Call(input.RunMethod, input.Instance, input.Args)!, input.RunMethod.ReturnType);

        public override Task HandleSignalAsync(HandleSignalInput input) =>
            TaskResults.AwaitAsync((Task)Call(input.Definition.Method, instance.Instance, input.Args)!, typeof(Task));

        public override object? HandleQuery(HandleQueryInput input) => Call(input.Definition.Method, instance.Instance, input.Args);

        public override void ValidateUpdate(HandleUpdateInput input) =>
            Call(input.Definition.ValidatorMethod!, instance.Instance, input.Args);

        public override Task<object?> HandleUpdateAsync(HandleUpdateInput input) => TaskResults.AwaitAsync(
            (Task)Call(input.Definition.Method, instance.Instance, input.Args)!, input.Definition.Method.ReturnType);
    }

    private sealed class OutboundEnd(WorkflowInstance instance) : WorkflowOutboundInterceptor
    {
        public override Task CancelExternalWorkflowAsync(CancelExternalWorkflowInput input) => instance.CancelExternalAsync(input);

        public override ContinueAsNewException CreateContinueAsNewException(CreateContinueAsNewExceptionInput input) => new(input);

        public override Task DelayAsync(DelayAsyncInput input) => instance.StartTimerAsync(input);

        public override Task<TResult> ScheduleActivityAsync<TResult>(ScheduleActivityInput input) =>
            instance.ScheduleActivityAsync<TResult>(input);

        public override Task SignalChildWorkflowAsync(SignalChildWorkflowInput input) => instance.SignalExternalAsync(
            input.Id, null, input.Signal, input.Args, true, input.Options?.CancellationToken, input.Headers);

        public override Task SignalExternalWorkflowAsync(SignalExternalWorkflowInput input) => instance.SignalExternalAsync(
            input.Id, input.RunId, input.Signal, input.Args, false, input.Options?.CancellationToken, input.Headers);

        public override Task<ChildWorkflowHandle<TWorkflow, TResult>> StartChildWorkflowAsync<TWorkflow, TResult>(
            StartChildWorkflowInput input) => instance.StartChildAsync<TWorkflow, TResult>(input);
    }
}
