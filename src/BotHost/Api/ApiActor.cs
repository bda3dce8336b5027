using CodingAgent.Forges;

namespace CodingAgent.BotHost.Api;

/// <summary>Who a REST call acts as: the holder of the API key, named as such in what the bot writes.</summary>
public static class ApiActor
{
    /// <summary>The actor.</summary>
    public static Actor Value { get; } = new("rest-api", 0, ActorKind.Other);
}
