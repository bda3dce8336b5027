namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>Something done to an issue or pull request: a label put on or taken off, a change of state.</summary>
internal sealed record IssueEvent(long Id, string Name, Account Actor, Label? Label, DateTimeOffset CreatedAt);

/// <summary>The last change of a text.</summary>
internal sealed record TextEdit(Account By, DateTimeOffset At);
