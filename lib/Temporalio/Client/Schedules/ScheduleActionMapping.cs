using Temporalio.Api.Enums.V1;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Protocol.Workflows;
using Payload = Temporalio.Api.Common.V1.Payload;
using Wire = Temporalio.Protocol.Schedules;

namespace Temporalio.Client.Schedules;

/// <summary>
/// Between actions of the public surface and actions of the wire. Payloads are encoded one by one: what came from the server and was
/// left alone is encoded already.
/// </summary>
internal static class ScheduleActionMapping
{
    public static async Task<Wire.ScheduleAction> ToWireAsync(this ScheduleAction action, DataConverter converter)
    {
        var (workflow, args, options, headers) = (ScheduleActionStartWorkflow)action;
        RefuseUnsupported(options);
        var start = new NewWorkflowExecutionInfo
        {
            WorkflowId = options.Id ?? throw new ArgumentException("The Id of the workflow is required.", nameof(action)),
            WorkflowType = new() { Name = workflow },
            TaskQueue = new() { Name = options.TaskQueue ?? throw new ArgumentException("The TaskQueue of the workflow is required.", nameof(action)) },
            WorkflowExecutionTimeout = options.ExecutionTimeout.ToDuration(),
            WorkflowRunTimeout = options.RunTimeout.ToDuration(),
            WorkflowTaskTimeout = options.TaskTimeout.ToDuration(),
            RetryPolicy = options.RetryPolicy?.ToProto(),
            Memo = await options.Memo.ToWireMemoAsync(converter),
            SearchAttributes = options.TypedSearchAttributes is { Count: > 0 } attributes ? attributes.ToProto() : null,
            UserMetadata = converter.PayloadConverter.ToUserMetadata(options.StaticSummary, options.StaticDetails),
            Priority = options.Priority.ToProto(),
            Header = headers?.ToDictionary(h => h.Key, h => h.Value.Payload).ToWire(),
        };
        await converter.PayloadCodec.EncodeAsync(start.UserMetadata);
        if (args.Count > 0)
        {
            start.Input = new();
            foreach (var arg in args)
            {
                start.Input.Payloads_.Add((await ToPayloadAsync(arg, converter)).ToWire());
            }
        }

        return new() { StartWorkflow = start };
    }

    public static async Task<ScheduleActionStartWorkflow> ToSurfaceAsync(this Wire.ScheduleAction? action, DataConverter converter)
    {
        var start = action?.StartWorkflow ?? throw new InvalidOperationException("The schedule does something else than starting a workflow.");
        EncodedRawValue Raw(Protocol.Common.Payload payload) => new(converter, payload.ToSurface());
        async Task<string?> TextAsync(Protocol.Common.Payload? payload) =>
            payload is null ? null : await converter.ToValueAsync<string>(payload.ToSurface());
        return new(
            start.WorkflowType.Name,
            [.. (start.Input?.Payloads_ ?? []).Select(Raw)],
            new(start.WorkflowId, start.TaskQueue.Name)
            {
                ExecutionTimeout = start.WorkflowExecutionTimeout.ToTimeSpanOrNull(),
                RunTimeout = start.WorkflowRunTimeout.ToTimeSpanOrNull(),
                TaskTimeout = start.WorkflowTaskTimeout.ToTimeSpanOrNull(),
                RetryPolicy = start.RetryPolicy is null ? null : RetryPolicy.FromProto(start.RetryPolicy),
                Memo = (start.Memo?.Fields ?? []).ToDictionary(f => f.Key, f => (object)Raw(f.Value)),
                TypedSearchAttributes = SearchAttributeCollection.FromProto(start.SearchAttributes),
                StaticSummary = await TextAsync(start.UserMetadata?.Summary),
                StaticDetails = await TextAsync(start.UserMetadata?.Details),
                Priority = start.Priority is null ? null : start.Priority.ToSurface(),
            },
            start.Header?.Fields.ToDictionary(f => f.Key, f => (IEncodedRawValue)Raw(f.Value)));
    }

    public static async Task<Protocol.Common.Memo?> ToWireMemoAsync(this IReadOnlyDictionary<string, object>? memo, DataConverter converter)
    {
        if (memo is null || memo.Count == 0)
        {
            return null;
        }

        var wire = new Protocol.Common.Memo();
        foreach (var (key, value) in memo)
        {
            wire.Fields[key] = (await ToPayloadAsync(
                value ?? throw new ArgumentException($"The memo value {key} is null.", nameof(memo)), converter)).ToWire();
        }

        return wire;
    }

    private static Task<Payload> ToPayloadAsync(object? value, DataConverter converter) =>
        value is IEncodedRawValue raw ? Task.FromResult(raw.Payload) : converter.ToPayloadAsync(value);

    private static void RefuseUnsupported(WorkflowOptions options)
    {
        var unsupported = options switch
        {
            { IdReusePolicy: not WorkflowIdReusePolicy.AllowDuplicate } => nameof(options.IdReusePolicy),
            { IdConflictPolicy: not WorkflowIdConflictPolicy.Unspecified } => nameof(options.IdConflictPolicy),
            { CronSchedule: not null } => nameof(options.CronSchedule),
            { StartSignal: not null } or { StartSignalArgs: not null } => nameof(options.StartSignal),
            { Rpc: not null } => nameof(options.Rpc),
            _ => null,
        };
        if (unsupported is not null)
        {
            throw new ArgumentException($"{unsupported} cannot be set for a workflow that a schedule starts.", nameof(options));
        }
    }
}
