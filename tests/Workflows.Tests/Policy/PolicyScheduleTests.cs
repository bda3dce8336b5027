using System.Globalization;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tests.Policy;

public sealed class PolicyScheduleTests
{
    [Fact]
    public void Schedules_OfEachForm_AreRead()
    {
        var schedules = PolicyParser.Parse(
            """
            version: 1
            on:
              schedule:
                - { name: weekly-deps, cron: "0 6 * * 1", timezone: Europe/Berlin, run: "upgrade Newtonsoft.Json to 13.0.4" }
                - name: docs
                  cron: "0 3 1 * *"
                  run: implement
                  goal: |
                    Bring docs/ in line with the public API.

                    Leave docs/old alone.
                  acceptance: ["Every public type is described."]
                  constraints: ["No code changes."]
                - { name: tidy, cron: "@weekly", run: "refactor the longest method" }
            """).Policy.ShouldNotBeNull().Schedules;

        schedules.Select(s => (s.Name, s.Cron, s.TimeZone, s.Job, s.Words)).ShouldBe(
            [("weekly-deps", "0 6 * * 1", "Europe/Berlin", "upgrade", "Newtonsoft.Json to 13.0.4"), ("docs", "0 3 1 * *", "UTC", "implement", null), ("tidy", "@weekly", "UTC", "refactor", null)]);
        schedules.Select(s => s.Goal).ShouldBe(["upgrade Newtonsoft.Json to 13.0.4", "Bring docs/ in line with the public API.\n\nLeave docs/old alone.", "the longest method"]);
        (schedules[1].AcceptanceCriteria.ShouldHaveSingleItem(), schedules[1].Constraints.ShouldHaveSingleItem()).ShouldBe(("Every public type is described.", "No code changes."));
        PolicyParser.Parse("version: 1\n").Policy!.Schedules.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("0 6 * * *")]
    [InlineData("  0   6 * * *  ")]
    [InlineData("30 6 * * MON-FRI")]
    [InlineData("30 6 * * sat,sun")]
    [InlineData("0 6 * * 5-7")]
    [InlineData("0 6 * * 7")]
    [InlineData("0 */4 * * *")]
    [InlineData("0 8-18/2 * JAN-MAR 1-5")]
    [InlineData("59 23 31 12 *")]
    [InlineData("0 0 29 2 *")]
    [InlineData("@hourly")]
    [InlineData("@weekly")]
    public void Cron_ThatComes_IsTaken(string cron) => Parse($"name: a, cron: \"{cron}\", run: \"implement x\"").Policy.ShouldNotBeNull().Schedules.ShouldHaveSingleItem().Cron.ShouldBe(cron.Trim());

