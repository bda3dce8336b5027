namespace CodingAgent.Workflows.Ports;

/// <summary>Temporal is away or overloaded: worth trying again.</summary>
public sealed class TaskGatewayUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
