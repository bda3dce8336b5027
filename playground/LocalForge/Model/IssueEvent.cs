namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>Something done to an issue or pull request: a label put on or taken off, an assignment, a change of state.</summary>
internal sealed record IssueEvent(long Id, string Name, Account Actor, Label? Label, DateTimeOffset CreatedAt)
{
    /// <summary>Who was assigned or taken off.</summary>
    public Account? Assignee { get; init; }
}

/// <summary>The last change of a text.</summary>
internal sealed record TextEdit(Account By, DateTimeOffset At);
