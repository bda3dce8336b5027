namespace CodingAgent.BotHost.Pages.Dashboard;

/// <summary>A plot by the week, with all that is said about it.</summary>
/// <param name="Id">Names it in the page.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Unit">In which unit, or of what.</param>
/// <param name="Axis">What its numbers are.</param>
/// <param name="Series">What is drawn.</param>
public sealed record Plot(string Id, string Title, string Unit, Axis Axis, IReadOnlyList<Plot.Row> Series)
{
    /// <summary>The number of the whole time.</summary>
    public required string Figure { get; init; }

    /// <summary>What is to be known beside it.</summary>
    public string Words { get; init; } = "";

    /// <summary>What is said where there is nothing to draw; null where there is.</summary>
    public string? Nothing { get; init; }

    /// <summary>Points that are joined; else bars, one upon the other.</summary>
    public bool IsLine { get; init; }

    /// <summary>A value to compare with; null for none.</summary>
    public double? Baseline { get; init; }

    /// <summary>Of how many a week's values are, in the table; null where that is what is drawn.</summary>
    public (string Name, IReadOnlyList<int> Counts)? Of { get; init; }

    /// <summary>Values by the week.</summary>
    /// <param name="Name">What they are.</param>
    /// <param name="Values">The values; null for a week that has none.</param>
    public sealed record Row(string Name, IReadOnlyList<double?> Values);
}
