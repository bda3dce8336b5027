using System.Text.Json;

namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>The ping that GitHub sends when a webhook is made: what it is set to.</summary>
/// <param name="Where">Repository, organisation or app that it is of.</param>
/// <param name="Missing">Events it does not send and should.</param>
public sealed record WebhookPing(string Where, IReadOnlyList<string> Missing)
{
    private const int LongestName = 200;

    /// <summary>Reads one; null when the body says nothing of a hook.</summary>
    public static WebhookPing? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var root = JsonElement.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (!Has(root, "hook", JsonValueKind.Object, out var hook) || !Has(hook, "events", JsonValueKind.Array, out var list))
                return null;
            var events = list.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.String).Select(e => e.GetString()!).ToHashSet(StringComparer.Ordinal);
            return new WebhookPing(WhereOf(root), events.Contains("*") ? [] : [.. WebhookReader.EventNames.Where(e => !events.Contains(e))]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string WhereOf(JsonElement root) =>
        Has(root, "repository", JsonValueKind.Object, out var repository) && Has(repository, "full_name", JsonValueKind.String, out var name) ? Shown(name)
        : Has(root, "organization", JsonValueKind.Object, out var organisation) && Has(organisation, "login", JsonValueKind.String, out var login) ? Shown(login)
        : "the app";

    // It becomes log text and part of an answer.
    private static string Shown(JsonElement name) => name.GetString() is { Length: > 0 and <= LongestName } text && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/') ? text : "a name that is none";

    private static bool Has(JsonElement from, string name, JsonValueKind kind, out JsonElement value) =>
        from.TryGetProperty(name, out value) && value.ValueKind == kind;
}
