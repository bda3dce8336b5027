using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Schedules;
using Temporalio.Protocol.Workflows;
using Range = Temporalio.Protocol.Schedules.Range;

namespace Temporalio.Tests.Client;

/// <summary>Random schedules as a server may hold them, within what the public surface can say.</summary>
internal static class WireSchedules
{
    private static readonly Gen<string> Text = Gen.Elements("", "a", "every Ünicode day", "0 12 * * MON-FRI", "Europe/Vienna");

    private static readonly Gen<string> Name = Gen.Elements("a", "some-name", "név");

    private static readonly Gen<Duration> Time = Gen.Choose(1, 1_000_000).Select(ms => Duration.FromTimeSpan(TimeSpan.FromMilliseconds(ms)));

    private static readonly Gen<Timestamp> Moment = Gen.Choose(0, int.MaxValue).Select(s => new Timestamp { Seconds = s, Nanos = s % 10_000_000 * 100 });

    private static readonly Gen<Payload> Value = Name.Select(Json);

    public static Arbitrary<Schedule> Arbitrary { get; } = (
        from spec in Spec()
        from action in Action()
        from overlap in Gen.Elements(System.Enum.GetValues<ScheduleOverlapPolicy>())
        from window in Time
        from flags in ArbMap.Default.GeneratorFor<bool[]>()
        from note in Text
        from remaining in Gen.Choose(0, 1000)
        select new Schedule
        {
            Spec = spec,
            Action = new() { StartWorkflow = action },
            Policies = new() { OverlapPolicy = overlap, CatchupWindow = window, PauseOnFailure = flags.ElementAtOrDefault(0) },
            State = new()
            {
                Notes = note,
                Paused = flags.ElementAtOrDefault(1),
                LimitedActions = flags.ElementAtOrDefault(2),
                RemainingActions = remaining,
            },
        }).ToArbitrary();

    private static Payload Json(string text) => new()
    {
        Metadata = { ["encoding"] = ByteString.CopyFromUtf8("json/plain") },
        Data = ByteString.CopyFrom(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(text)),
    };

    private static Gen<T?> Maybe<T>(Gen<T> gen)
        where T : class => Gen.OneOf(Gen.Constant<T?>(null), gen.Select(x => (T?)x));

    private static Gen<ScheduleSpec> Spec() =>
        from calendars in Calendar().ListOf()
        from skipped in Calendar().ListOf()
        from every in Time.ListOf()
        from phase in Maybe(Time)
        from crons in Text.ListOf()
        from start in Maybe(Moment)
        from end in Maybe(Moment)
        from jitter in Maybe(Time)
        from zone in Text
        select new ScheduleSpec
        {
            StructuredCalendar = { calendars },
            ExcludeStructuredCalendar = { skipped },
            Interval = { every.Select(e => new IntervalSpec { Interval = e, Phase = phase }) },
            CronString = { crons },
            StartTime = start,
            EndTime = end,
            Jitter = jitter,
            TimezoneName = zone,
        };

    private static Gen<StructuredCalendarSpec> Calendar() =>
        from parts in Gen.Choose(0, 59).Select(n => new Range { Start = n, End = n * 2, Step = n % 4 }).ListOf().ArrayOf(7)
        from comment in Text
        select new StructuredCalendarSpec
        {
            Second = { parts[0] },
            Minute = { parts[1] },
            Hour = { parts[2] },
            DayOfMonth = { parts[3] },
            Month = { parts[4] },
            Year = { parts[5] },
            DayOfWeek = { parts[6] },
            Comment = comment,
        };

    private static Gen<NewWorkflowExecutionInfo> Action() =>
        from name in Name
        from args in Value.ListOf()
        from times in Maybe(Time).ArrayOf(4)
        from attempts in Gen.Choose(0, 5)
        from memo in Value.ListOf()
        from attributes in Name.ListOf()
        from headers in Value.ListOf()
        from summary in Maybe(Value)
        from priority in Gen.Choose(0, 5)
        select new NewWorkflowExecutionInfo
        {
            WorkflowId = name,
            WorkflowType = new() { Name = name + "-type" },
            TaskQueue = new() { Name = name + "-queue" },
            Input = args.Count == 0 ? null : new() { Payloads_ = { args } },
            WorkflowExecutionTimeout = times[0],
            WorkflowRunTimeout = times[1],
            WorkflowTaskTimeout = times[2],
            RetryPolicy = times[3] is not { } interval ? null : new()
            {
                InitialInterval = interval,
                BackoffCoefficient = 2,
                MaximumInterval = times[0],
                MaximumAttempts = attempts,
                NonRetryableErrorTypes = { attributes },
            },
            Memo = memo.Count == 0 ? null : new() { Fields = { Numbered(memo) } },
            SearchAttributes = attributes.Count == 0 ? null : new() { IndexedFields = { Numbered(attributes.Select(Keyword)) } },
            Header = headers.Count == 0 ? null : new() { Fields = { Numbered(headers) } },
            UserMetadata = summary is null ? null : new() { Summary = summary },
            Priority = priority == 0 ? null : new() { PriorityKey = priority },
        };

    private static Payload Keyword(string text)
    {
        var payload = Json(text);
        payload.Metadata["type"] = ByteString.CopyFromUtf8("Keyword");
        return payload;
    }

    private static Dictionary<string, Payload> Numbered(IEnumerable<Payload> values) =>
        values.Select((value, i) => (value, i)).ToDictionary(v => $"key{v.i}", v => v.value);
}
