using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Agents.Cohort;

/// <summary>
/// Prompts to try beside those of the release. Every task is given one variant when it begins and keeps it; what ran is told by the prompt version in what
/// each agent used.
/// </summary>
/// <param name="Name">Name, as the operator gave it.</param>
/// <param name="Weight">Its share of tasks is this among the weights of all; 0 gives it none, and those that have it keep it.</param>
public sealed record PromptVariant(string Name, int Weight)
{
    /// <summary>Ending of a file's name whose text is put after a prompt instead of in its place.</summary>
    public const string AppendEnding = ".append";

    /// <summary>Texts by name: that of a prompt (<see cref="CohortAgents.PromptNames"/>) takes its place, with <see cref="AppendEnding"/> it is put after it.</summary>
    public IReadOnlyDictionary<string, string> Texts { get; init; } = new Dictionary<string, string>();

    /// <summary>The variant of a task: the same whenever it is asked, as long as the variants are the same; null where there is none to give.</summary>
    /// <param name="variants">The variants, in any order.</param>
    /// <param name="task">The task's id.</param>
    public static PromptVariant? Of(IReadOnlyCollection<PromptVariant> variants, string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var total = variants.Sum(v => (long)v.Weight);
        if (total <= 0)
            return null;
        // Ids that differ in case are one task.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(task.ToLowerInvariant()));
        var place = (long)(BinaryPrimitives.ReadUInt64BigEndian(hash) % (ulong)total);
        foreach (var variant in variants.OrderBy(v => v.Name, StringComparer.Ordinal))
        {
            place -= variant.Weight;
            if (place < 0)
                return variant;
        }
        return null;
    }

    internal string? Replaced(string prompt) => Texts.GetValueOrDefault(prompt);

    internal string? Appended(string prompt) => Texts.GetValueOrDefault(prompt + AppendEnding);
}
