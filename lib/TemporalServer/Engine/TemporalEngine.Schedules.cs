using System.Buffers.Binary;
using Google.Protobuf;
using Temporalio.Api.Schedule.V1;
using TemporalServer.Machine;
using TemporalServer.Schedules;
using TemporalServer.Visibility;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    private const int MaxNotesLength = 1000;

    // The longest that a time adds to the workflow id of a schedule.
    private const string LongestSuffix = "-2100-12-31T23:59:59Z";

    public Task<CreateScheduleResponse> CreateScheduleAsync(CreateScheduleRequest request) => ExecuteAsync(now =>
    {
        RequireNamespace(request.Namespace);
        RequireScheduleId(request.ScheduleId);
        if (request.RequestId.Length == 0)
        {
            throw Errors.Invalid("RequestId is not set on request.");
        }

        Require.Length("RequestId", request.RequestId);
        Require.MemoSize(request.Memo);
        Require.SearchAttributes(request.SearchAttributes);
        var times = CheckSchedule(request.Namespace, request.Schedule);
        if (request.InitialPatch is not null)
        {
            CheckPatch(request.InitialPatch);
        }

        if (_schedules.TryGetValue((request.Namespace, request.ScheduleId), out var known))
        {
            return known.State.CreateRequestId == request.RequestId
                ? new CreateScheduleResponse { ConflictToken = ConflictToken(known) }
                : throw Errors.ScheduleExists(request.ScheduleId, known.State.CreateRequestId);
        }

        var entry = new ScheduleEntry(++_scheduleSeq, ScheduleMachine.Begin(request, times, now));
        Keep(entry);
        if (request.InitialPatch is { } patch)
        {
            entry.Machine.Patch(patch, now);
            entry.Machine.Advance(now);
        }

        _toDecide.Enqueue(entry);
        return new CreateScheduleResponse { ConflictToken = ConflictToken(entry) };
    });

    public Task<DescribeScheduleResponse> DescribeScheduleAsync(DescribeScheduleRequest request) => ExecuteAsync(now =>
    {
        var entry = GetSchedule(request.Namespace, request.ScheduleId);
        var response = entry.Machine.Describe(now);
        response.ConflictToken = ConflictToken(entry);
        return response;
    });

    public Task<UpdateScheduleResponse> UpdateScheduleAsync(UpdateScheduleRequest request) => ExecuteAsync(now =>
    {
        var entry = GetSchedule(request.Namespace, request.ScheduleId);
        var times = CheckSchedule(request.Namespace, request.Schedule);
        Require.MemoSize(request.Memo);
        Require.SearchAttributes(request.SearchAttributes);
        if (!request.ConflictToken.IsEmpty && request.ConflictToken != ConflictToken(entry))
        {
            throw Errors.Of(StatusCode.FailedPrecondition, "mismatched conflict token: the schedule was changed meanwhile; describe it again");
        }

        if (entry.Machine.IsNew(request.RequestId))
        {
            entry.Machine.Advance(now);
            entry.Machine.Update(request, times, now);
            _toDecide.Enqueue(entry);
        }

        return new UpdateScheduleResponse();
    });

    public Task<PatchScheduleResponse> PatchScheduleAsync(PatchScheduleRequest request) => ExecuteAsync(now =>
    {
        var entry = GetSchedule(request.Namespace, request.ScheduleId);
        CheckPatch(request.Patch ?? throw Errors.Invalid("Patch is not set on request."));
        if (entry.Machine.IsNew(request.RequestId))
        {
            // What came due under the old state first, then the patch, then what it brings.
            entry.Machine.Advance(now);
            entry.Machine.Patch(request.Patch, now);
            entry.Machine.Advance(now);
            _toDecide.Enqueue(entry);
        }

        return new PatchScheduleResponse();
    });

    public Task<DeleteScheduleResponse> DeleteScheduleAsync(DeleteScheduleRequest request) => ExecuteAsync(_ =>
    {
        Forget(GetSchedule(request.Namespace, request.ScheduleId));
        return new DeleteScheduleResponse();
    });

    public Task<ListScheduleMatchingTimesResponse> ListMatchingTimesAsync(ListScheduleMatchingTimesRequest request) => ExecuteAsync(_ =>
    {
        var entry = GetSchedule(request.Namespace, request.ScheduleId);
        if (request.StartTime?.IsValid() != true || request.EndTime?.IsValid() != true)
        {
            throw Errors.Invalid("StartTime and EndTime must be set on request, in the years 1 to 9999.");
        }

        var response = new ListScheduleMatchingTimesResponse();
        response.StartTime.Add(entry.Machine.MatchingTimes(request.StartTime.ToDateTimeOffset(), request.EndTime.ToDateTimeOffset()).Select(t => t.Stamp()));
        return response;
    });

    public async Task<ListSchedulesResponse> ListSchedulesAsync(ListSchedulesRequest request)
    {
        RequireNamespace(request.Namespace);
        var filter = VisibilityParser.ParseSchedules(request.Namespace, request.Query);
        var before = request.NextPageToken.IsEmpty ? long.MaxValue : ParseToken(request.NextPageToken, ListToken.Parser, "the page token").BeforeSeq;
        var size = request.MaximumPageSize is > 0 and <= DefaultListPage ? request.MaximumPageSize : DefaultListPage;
        return await ReadCommittedAsync(() =>
        {
            var found = _database.ListSchedules(filter.Where, filter.Parameters, before, size + 1);
            var response = new ListSchedulesResponse();
            response.Schedules.Add(found.Take(size).Where(_schedulesBySeq.ContainsKey).Select(seq => _schedulesBySeq[seq].Machine.Entry(Now)));
            if (found.Count > size)
            {
                response.NextPageToken = new ListToken { BeforeSeq = found[size - 1] }.ToByteString();
            }

            return response;
        });
    }

    public async Task<CountSchedulesResponse> CountSchedulesAsync(CountSchedulesRequest request)
    {
        RequireNamespace(request.Namespace);
        var filter = VisibilityParser.ParseSchedules(request.Namespace, request.Query);
        return await ReadCommittedAsync(() => new CountSchedulesResponse { Count = _database.CountSchedules(filter.Where, filter.Parameters) });
    }

    private static void RequireScheduleId(string id)
    {
        if (id.Length == 0)
        {
            throw Errors.Invalid("ScheduleId is not set on request.");
        }

        Require.Length("ScheduleId", id);
    }

    private static ByteString ConflictToken(ScheduleEntry entry)
    {
        var token = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(token, entry.State.ConflictToken);
        return ByteString.CopyFrom(token);
    }

    private static ScheduleTimes CheckSchedule(string ns, Schedule? schedule)
    {
        if (schedule?.Action?.StartWorkflow is not { } action)
        {
            throw Errors.Invalid("Only StartWorkflow action is supported for schedules: it is not set on request.");
        }

        if (action.CronSchedule.Length > 0)
        {
            throw Errors.Invalid("Scheduled workflow must not contain CronSchedule");
        }

        if (action.WorkflowIdReusePolicy is not (WorkflowIdReusePolicy.Unspecified or WorkflowIdReusePolicy.AllowDuplicate))
        {
            throw Errors.Invalid("Scheduled workflow must not contain WorkflowIDReusePolicy");
        }

        if (schedule.State?.Notes.Length > MaxNotesLength)
        {
            throw Errors.Invalid("Schedule notes exceeds limit.");
        }

        ValidateStart(new StartWorkflowExecutionRequest
        {
            Namespace = ns,
            WorkflowId = action.WorkflowId.Length == 0 ? string.Empty : action.WorkflowId + LongestSuffix,
            WorkflowType = action.WorkflowType,
            TaskQueue = action.TaskQueue,
            Input = action.Input,
            Memo = action.Memo,
            SearchAttributes = action.SearchAttributes,
            RetryPolicy = action.RetryPolicy,
            WorkflowExecutionTimeout = action.WorkflowExecutionTimeout,
            WorkflowRunTimeout = action.WorkflowRunTimeout,
            WorkflowTaskTimeout = action.WorkflowTaskTimeout,
        });
        try
        {
            return ScheduleTimes.Compile(schedule.Spec);
        }
        catch (FormatException e)
        {
            throw Errors.Invalid($"Invalid schedule spec: {e.Message}");
        }
    }

    private static void CheckPatch(SchedulePatch patch)
    {
        if (patch.Pause.Length > MaxNotesLength || patch.Unpause.Length > MaxNotesLength)
        {
            throw Errors.Invalid("Schedule notes exceeds limit.");
        }

        if (patch.TriggerImmediately?.ScheduledTime?.IsValid() == false)
        {
            throw Errors.Invalid("ScheduledTime of the trigger must lie in the years 1 to 9999.");
        }

        if (patch.BackfillRequest.Any(b => b.StartTime?.IsValid() != true || b.EndTime?.IsValid() != true))
        {
            throw Errors.Invalid("StartTime and EndTime of a backfill must be set, in the years 1 to 9999.");
        }
    }

    private ScheduleEntry GetSchedule(string ns, string id)
    {
        RequireNamespace(ns);
        RequireScheduleId(id);
        return _schedules.TryGetValue((ns, id), out var entry) ? entry : throw Errors.NotFound($"schedule not found: '{id}' in namespace '{ns}'");
    }
}
