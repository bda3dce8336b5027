namespace CodingAgent.Agents.Journal;

/// <summary>A newer attempt owns the run; this one must stop without another effect.</summary>
public sealed class JournalFencedException(string message) : Exception(message);
