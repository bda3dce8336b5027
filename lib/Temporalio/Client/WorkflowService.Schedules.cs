using System.Runtime.CompilerServices;
using Temporalio.Client.Interceptors;
using Temporalio.Client.Schedules;
using Temporalio.Exceptions;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Schedules;
using Temporalio.Protocol.Service;

namespace Temporalio.Client;

/// <content>Calls about schedules.</content>
internal sealed partial class WorkflowService
{
    public override async Task<ScheduleHandle> CreateScheduleAsync(CreateScheduleInput input)
    {
        var options = input.Options ?? new();
        var request = new CreateScheduleRequest
        {
            Namespace = Namespace,
            ScheduleId = input.Id,
            Schedule = await input.Schedule.ToWireAsync(Converter),
            Identity = Identity,
            RequestId = Guid.NewGuid().ToString(),
            Memo = await options.Memo.ToWireMemoAsync(Converter),
            SearchAttributes = options.TypedSearchAttributes is { Count: > 0 } attributes ? attributes.ToProto() : null,
        };
        if (options.TriggerImmediately || options.Backfills.Count > 0)
        {
            request.InitialPatch = new()
            {
                TriggerImmediately = options.TriggerImmediately ? new() { OverlapPolicy = input.Schedule.Policy.Overlap.ToWire() } : null,
                BackfillRequest = { options.Backfills.Select(b => b.ToWire()) },
            };
        }

        try
        {
            await CallAsync(WorkflowServiceMethods.CreateSchedule, request, options.Rpc);
            return new(client, input.Id);
        }
        catch (RpcException e) when (e.Code == RpcException.StatusCode.AlreadyExists)
        {
            throw new ScheduleAlreadyRunningException();
        }
    }

    public override IAsyncEnumerable<ScheduleListDescription> ListSchedulesAsync(ListSchedulesInput input) => ListAsync(input.Options);

    public override Task BackfillScheduleAsync(BackfillScheduleInput input) =>
        PatchAsync(input.Id, new() { BackfillRequest = { input.Backfills.Select(b => b.ToWire()) } }, input.RpcOptions);

    public override Task DeleteScheduleAsync(DeleteScheduleInput input) => CallAsync(
        WorkflowServiceMethods.DeleteSchedule, new() { Namespace = Namespace, ScheduleId = input.Id, Identity = Identity }, input.RpcOptions);

    public override async Task<ScheduleDescription> DescribeScheduleAsync(DescribeScheduleInput input)
    {
        var response = await CallAsync(
            WorkflowServiceMethods.DescribeSchedule, new() { Namespace = Namespace, ScheduleId = input.Id }, input.RpcOptions);
        return new(input.Id, await response.Schedule.ToSurfaceAsync(Converter), response, Converter);
    }

    public override Task PauseScheduleAsync(PauseScheduleInput input) =>
        PatchAsync(input.Id, new() { Pause = input.Note ?? "Paused via .NET SDK" }, input.RpcOptions);

    public override Task TriggerScheduleAsync(TriggerScheduleInput input) => PatchAsync(
        input.Id, new() { TriggerImmediately = new() { OverlapPolicy = (input.Options?.Overlap ?? default).ToWire() } }, input.Options?.Rpc);

    public override Task UnpauseScheduleAsync(UnpauseScheduleInput input) =>
        PatchAsync(input.Id, new() { Unpause = input.Note ?? "Unpaused via .NET SDK" }, input.RpcOptions);

    public override async Task UpdateScheduleAsync(UpdateScheduleInput input)
    {
        var description = await DescribeScheduleAsync(new(input.Id, input.RpcOptions));
        if (await input.Updater(new(description)) is { } update)
        {
            await CallAsync(
                WorkflowServiceMethods.UpdateSchedule,
                new()
                {
                    Namespace = Namespace,
                    ScheduleId = input.Id,
                    Schedule = await update.Schedule.ToWireAsync(Converter),
                    Identity = Identity,
                    RequestId = Guid.NewGuid().ToString(),
                    SearchAttributes = update.TypedSearchAttributes?.ToProto(),
                },
                input.RpcOptions);
        }
    }

    private async IAsyncEnumerable<ScheduleListDescription> ListAsync(
        ScheduleListOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var source = RpcOptions.Link(options?.Rpc, cancellationToken, out var rpc);
        var request = new ListSchedulesRequest { Namespace = Namespace, Query = options?.Query ?? string.Empty };
        do
        {
            var response = await CallAsync(WorkflowServiceMethods.ListSchedules, request, rpc);
            foreach (var entry in response.Schedules)
            {
                yield return new(entry, Converter);
            }

            request.NextPageToken = response.NextPageToken;
        }
        while (!request.NextPageToken.IsEmpty);
    }

    private Task<PatchScheduleResponse> PatchAsync(string id, SchedulePatch patch, RpcOptions? rpc) => CallAsync(
        WorkflowServiceMethods.PatchSchedule,
        new() { Namespace = Namespace, ScheduleId = id, Patch = patch, Identity = Identity, RequestId = Guid.NewGuid().ToString() },
        rpc);
}
