namespace CodingAgent.BotHost.Api;

/// <summary>A task that begins, or that is there already.</summary>
/// <param name="Id">Task id; percent-encode it in paths.</param>
/// <param name="WorkflowId">Workflow id.</param>
public sealed record TaskAccepted(string Id, string WorkflowId);
