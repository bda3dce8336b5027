namespace CodingAgent.BotHost.Api;

/// <summary>A signal that the task was told.</summary>
/// <param name="Id">Task id.</param>
/// <param name="Signal">What it was told.</param>
public sealed record SignalAccepted(string Id, string Signal);
