using System.Text.Json.Serialization;

namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>Source-generated reading of <see cref="WebhookPayload"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WebhookPayload))]
internal sealed partial class WebhookJson : JsonSerializerContext;
