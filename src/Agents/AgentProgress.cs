namespace CodingAgent.Agents;

/// <summary>A cursor for heartbeats and live status: small, and never the truth (the journal is).</summary>
/// <param name="RunId">Run.</param>
/// <param name="Turn">Turn being worked on, from 1.</param>
/// <param name="Phase">What it is doing.</param>
/// <param name="Tools">Names of the turn's tools, once known.</param>
/// <param name="Used">Used so far.</param>
public sealed record AgentProgress(string RunId, int Turn, AgentPhase Phase, IReadOnlyList<string> Tools, Consumption Used);
