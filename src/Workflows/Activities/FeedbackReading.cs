namespace CodingAgent.Workflows.Activities;

/// <summary>Gathered feedback.</summary>
/// <param name="ArtifactId">Where it is stored; null when there is none.</param>
/// <param name="Reviews">Number of review texts.</param>
/// <param name="ThreadIds">Threads that want an answer.</param>
/// <param name="RedCi">Number of red CI results.</param>
public sealed record FeedbackReading(string? ArtifactId, int Reviews, IReadOnlyList<long> ThreadIds, int RedCi);
