namespace CodingAgent.Forges;

/// <summary>Everything one forge offers the product; consumers take the narrow port they need.</summary>
public interface IForge : IForgeRepositories, IForgeCommits, IForgeIssues, IForgePulls, IForgeChecks, IForgeRecords;
