using System.Globalization;
using System.Text.RegularExpressions;
using CodingAgent.Agents.Tools;
using CodingAgent.Workflows.Flows;
using Cronos;

namespace CodingAgent.Workflows.Policy;

/// <summary>
/// Reads <c>on.schedule</c>. A time passes only where all that read cron mean the same by it: Cronos judges it here, Temporal goes by it, and people know it from
/// elsewhere.
/// </summary>
internal static partial class PolicySchedules
{
    private const int MostEntries = 10;
    private const int LongestName = 32;
    private const int LongestText = 4_000;
    private const int MostItems = 100;
    private const string Plan = "plan";
    private const string Months = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
    private const string Days = "SUNMONTUEWEDTHUFRISAT";

    // Whether a time comes at all, and how soon again, does not hang on when that is asked.
    private static readonly DateTime Anchor = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly TimeSpan Shortest = TimeSpan.FromHours(1);
    private static readonly string[] Jobs = [.. FlowList.All.Where(f => !f.IsOnPull).Select(f => f.Verb), Plan];

    public static IReadOnlyList<PolicySchedule> Read(PolicyDecoder d, PolicyNode node)
    {
        if (!d.Section(node, "on", "schedule").TryGetValue("schedule", out var entries))
            return [];
        if (entries is not PolicyNode.Sequence { Items.Count: <= MostEntries } list)
        {
            d.Fail(entries.Line, "on.schedule", $"must be a list of at most {MostEntries} entries, such as [ {{ name: weekly, cron: \"0 6 * * 1\", run: \"upgrade NAME\" }} ].");
            return [];
        }

        var schedules = new List<PolicySchedule>();
        foreach (var (item, i) in list.Items.Select((item, i) => (item, i)))
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"on.schedule[{i}]");
            if (Entry(d, item, path) is not { } schedule)
                continue;
            if (schedules.Exists(s => s.Name == schedule.Name))
                d.Fail(item.Line, $"{path}.name", $"'{schedule.Name}' is used twice.");
            else
                schedules.Add(schedule);
        }

        return schedules;
    }

    private static PolicySchedule? Entry(PolicyDecoder d, PolicyNode item, string path)
    {
        var s = d.Section(item, path, "name", "cron", "timezone", "run", "goal", "acceptance", "constraints");
        if (!s.TryGetValue("name", out var nameNode) || !s.TryGetValue("cron", out var cronNode) || !s.TryGetValue("run", out var runNode))
        {
            if (item is PolicyNode.Mapping)
                d.Fail(item.Line, path, "needs 'name', 'cron' and 'run'.");
            return null;
        }

        var before = d.Errors.Count;
        var name = d.Text(nameNode, $"{path}.name");
        if (name is not null && !NameShape().IsMatch(name))
            d.Fail(nameNode.Line, $"{path}.name", $"must be at most {LongestName} small letters, digits and dashes, and begin with a letter.");
        var cron = d.Text(cronNode, $"{path}.cron")?.Trim();
        if (cron is not null && CronProblem(cron) is { } wrong)
            d.Fail(cronNode.Line, $"{path}.cron", $"is '{PolicyDecoder.Short(cron)}', which {wrong}");
        var zone = s.TryGetValue("timezone", out var zoneNode) ? d.Text(zoneNode, $"{path}.timezone") : "UTC";
        if (zone is not null && !IsZone(zone))
            d.Fail(zoneNode!.Line, $"{path}.timezone", $"is '{PolicyDecoder.Short(zone)}', which is no time zone that this service knows{(NearestZone(zone) is { } near ? $"; did you mean '{near}'?" : ": write a name of the IANA database such as Europe/Berlin, or leave it out for UTC.")}");
        var goal = s.TryGetValue("goal", out var goalNode) ? Prose(d, goalNode, $"{path}.goal") : null;
        var schedule = d.Text(runNode, $"{path}.run") is { } run ? Job(d, runNode.Line, $"{path}.run", run.Trim(), goal, goalNode is not null) : null;
        var (acceptance, constraints) = (Items("acceptance"), Items("constraints"));
        return d.Errors.Count > before ? null : schedule! with { Name = name!, Cron = cron!, TimeZone = zone!, AcceptanceCriteria = acceptance, Constraints = constraints };

        IReadOnlyList<string> Items(string key)
        {
            if (!s.TryGetValue(key, out var texts))
                return [];
            if (texts is PolicyNode.Sequence { Items: { Count: <= MostItems } items })
                return [.. items.Select((text, i) => Prose(d, text, string.Create(CultureInfo.InvariantCulture, $"{path}.{key}[{i}]"))).OfType<string>()];
            d.Fail(texts.Line, $"{path}.{key}", $"must be a list of at most {MostItems} texts, such as [\"a\", \"b\"].");
            return [];
        }
    }

    private static PolicySchedule? Job(PolicyDecoder d, int line, string path, string run, string? goal, bool hasGoal)
    {
        var verb = string.Concat(run.TakeWhile(c => !char.IsWhiteSpace(c)));
        var words = run[verb.Length..].Trim() is { Length: > 0 } said ? said : null;
        if (!Jobs.Contains(verb, StringComparer.Ordinal))
        {
            d.Fail(line, path, $"begins with '{PolicyDecoder.Short(verb)}', which is no job{(Nearest.Of(verb.TrimStart('/'), Jobs) is { } near ? $"; did you mean '{near}'?" : $"; it is one of {string.Join(", ", Jobs)}, and what people would write after that.")}");
            return null;
        }

        if (verb == FlowList.Of(TaskKind.Upgrade).Verb)
        {
            if (words is null)
                d.Fail(line, path, "does not say what to upgrade; write 'upgrade NAME' or 'upgrade NAME to VERSION'.");
            return new PolicySchedule("", "", "", verb, goal ?? run) { Words = words };
        }

        if (words is null && !hasGoal)
            d.Fail(line, path, $"does not say what to do; write it after '{verb}', or as 'goal'.");
        return new PolicySchedule("", "", "", verb, goal ?? words ?? "") { Words = hasGoal ? words : null };
    }

    // Prose may have lines, as what people write into an issue.
    private static string? Prose(PolicyDecoder d, PolicyNode node, string path)
    {
        if (node is PolicyNode.Scalar { IsNull: false } scalar && scalar.Text.Trim() is { Length: > 0 and <= LongestText } text && !text.Any(c => char.IsControl(c) && c is not ('\n' or '\t')))
            return text;
        d.Fail(node.Line, path, $"must be a text of at most {LongestText} characters.");
        return null;
    }

    /// <summary>What is wrong with a time, as the end of a sentence; null when nothing is.</summary>
    private static string? CronProblem(string cron)
    {
        if (!cron.StartsWith('@'))
        {
            var fields = cron.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length != 5)
                return $"has {fields.Length} field{(fields.Length == 1 ? "" : "s")}; there are five: minute, hour, day of the month, month, day of the week.";
            foreach (var part in fields.SelectMany(f => f.Split(',')))
            {
                if (!PartShape().IsMatch(part))
                    return $"holds '{PolicyDecoder.Short(part)}'; a field is made of *, numbers, names of three letters such as MON, ranges (1-5), steps of them (*/2, 8-18/2), and lists of these with commas.";
            }

            foreach (var (names, range) in fields.Select((f, i) => (i == 3 ? Months : Days, f)).SelectMany(f => f.f.Split(',').Select(p => (f.Item1, p.Split('/')[0]))))
            {
                if (range.Split('-') is [var from, var to] && Value(names, from) > Value(names, to))
                    return $"holds '{range}', which ends before it begins; write the values with commas, and Sunday as 7 at the end of a range.";
            }

            // crontab(5) takes a day that matches either, Temporal one that matches both.
            if (fields[2] != "*" && fields[4] != "*")
                return "names days of the month and days of the week, which some read as either and some as both; leave one of them *, and write two entries where either is meant.";
        }
        else if (!MacroShape().IsMatch(cron))
        {
            return "is none of @hourly, @daily, @weekly, @monthly, @yearly.";
        }

        try
        {
            var times = CronExpression.Parse(cron);
            return times.GetNextOccurrence(Anchor, inclusive: true) is not { } first ? "never comes."
                : times.GetNextOccurrence(first) is { } next && next - first < Shortest ? "comes more often than every hour; name one minute." : null;
        }
        catch (CronFormatException e)
        {
            return $"is no time: {e.Message}";
        }
    }

    private static int Value(string names, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : (names.IndexOf(text, StringComparison.OrdinalIgnoreCase) / 3) + (names == Months ? 1 : 0);

    // Names of Windows and of this machine alone are no names to Temporal's server, which reads them on its own.
    private static bool IsZone(string name) => ZoneShape().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId && zone.Id == name;

    private static string? NearestZone(string name) => Nearest.Of(name, TimeZoneInfo.GetSystemTimeZones().Select(z => z.Id).Where(id => ZoneShape().IsMatch(id)));

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,31}$", RegexOptions.NonBacktracking)]
    private static partial Regex NameShape();

    [GeneratedRegex(@"^(\*|([0-9]{1,2}|[A-Za-z]{3})-([0-9]{1,2}|[A-Za-z]{3}))(/[0-9]{1,2})?$|^([0-9]{1,2}|[A-Za-z]{3})$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PartShape();

    [GeneratedRegex(@"^@(hourly|daily|midnight|weekly|monthly|yearly|annually)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex MacroShape();

    // What tzdata has beside zones: copies of all of them, with and without leap seconds, and this machine's own.
    [GeneratedRegex(@"^(?!posix|right/|localtime$|Factory$)[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$", RegexOptions.ExplicitCapture)]
    private static partial Regex ZoneShape();
}
