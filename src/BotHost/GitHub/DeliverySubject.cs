using System.Text.Json;
using CodingAgent.Forges;

namespace CodingAgent.BotHost.GitHub;

/// <summary>
/// What a body says it is about. Read before its signature is judged, because it tells which secret must have made it: names only, in one
/// pass and without building anything. Where two readers of the body could find two names there is none.
/// </summary>
/// <param name="Repository"><c>owner/name</c>; null when the body names none.</param>
/// <param name="Owner">Owner of the repository, or the account that an event without one is about.</param>
/// <param name="Installation">App installation; null when the body names none.</param>
internal readonly record struct DeliverySubject(string? Repository, string? Owner, long? Installation)
{
    /// <summary>Reads it; null when the body is not the JSON object it should be.</summary>
    public static DeliverySubject? Read(ReadOnlySpan<byte> body)
    {
        string? repository = null, organization = null;
        long? installation = null;
        int repositories = 0, organizations = 0, installations = 0;
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("repository"u8) && ++repositories == 1)
                {
                    if (!TryMember(ref reader, "full_name"u8, out repository, out _))
                        return null;
                }
                else if (reader.ValueTextEquals("organization"u8) && ++organizations == 1)
                {
                    if (!TryMember(ref reader, "login"u8, out organization, out _))
                        return null;
                }
                else if (reader.ValueTextEquals("installation"u8) && ++installations == 1)
                {
                    if (!TryMember(ref reader, "id"u8, out _, out installation))
                        return null;
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or text that is not UTF-8.
            return null;
        }

        if (repositories > 1 || organizations > 1 || installations > 1)
            return null;
        if (repository is null)
            return new DeliverySubject(null, organization, installation);
        return RepoRef.TryParse($"github:{repository}", out var repo) ? new DeliverySubject(repo.FullName, repo.Owner, installation) : null;
    }

    // The value of one member of the object that follows; false when the member is there twice.
    private static bool TryMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, out string? text, out long? number)
    {
        (text, number) = (null, null);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return true;
        }

        var found = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(name);
            reader.Read();
            if (isIt)
            {
                found++;
                text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                number = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) ? value : null;
            }

            reader.Skip();
        }

        return found <= 1;
    }
}
