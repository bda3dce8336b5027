using System.Security.Claims;
using CodingAgent.Forges;

namespace CodingAgent.BotHost.Api;

/// <summary>Who a REST call acts as: the holder of the API key, named as such in what the bot writes.</summary>
internal static class ApiActor
{
    /// <summary>The actor; no account of a forge is called so.</summary>
    public static Actor Of(ClaimsPrincipal caller) => new(caller.Identity?.Name ?? ApiAccess.ConfiguredName, 0, ActorKind.Other);
}
