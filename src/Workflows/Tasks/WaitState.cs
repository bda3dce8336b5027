using System.Text.Json.Serialization;

namespace CodingAgent.Workflows.Tasks;

/// <summary>A task's wait for people: since when, and whether they were reminded.</summary>
public sealed record WaitState
{
    /// <summary>Why the task stopped trying by itself and waits for a person; empty when it did not.</summary>
    [JsonInclude]
    public string Parked { get; private set; } = "";

    /// <summary>When the current wait began; null while working.</summary>
    [JsonInclude, JsonPropertyName("ParkedSince")]
    public DateTimeOffset? Since { get; private set; }

    /// <summary>The current wait has reminded.</summary>
    [JsonInclude]
    public bool Reminded { get; private set; }

    /// <summary>Number of reminders written.</summary>
    [JsonInclude]
    public int Reminders { get; private set; }

    /// <summary>A wait begins, or goes on in other words.</summary>
    public void Begin(DateTimeOffset since, bool anew)
    {
        Since = since;
        Reminded &= !anew;
    }

    /// <summary>The wait is over.</summary>
    public void Over() => Since = null;

    /// <summary>Trying by itself ends here.</summary>
    public void Park(string why)
    {
        Parked = why;
        Over();
    }

    /// <summary>There is a reason to try again.</summary>
    public void Unpark() => Parked = "";

    /// <summary>Reminds once per wait; gives the reminder's number.</summary>
    public int Remind()
    {
        Reminded = true;
        return ++Reminders;
    }
}
