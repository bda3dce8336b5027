using System.Text.Json;

namespace CodingAgent.Forges.Webhooks;

/// <summary>
/// Members of objects at the top of a body, read in one pass and without building anything, because the signature is not judged yet: they tell which
/// secret must have made it. Where two readers of the body could find two values there is none.
/// </summary>
internal static class BodyMembers
{
    /// <summary>A value as it was found: one of the two, or neither.</summary>
    public readonly record struct Value(string? Text, long? Number);

    /// <summary>The values, in the order they are asked for; null when the body is not a JSON object, or not for certain one.</summary>
    public static Value[]? Read(ReadOnlySpan<byte> body, params ReadOnlySpan<(string Object, string Member)> wanted)
    {
        var (found, seen) = (new Value[wanted.Length], new int[wanted.Length]);
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var at = 0;
                while (at < wanted.Length && !reader.ValueTextEquals(wanted[at].Object))
                    at++;
                reader.Read();
                if (at == wanted.Length)
                    reader.Skip();
                else if (++seen[at] > 1 || !TryMember(ref reader, wanted[at].Member, out found[at]))
                    return null;
            }

            return found;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or text that is not UTF-8.
            return null;
        }
    }

    // The value of one member of an object; false when the member is there twice.
    private static bool TryMember(ref Utf8JsonReader reader, string name, out Value value)
    {
        value = default;
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
                value = new Value(
                    reader.TokenType == JsonTokenType.String ? reader.GetString() : null,
                    reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number : null);
            }

            reader.Skip();
        }

        return found <= 1;
    }
}
