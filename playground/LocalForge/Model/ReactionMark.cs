namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>One reaction by one account.</summary>
internal sealed record ReactionMark(long Id, Account Author, string Content, DateTimeOffset CreatedAt);
