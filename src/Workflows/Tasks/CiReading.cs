using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.Forges;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Workflows.Tasks;

/// <summary>What CI says about a head, as far as a task needs it; bounded, because tasks carry it.</summary>
/// <param name="Verdict">All of it in a word.</param>
[JsonConverter(typeof(AlsoANumber))]
public sealed record CiReading(CiVerdict Verdict)
{
    /// <summary>What a further try may help, under the policy.</summary>
    public IReadOnlyList<CiRetriable> Retriable { get; init; } = [];

    /// <summary>What keeps it from a verdict, a line each: outside text.</summary>
    public IReadOnlyList<string> Waits { get; init; } = [];

    /// <summary>What has not ended, by name, as far as there is room: outside text.</summary>
    public IReadOnlyList<string> Running { get; init; } = [];

    /// <summary>What people should know beside the verdict, a line each: outside text.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether it reads the same to people.</summary>
    public bool ReadsLike(CiReading? other) => Waits.SequenceEqual(other?.Waits ?? []) && Notes.SequenceEqual(other?.Notes ?? []);

    /// <summary>Tasks that began before there was more to it than the verdict have it in their histories as a number.</summary>
    private sealed class AlsoANumber : JsonConverter<CiReading>
    {
        public override CiReading Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.Number)
                return new CiReading((CiVerdict)reader.GetInt32());
            var parts = JsonSerializer.Deserialize<Parts>(ref reader, options) ?? throw new JsonException("A reading of CI is neither a number nor an object.");
            return new CiReading(parts.Verdict) { Retriable = parts.Retriable ?? [], Waits = parts.Waits ?? [], Notes = parts.Notes ?? [], Running = parts.Running ?? [] };
        }

        public override void Write(Utf8JsonWriter writer, CiReading value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, new Parts(value.Verdict, value.Retriable, value.Waits, value.Notes, value.Running), options);
    }

    private sealed record Parts(CiVerdict Verdict, IReadOnlyList<CiRetriable>? Retriable, IReadOnlyList<string>? Waits, IReadOnlyList<string>? Notes, IReadOnlyList<string>? Running);
}

/// <summary>A result that a further try may help.</summary>
/// <param name="Key">Names the check, the same over its tries.</param>
/// <param name="Title">Its name for people: outside text.</param>
/// <param name="Try">Which try this is of.</param>
/// <param name="Failed">It failed, and was not just cancelled.</param>
public sealed record CiRetriable(string Key, string Title, string Try, bool Failed)
{
    private const int KeyDigits = 16;
    private const int LongestTitle = 120;

    /// <summary>The result as one.</summary>
    public static CiRetriable Of(CiResult result)
    {
        var key = SHA256.HashData(Encoding.UTF8.GetBytes($"{result.Source}\n{result.Trigger}\n{result.Name}"));
        var title = TextCut.Head(result.Title, LongestTitle, "…");
        return new CiRetriable(Convert.ToHexStringLower(key)[..KeyDigits], title, $"{result.Suite}.{result.Attempt}", result.State == CiState.Failed);
    }
}

/// <summary>A try that a task asked for.</summary>
/// <param name="Key">The check.</param>
/// <param name="Try">The try that was not good enough.</param>
/// <param name="At">When it asked.</param>
/// <param name="Refusal">Why the forge would not; empty when it did.</param>
public sealed record CiAsked(string Key, string Try, DateTimeOffset At, string Refusal);
