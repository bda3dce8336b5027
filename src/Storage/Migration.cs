using System.Globalization;
using System.Reflection;

namespace CodingAgent.Storage;

/// <summary>One numbered step of the schema, from an embedded SQL file.</summary>
/// <param name="Version">Number, from 1 without gaps.</param>
/// <param name="Name">File name.</param>
/// <param name="Sql">Statements.</param>
internal sealed record Migration(int Version, string Name, string Sql)
{
    private const string Folder = "CodingAgent.Storage.Migrations.";

    public static IReadOnlyList<Migration> All { get; } = Load();

    private static List<Migration> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(resource =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
                var name = resource[Folder.Length..];
                return new Migration(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name, reader.ReadToEnd());
            })];
    }
}
