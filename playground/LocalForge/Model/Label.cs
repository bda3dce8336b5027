namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>A label of a repository.</summary>
internal sealed record Label(long Id, string Name, string Color, string Description);
