namespace CodingAgent.Playground.LocalForge.Hooks;

/// <summary>A receiver of webhooks.</summary>
internal sealed record Hook(long Id, Uri Url, string Secret);
