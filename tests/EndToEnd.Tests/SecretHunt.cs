using System.Text;
using CodingAgent.Playground.Demo;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Looks for the service's secrets where they must not be: as they are, in hex, and in Base64 at every alignment.</summary>
internal sealed class SecretHunt(Stage stage)
{
    private static readonly string[] KeyFiles = ["storage.key", "temporal.key"];

    /// <summary>One way to write one secret.</summary>
    internal sealed record Needle(string Name, byte[] Bytes);

    public IReadOnlyList<Needle> Needles { get; } = [.. Find(stage)];

    /// <summary>Finds in all files beneath a folder, whatever their format.</summary>
    public IReadOnlyList<string> InFiles(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(f => !KeyFiles.Contains(Path.GetFileName(f))).SelectMany(f => In(f, Read(f)))];

    /// <summary>Finds in all the forge has told: every comment, review, check and description passes here.</summary>
    public IReadOnlyList<string> InDeliveries() =>
        [.. stage.Forge.Deliveries.SelectMany(d => In($"{d.Event} {d.Guid}", Encoding.UTF8.GetBytes(d.Payload)))];

    /// <summary>Finds in every git object of the forge's repositories and the service's mirrors.</summary>
    public async Task<IReadOnlyList<string>> InGitObjectsAsync()
    {
        var found = new List<string>();
        var repositories = Directory.EnumerateFiles(Path.GetDirectoryName(stage.ServiceDirectory)!, "HEAD", SearchOption.AllDirectories)
            .Select(f => Path.GetDirectoryName(f)!).Where(d => Directory.Exists(Path.Combine(d, "objects"))).ToArray();
        repositories.Length.ShouldBeGreaterThan(2);
        foreach (var repository in repositories)
        {
            var objects = await GitClone.RunAsync(repository, "--git-dir", ".", "cat-file", "--batch-all-objects", "--batch");
            objects.ShouldNotBeEmpty();
            found.AddRange(In(repository, Encoding.Latin1.GetBytes(objects)));
        }

        return found;
    }

    /// <summary>Finds in these bytes.</summary>
    public IEnumerable<string> In(string where, byte[] bytes) =>
        Needles.Where(n => bytes.AsSpan().IndexOf(n.Bytes) >= 0).Select(n => $"{n.Name} in {where}");

    private static byte[] Read(string file)
    {
        // Logs are still open for writing.
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static IEnumerable<Needle> Find(Stage stage)
    {
        foreach (var key in (string[])["Forge__GitHub__Token", "Forge__GitHub__WebhookSecret", "Api__Key", "OPENAI_API_KEY"])
        {
            foreach (var needle in Spell(key, Encoding.UTF8.GetBytes(stage.Settings[key])))
                yield return needle;
        }

        foreach (var file in KeyFiles)
        {
            var key = File.ReadAllText(Path.Combine(stage.ServiceDirectory, file)).Trim();
            yield return new Needle($"{file} as text", Encoding.ASCII.GetBytes(key));
            foreach (var needle in Spell(file, Convert.FromHexString(key)))
                yield return needle;
        }
    }

    private static IEnumerable<Needle> Spell(string name, byte[] secret)
    {
        yield return new Needle(name, secret);
        yield return new Needle($"{name} in hex", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret)));
        for (var offset = 0; offset < 3; offset++)
        {
            // Only the middle is certain: the ends depend on what stands before and after.
            var text = Convert.ToBase64String([.. new byte[offset], .. secret]);
            yield return new Needle($"{name} in Base64", Encoding.ASCII.GetBytes(text[4..^4]));
        }
    }
}