    // How others' went wrong: seconds taken for minutes, '#' a comment to one and a week to another, days of month and week as either or as both, a date that
    // never comes taken for every day, Sunday at the end of a range.
    [Theory]
    [InlineData("0 0 6 * * 1", "has 6 fields; there are five")]
    [InlineData("6 * * *", "has 4 fields")]
    [InlineData("monday", "has 1 field;")]
    [InlineData("0 6 * * 1#2", "holds '1#2'")]
    [InlineData("0 6 L * *", "holds 'L'")]
    [InlineData("0 6 15W * *", "holds '15W'")]
    [InlineData("0 6 ? * 1", "holds '?'")]
    [InlineData("H 6 * * 1", "holds 'H'")]
    [InlineData("0 5/6 * * *", "holds '5/6'")]
    [InlineData("0 6 * * monday", "holds 'monday'")]
    [InlineData("0 6, * * *", "holds ''")]
    [InlineData("0 22-2 * * *", "ends before it begins")]
    [InlineData("0 6 * * FRI-SUN", "Sunday as 7")]
    [InlineData("0 6 1-7 * 1", "some read as either and some as both")]
    [InlineData("0 6 13 * FRI", "some read as either and some as both")]
    [InlineData("0 0 30 2 *", "never comes")]
    [InlineData("0 0 31 4,6,9,11 *", "never comes")]
    [InlineData("* * * * *", "more often than every hour")]
    [InlineData("*/30 6 * * *", "more often than every hour")]
    [InlineData("0,59 6 * * *", "more often than every hour")]
    [InlineData("60 6 * * *", "is no time")]
    [InlineData("0 24 * * *", "is no time")]
    [InlineData("0 6 0 * *", "is no time")]
    [InlineData("0 6 * 13 *", "is no time")]
    [InlineData("0 6 * MON *", "is no time")]
    [InlineData("0 */0 * * *", "is no time")]
    [InlineData("@every 2h", "is none of @hourly")]
    [InlineData("@reboot", "is none of @hourly")]
    [InlineData("@every_minute", "is none of @hourly")]
    [InlineData("TZ=UTC 0 6 * * *", "has 6 fields")]
    [InlineData("", "one line of text")]
    public void Cron_ThatIsNone_IsAnErrorThatSaysWhy(string cron, string message) => ShouldFail($"name: a, cron: \"{cron}\", run: \"implement x\"", "'on.schedule[0].cron'", message);

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Argentina/Buenos_Aires")]
    [InlineData("Etc/GMT+5")]
    [InlineData("UTC")]
    public void TimeZone_OfTheDatabase_IsTaken(string zone) => Parse($"name: a, cron: \"0 6 * * *\", timezone: \"{zone}\", run: \"implement x\"").Policy.ShouldNotBeNull().Schedules[0].TimeZone.ShouldBe(zone);

    [Theory]
    [InlineData("Europe/Berlim", "did you mean 'Europe/Berlin'?")]
    [InlineData("europe/berlin", "did you mean 'Europe/Berlin'?")]
    [InlineData("W. Europe Standard Time", "no time zone")]
    [InlineData("+02:00", "no time zone")]
    [InlineData("localtime", "no time zone")]
    [InlineData("posix/Europe/Berlin", "no time zone")]
    [InlineData("right/Europe/Berlin", "no time zone")]
    [InlineData("../../etc/hostname", "no time zone")]
    [InlineData("/etc/localtime", "no time zone")]
    [InlineData("null", "no time zone")]
    public void TimeZone_ThatIsNone_IsAnError(string zone, string message) => ShouldFail($"name: a, cron: \"0 6 * * *\", timezone: \"{zone}\", run: \"implement x\"", "'on.schedule[0].timezone'", message);

    [Theory]
    [InlineData("name: a, cron: \"@daily\"", "on.schedule[0]", "needs 'name', 'cron' and 'run'")]
    [InlineData("name: a, cron: \"@daily\", timezon: UTC, run: \"implement x\"", "on.schedule[0].timezon", "did you mean 'timezone'?")]
    [InlineData("name: Docs, cron: \"@daily\", run: \"implement x\"", "on.schedule[0].name", "small letters")]
    [InlineData("name: a/b, cron: \"@daily\", run: \"implement x\"", "on.schedule[0].name", "small letters")]
    [InlineData("name: a23456789012345678901234567890123, cron: \"@daily\", run: \"implement x\"", "on.schedule[0].name", "at most 32")]
    [InlineData("name: a, cron: \"@daily\", run: \"implment x\"", "on.schedule[0].run", "did you mean 'implement'?")]
    [InlineData("name: a, cron: \"@daily\", run: \"/agent upgrade x\"", "on.schedule[0].run", "it is one of implement, fix, upgrade, refactor, plan")]
    [InlineData("name: a, cron: \"@daily\", run: \"approve\"", "on.schedule[0].run", "it is one of implement")]
    [InlineData("name: a, cron: \"@daily\", run: \"implement\"", "on.schedule[0].run", "does not say what to do")]
    [InlineData("name: a, cron: \"@daily\", run: \"upgrade\", goal: x", "on.schedule[0].run", "does not say what to upgrade")]
    [InlineData("name: a, cron: \"@daily\", run: implement, goal: \"\"", "on.schedule[0].goal", "must be a text")]
    [InlineData("name: a, cron: \"@daily\", run: \"implement x\", acceptance: yes", "on.schedule[0].acceptance", "must be a list")]
    public void Entry_ThatIsNone_IsAnErrorWithItsKey(string entry, string key, string message) => ShouldFail(entry, key, message);

