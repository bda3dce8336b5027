namespace CodingAgent.Workflows.Routing;

/// <summary>The forge does not say what an event says. It may, a moment later: what it tells over one wire can be late on another.</summary>
/// <param name="what">What it does not say, in one line.</param>
public sealed class NotOnRecordException(string what) : Exception(what);
