using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodingAgent.Workflows.Policy;

/// <summary>
/// An answer that was a flag before there were three: tasks that began then carry <c>true</c> for "allow" and <c>false</c> for what holds without
/// the key, and what is written so can be read by them.
/// </summary>
/// <param name="unset">What holds without the key.</param>
internal abstract class FlagOrRule(RiskRule unset) : JsonConverter<RiskRule>
{
    public override RiskRule Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.True => RiskRule.Allow,
        JsonTokenType.False => unset,
        JsonTokenType.Number when reader.TryGetInt32(out var number) && Enum.IsDefined((RiskRule)number) => (RiskRule)number,
        _ => throw new JsonException("Neither a flag nor an answer."),
    };

    public override void Write(Utf8JsonWriter writer, RiskRule value, JsonSerializerOptions options)
    {
        if (value == RiskRule.Allow || value == unset)
            writer.WriteBooleanValue(value == RiskRule.Allow);
        else
            writer.WriteNumberValue((int)value);
    }

    internal sealed class Asks() : FlagOrRule(RiskRule.Ask);

    internal sealed class Denies() : FlagOrRule(RiskRule.Deny);
}