    [Fact]
    public void Entries_OfOneName_OrTooMany_AreAnError()
    {
        ShouldFail("name: a, cron: \"@daily\", run: \"implement x\" }, { name: a, cron: \"@weekly\", run: \"implement y\"", "on.schedule[1].name", "'a' is used twice");
        ShouldFail(string.Join(" }, { ", Enumerable.Range(0, 11).Select(i => $"name: a{i}, cron: \"@daily\", run: \"implement x\"")), "on.schedule", "at most 10 entries");
        PolicyParser.Parse("version: 1\non: [schedule]\n").Errors.ShouldHaveSingleItem().Line.ShouldBe(2);
        PolicyParser.Parse("version: 1\non: { schedules: [] }\n").Errors.ShouldHaveSingleItem().Message.ShouldContain("did you mean 'schedule'?");
    }

    /// <summary>What would be done differently is another entry; what only looks different is not.</summary>
    [Fact]
    public void Digest_OfAnEntry_ChangesWithEachOfItsKeys()
    {
        const string Entry = "name: a, cron: \"0 6 * * *\", timezone: UTC, run: \"implement x\", goal: y, acceptance: [z], constraints: [w]";
        var digest = DigestOf(Entry);
        string[] others =
        [
            Entry.Replace("name: a", "name: b", StringComparison.Ordinal), Entry.Replace("0 6", "0 7", StringComparison.Ordinal), Entry.Replace("UTC", "Europe/Berlin", StringComparison.Ordinal),
            Entry.Replace("implement x", "implement v", StringComparison.Ordinal), Entry.Replace("implement x", "plan x", StringComparison.Ordinal), Entry.Replace("goal: y", "goal: v", StringComparison.Ordinal),
            Entry.Replace("[z]", "[v]", StringComparison.Ordinal), Entry.Replace("[w]", "[v]", StringComparison.Ordinal),
        ];
        others.Select(DigestOf).Append(digest).Distinct().Count().ShouldBe(others.Length + 1);
        DigestOf(Entry.Replace(", ", ",   ", StringComparison.Ordinal).Replace("goal: y", "goal: \"y\"", StringComparison.Ordinal)).ShouldBe(digest);
    }

    // Berlin puts its clock back from 3:00 to 2:00 on 2026-10-25, at 01:00 UTC; Lord Howe Island by half an hour.
    [Theory]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", false)]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T01:30:00Z", true)]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-26T01:30:00Z", false)]
    [InlineData("30 * * * *", "Europe/Berlin", "2026-10-25T01:30:00Z", false)]
    [InlineData("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:45:00Z", false)]
    [InlineData("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T15:15:00Z", true)]
    public void SecondReading_WhereTheClockIsPutBack_IsToldFromTheFirst(string cron, string zone, string at, bool isSecond) =>
        new PolicySchedule("a", cron, zone, "implement", "x").IsSecondReading(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture)).ShouldBe(isSecond);

    private static string DigestOf(string entry) => Parse(entry).Policy.ShouldNotBeNull().Schedules[0].Digest;

    private static PolicyReading Parse(string entry) => PolicyParser.Parse($"version: 1\non:\n  schedule: [ {{ {entry} }} ]\n");

    private static void ShouldFail(string entry, string key, string message)
    {
        var error = Parse(entry).Errors.ShouldHaveSingleItem();
        (error.Line, $"{error.Key}\n{error.Message}").ShouldSatisfyAllConditions(
            e => e.Line.ShouldBe(3), e => e.Item2.ShouldContain(key), e => e.Item2.ShouldContain(message));
    }
}
