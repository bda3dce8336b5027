using System.Runtime.CompilerServices;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Secrets;
using Xunit.Abstractions;

namespace CodingAgent.Workflows.Tests.Secrets;

/// <summary>How many made-up secrets are found, how many real changes are held for nothing, and that what is found does not leave in words.</summary>
public sealed class SecretCorpusTests(ITestOutputHelper output)
{
    // Of each line as many are made; what is random is not always told from a name.
    private const int Draws = 3;

    [Fact]
    public void MadeUpSecrets_AreFound_AndMasked()
    {
        var lines = File.ReadLines(Path.Combine(Here(), "SecretCorpus.txt")).Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split(" | ", 2)).ToArray();
        var groups = new SortedDictionary<string, (int Found, int All)>(StringComparer.Ordinal);
        foreach (var (line, i) in lines.Select((l, i) => (l, i)))
        {
            for (var draw = 0; draw < Draws; draw++)
            {
                var text = MadeSecrets.Make(line[1], (1000 * draw) + i);
                var found = SecretScanner.Scan([.. text.Split('\n').Select((l, n) => new AddedLine("a.txt", n + 1, l))], []).Held.Count > 0;
                (SecretShapes.Mask(text) != text || !found).ShouldBeTrue($"what is found is masked: {line[1]}");
                if (!found)
                    output.WriteLine($"missed: {line[0]} | {line[1]}");
                var (before, all) = groups.GetValueOrDefault(line[0]);
                groups[line[0]] = (before + (found ? 1 : 0), all + 1);
            }
        }

        foreach (var (group, (found, all)) in groups)
            output.WriteLine($"secrets found: {group} {found} of {all}");
        var total = (groups.Values.Sum(g => g.Found), groups.Values.Sum(g => g.All));
        output.WriteLine($"secrets found: {total.Item1} of {total.Item2}");
        lines.Length.ShouldBeGreaterThanOrEqualTo(300);
        // The number itself, so that what a change of the rules costs or wins is seen. Before there was a table: 376.
        total.ShouldBe((1012, 1017));
    }

    [Fact]
    public void Masked_IsMaskedForGood()
    {
        foreach (var (line, i) in File.ReadLines(Path.Combine(Here(), "SecretCorpus.txt")).Where(l => l.Length > 0 && l[0] != '#').Select((l, i) => (l, i)))
        {
            var masked = SecretShapes.Mask($"before\n{MadeSecrets.Make(line.Split(" | ", 2)[1], i)}\nafter");
            SecretShapes.Mask(masked).ShouldBe(masked);
        }
    }

    [RealChangesFact]
    public async Task RealChanges_AreHeldForNothing_InLessThanOneOfAHundred()
    {
        var (changes, alarms, keys, lines) = (0, 0, 0, 0L);
        await foreach (var (name, added) in RealChanges.ReadAsync())
        {
            var held = SecretScanner.Scan(added, []).Held;
            // A private key is one also in a test: that is for the policy's secrets.allow. What only looks like a secret is a false alarm.
            var alarm = held.FirstOrDefault(f => !f.Contains(SecretShapes.PrivateKeyId, StringComparison.Ordinal));
            changes++;
            lines += added.Count;
            alarms += alarm is null ? 0 : 1;
            keys += held.Count > 0 && alarm is null ? 1 : 0;
            if (held.Count > 0)
                output.WriteLine($"{name}: {alarm ?? held[0]}");
        }

        output.WriteLine($"real changes: {alarms} false alarms in {changes} changes of {lines} added lines; {keys} more hold private keys");
        changes.ShouldBeGreaterThanOrEqualTo(300);
        (alarms * 100).ShouldBeLessThanOrEqualTo(changes);
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
