namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>A commit status; a newer one of the same context replaces it in the combined view.</summary>
internal sealed record CommitStatus(
    long Id, string Sha, string State, string Context, string? Description, string? TargetUrl, Account Creator, DateTimeOffset CreatedAt);
