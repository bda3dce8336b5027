using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.BotHost.Diagnosis;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.BotHost.Commands;

/// <summary>What <c>doctor</c> prints: a line a finding as it comes, or one JSON array at the end.</summary>
/// <param name="asJson">For programs.</param>
/// <param name="redaction">Takes secrets out of what others said.</param>
internal sealed class Report(bool asJson, Redaction redaction)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly List<Finding> _found = [];

    /// <summary>Something that is good, or has a problem; false for a problem where it is needed.</summary>
    public bool Say(string area, string? problem, string good, bool isNeeded = true)
    {
        if (problem is null)
            Add([new Finding(area, FindingLevel.Ok, good)]);
        else if (isNeeded)
            Add([new Finding(area, FindingLevel.Problem, problem)]);
        else
            Add([new Finding(area, FindingLevel.Note, $"not usable, and not needed for this role: {problem}")]);
        return problem is null || !isNeeded;
    }

    /// <summary>Worth knowing.</summary>
    public void Note(string area, string text) => Add([new Finding(area, FindingLevel.Note, text)]);

    /// <summary>Findings made elsewhere.</summary>
    public void Add(IReadOnlyList<Finding> findings)
    {
        foreach (var found in findings.Select(f => f with { Text = redaction.Apply(f.Text).ReplaceLineEndings(" ") }))
        {
            _found.Add(found);
            if (!asJson)
                Console.WriteLine($"{found.Area + ":",-15}{Word(found.Level)}: {found.Text}");
        }
    }

    /// <summary>The last of it.</summary>
    /// <returns>The exit code: 1 with a problem.</returns>
    public int End()
    {
        if (asJson)
            Console.WriteLine(JsonSerializer.Serialize(_found, Json));
        return _found.Exists(f => f.Level == FindingLevel.Problem) ? 1 : 0;
    }

    private static string Word(FindingLevel level) => level switch
    {
        FindingLevel.Ok => "ok",
        FindingLevel.Note => "note",
        FindingLevel.Warning => "WARNING",
        _ => "PROBLEM",
    };
}
