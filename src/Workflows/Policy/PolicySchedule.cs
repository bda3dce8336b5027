using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cronos;

namespace CodingAgent.Workflows.Policy;

/// <summary>A task that the policy asks for at times of its own.</summary>
/// <param name="Name">Its name in the repository: small letters, digits and dashes.</param>
/// <param name="Cron">When, in five fields or one of cron's words such as <c>@weekly</c>; Temporal reads it too.</param>
/// <param name="TimeZone">Whose clock the fields are read on; a name of the IANA database.</param>
/// <param name="Job">The job's verb, or <c>plan</c>.</param>
/// <param name="Goal">What to achieve.</param>
public sealed record PolicySchedule(string Name, string Cron, string TimeZone, string Job, string Goal)
{
    /// <summary>What people would write after the verb; null for nothing.</summary>
    public string? Words { get; init; }

    /// <summary>When it counts as done.</summary>
    public IReadOnlyList<string> AcceptanceCriteria { get; init; } = [];

    /// <summary>What must stay true.</summary>
    public IReadOnlyList<string> Constraints { get; init; } = [];

    /// <summary>Changes with anything that stands in the entry.</summary>
    [JsonIgnore]
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this))))[..16];

    /// <summary>
    /// Whether a time only reads as the entry says because the clock was put back, and it read so before: once was meant. What comes every hour comes in
    /// both.
    /// </summary>
    /// <param name="at">A time that it came due at.</param>
    public bool IsSecondReading(DateTimeOffset at)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        var local = TimeZoneInfo.ConvertTime(at, zone);
        if (!zone.IsAmbiguousTime(local))
            return false;
        var offsets = zone.GetAmbiguousTimeOffsets(local);
        var cron = CronExpression.Parse(Cron);
        return !Comes(at) && Comes(at - (offsets.Max() - offsets.Min()));

        bool Comes(DateTimeOffset time) => cron.GetNextOccurrence(time, zone, inclusive: true) == time;
    }
}
