namespace CodingAgent.Workflows.Activities;

/// <summary>A pull request as the forge has it now.</summary>
/// <param name="IsOpen">Open.</param>
/// <param name="IsMerged">Merged.</param>
/// <param name="IsDraft">Draft.</param>
/// <param name="HeadSha">Head commit.</param>
public sealed record PullReading(bool IsOpen, bool IsMerged, bool IsDraft, string HeadSha);
