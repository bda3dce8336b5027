namespace CodingAgent.BotHost.Configuration;

/// <summary>The configuration cannot work; the message is one line that says which key, what is wrong and how to mend it.</summary>
public sealed class ConfigurationException(string message) : Exception(message);
