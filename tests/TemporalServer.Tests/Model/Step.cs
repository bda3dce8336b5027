namespace TemporalServer.Tests.Model;

/// <summary>One step of a case. What it is about depends on what there is then, so that steps can be left out when a case is shrunk.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Pick">Which one, how long, and the like.</param>
/// <param name="Choices">Commands of a completed task.</param>
public sealed record Step(StepKind Kind, int Pick, params int[] Choices)
{
    /// <summary>As C#, to be kept as a regression test.</summary>
    public override string ToString() => $"new(StepKind.{string.Join(", ", [$"{Kind}", $"{Pick}", .. Choices.Select(c => $"{c}")])})";
}
