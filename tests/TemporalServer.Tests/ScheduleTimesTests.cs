using FsCheck;
using FsCheck.Fluent;
using Temporalio.Api.Schedule.V1;
using TemporalServer.Schedules;

namespace TemporalServer.Tests;

/// <summary>What times a spec names.</summary>
public sealed class ScheduleTimesTests
{
    [Theory]
    [InlineData("0 12 * * *", "2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z")]
    [InlineData("0 9 * * mon-fri", "2026-01-02T10:00:00Z", "2026-01-05T09:00:00Z")]
    [InlineData("0 9 * * MO", "2026-01-02T10:00:00Z", "2026-01-05T09:00:00Z")]
    [InlineData("*/20 * * * *", "2026-01-01T00:20:00Z", "2026-01-01T00:40:00Z")]
    [InlineData("10/20 * * * *", "2026-01-01T00:20:00Z", "2026-01-01T00:30:00Z")]
    [InlineData("0 0 1 jan * 2030", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z")]
    [InlineData("15,45 0 0 * * * *", "2026-01-01T00:00:15Z", "2026-01-01T00:00:45Z")]
    [InlineData("0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-02-13T00:00:00Z")]
    [InlineData("0 0 29 feb *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z")]
    [InlineData("0 0 * * 5-7/2", "2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z")]
    [InlineData("@hourly # every hour", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")]
    [InlineData("@every 90m", "2026-01-01T00:00:00Z", "2026-01-01T01:30:00Z")]
    [InlineData("@every 1d/6h", "2026-01-01T00:00:00Z", "2026-01-01T06:00:00Z")]
    [InlineData("CRON_TZ=Europe/Berlin 30 8 * * *", "2026-07-01T00:00:00Z", "2026-07-01T06:30:00Z")]
    [InlineData("TZ=America/New_York 30 8 * * *", "2026-01-01T00:00:00Z", "2026-01-01T13:30:00Z")]
    public void CronString_Next_IsTheFirstTimeAfter(string cron, string after, string next) =>
        Next(new ScheduleSpec { CronString = { cron } }, after).ShouldBe(DateTimeOffset.Parse(next));

    [Theory]
    [InlineData("30 2 * * *", "2026-03-08T00:00:00Z", "2026-03-09T06:30:00Z")] // 8 March has no 2:30
    [InlineData("30 1 * * *", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z")] // 1 November has two 1:30
    [InlineData("0 * * * *", "2026-03-08T06:00:00Z", "2026-03-08T07:00:00Z")]
    [InlineData("0 0 * * *", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z")]
    public void TimeZone_WhereTheClockChanges_ReadsAsTheWallDoes(string cron, string after, string next) =>
        Next(new ScheduleSpec { CronString = { cron }, TimezoneName = "America/New_York" }, after).ShouldBe(DateTimeOffset.Parse(next));

    [Theory]
    [InlineData("* * * *", "5 to 7 fields")]
    [InlineData("* * * * * * * *", "5 to 7 fields")]
    [InlineData("61 * * * *", "Minute '61' is not in range [0-59]")]
    [InlineData("* * * foo *", "Month 'foo'")]
    [InlineData("1-2-3 * * * *", "too many dashes")]
    [InlineData("*/2/3 * * * *", "too many slashes")]
    [InlineData("*/0 * * * *", "invalid step")]
    [InlineData("5-1 * * * *", "ends before it starts")]
    [InlineData("@every", "duration")]
    [InlineData("@every 5x", "duration")]
    [InlineData("@every 5m/x", "phase")]
    [InlineData("@every 0s", "shorter than a second")]
    [InlineData("@every 1h/1h", "not shorter than the interval")]
    [InlineData("CRON_TZ=Europe/Berlin", "no fields")]
    [InlineData("CRON_TZ=Mars/Olympus 0 * * * *", "Mars/Olympus")]
    [InlineData("CRON_TZ=../../etc/passwd 0 * * * *", "unknown")]
    public void CronString_Malformed_SaysWhatIsWrong(string cron, string says) =>
        Should.Throw<FormatException>(() => ScheduleTimes.Compile(new ScheduleSpec { CronString = { cron } })).Message.ShouldContain(says);

    [Fact]
    public void Spec_InAllForms_IsKeptInOne()
    {
        var spec = ScheduleTimes.Compile(new ScheduleSpec
        {
            Calendar = { new CalendarSpec { Hour = "9-17/2", DayOfWeek = "mon" } },
            CronString = { "CRON_TZ=Europe/Berlin 0 12 * * * # noon", "CRON_TZ=Europe/Berlin 0 0 1 * *" },
            StructuredCalendar = { new StructuredCalendarSpec { Second = { Range(5) }, Minute = { Range(0) } } },
        }).Spec;
        spec.Calendar.ShouldBeEmpty();
        spec.CronString.ShouldBeEmpty();
        spec.TimezoneName.ShouldBe("Europe/Berlin");
        spec.StructuredCalendar.Count.ShouldBe(4);
        spec.StructuredCalendar[1].Hour.Single().ShouldBe(new Temporalio.Api.Schedule.V1.Range { Start = 9, End = 17, Step = 2 });
        spec.StructuredCalendar[2].Comment.ShouldBe("noon");
        spec.StructuredCalendar[0].Second.Single().ShouldBe(new Temporalio.Api.Schedule.V1.Range { Start = 5, End = 5, Step = 1 });
        ScheduleTimes.Compile(spec).Spec.ShouldBe(spec);
    }

    [Fact]
    public void Spec_ConflictingZones_IsRefused()
    {
        Should.Throw<FormatException>(() => ScheduleTimes.Compile(new ScheduleSpec { CronString = { "TZ=UTC 0 * * * *", "TZ=Europe/Berlin 0 * * * *" } }));
        Should.Throw<FormatException>(() => ScheduleTimes.Compile(new ScheduleSpec { CronString = { "TZ=Asia/Tokyo 0 * * * *" }, TimezoneName = "Europe/Berlin" }));
    }

    [Fact]
    public void Spec_StartEndAndExclusion_NarrowIt()
    {
        var times = ScheduleTimes.Compile(new ScheduleSpec
        {
            CronString = { "0 * * * *" },
            ExcludeStructuredCalendar = { ScheduleTimes.Compile(new ScheduleSpec { CronString = { "0 3-5 * * *" } }).Spec.StructuredCalendar[0] },
            StartTime = Timestamp.FromDateTimeOffset(At("2026-01-01T02:00:00Z")),
            EndTime = Timestamp.FromDateTimeOffset(At("2026-01-01T07:00:00Z")),
        });
        Take(times, At("2020-01-01T00:00:00Z"), 10).Select(t => t.Nominal.Hour).ShouldBe([2, 6, 7]);
    }

    [Fact]
    public void Spec_ThatExcludesAllItNames_HasNoTime()
    {
        var times = ScheduleTimes.Compile(new ScheduleSpec
        {
            Interval = { new IntervalSpec { Interval = Do.Seconds(1) } },
#pragma warning disable CS0612 // The protocol calls it deprecated; clients may still send it.
            ExcludeCalendar = { new CalendarSpec { Second = "*", Minute = "*", Hour = "*" } },
#pragma warning restore CS0612
        });
        times.Next(At("2026-01-01T00:00:00Z"), "seed").ShouldBeNull();
    }

    [Fact]
    public void Calendar_WithoutAValueInAField_HasNoTime() =>
        ScheduleTimes.Compile(new ScheduleSpec { StructuredCalendar = { new StructuredCalendarSpec { Minute = { Range(0) } } } })
            .Next(At("2026-01-01T00:00:00Z"), "seed").ShouldBeNull();

    [Fact]
    public void Times_AreInOrder_MatchAndMissNone() => Check.QuickThrowOnFailure(Prop.ForAll(
        (from minute in Gen.Choose(0, 59)
         from step in Gen.Choose(1, 30)
         from hour in Gen.Choose(0, 23)
         from zone in Gen.Elements("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
         from day in Gen.Choose(0, 3000)
         select (minute, step, hour, zone, day)).ToArbitrary(),
        c =>
        {
            var calendar = CalendarText.ReadCron($"{c.minute}/{c.step} {c.hour}/5 * * *").Calendar!;
            var times = new CalendarTimes(calendar, CalendarText.Zone(c.zone));
            var start = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(c.day);

            // The slow way, minute for minute, over two days is what the fast way must say.
            var slow = Enumerable.Range(1, 2 * 24 * 60).Select(m => start.AddMinutes(m)).Where(times.Matches).ToList();
            var fast = new List<DateTimeOffset>();
            for (var t = times.Next(start); t <= start.AddDays(2); t = times.Next(t.Value))
            {
                fast.Add(t.Value);
            }

            fast.ShouldBe(slow);
        }));

    [Fact]
    public void Jitter_IsTheSameWheneverAsked_AndNeverReachesTheNextTime() => Check.QuickThrowOnFailure(Prop.ForAll(
        (from interval in Gen.Choose(1, 7200)
         from jitter in Gen.Choose(0, 10_000)
         from after in Gen.Choose(0, 100_000_000)
         select (interval, jitter, after)).ToArbitrary(),
        c =>
        {
            var times = ScheduleTimes.Compile(new ScheduleSpec { Interval = { new IntervalSpec { Interval = Do.Seconds(c.interval) } }, Jitter = Do.Seconds(c.jitter) });
            var after = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000 + c.after);
            var next = times.Next(after, "a").ShouldNotBeNull();
            times.Next(after, "a").ShouldBe(next);
            next.Nominal.ShouldBeGreaterThan(after);
            (next.Nominal.ToUnixTimeSeconds() % c.interval).ShouldBe(0);
            next.At.ShouldBeGreaterThanOrEqualTo(next.Nominal);
            next.At.ShouldBeLessThan(next.Nominal.AddSeconds(Math.Max(1, Math.Min(c.jitter, c.interval))));
        }));

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse(time);

    private static DateTimeOffset? Next(ScheduleSpec spec, string after) => ScheduleTimes.Compile(spec).Next(At(after), "seed")?.Nominal;

    private static Temporalio.Api.Schedule.V1.Range Range(int start) => new() { Start = start };

    private static List<ScheduledTime> Take(ScheduleTimes times, DateTimeOffset after, int count)
    {
        var taken = new List<ScheduledTime>();
        while (taken.Count < count && times.Next(after, "seed") is { } next)
        {
            taken.Add(next);
            after = next.Nominal;
        }

        return taken;
    }
}
