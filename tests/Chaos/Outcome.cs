namespace CodingAgent.Chaos;

/// <summary>What became of a point.</summary>
public enum Outcome
{
    /// <summary>Killed there; the end was the same, and nothing was doubled.</summary>
    Same,

    /// <summary>Killed there, and the end was another.</summary>
    Different,

    /// <summary>The run had no such moment, or was down when it came; nothing is said about it.</summary>
    NotMet,
}
