namespace CodingAgent.Workflows.Activities;

/// <summary>A comment as the forge has it.</summary>
/// <param name="Id">Id.</param>
/// <param name="CreatedAt">When it was first written, by the forge's clock.</param>
/// <param name="WebUrl">Its page.</param>
public sealed record PostedComment(long Id, DateTimeOffset CreatedAt, Uri WebUrl);
