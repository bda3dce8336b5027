using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Eval.Registries;

/// <summary>
/// A simple index (https://packaging.python.org/en/latest/specifications/simple-repository-api/) with a package of ours, and with pytest and
/// the build tools as the machine's Debian packages have them, packed as wheels again.
/// </summary>
internal static class PythonIndexFiles
{
    private const string Packages = "/usr/lib/python3/dist-packages";

    private static readonly (string Name, string[] Modules, string[] Requires)[] OfMachine =
    [
        ("pytest", ["pytest", "_pytest", "py.py"], ["attrs", "iniconfig", "packaging", "pluggy"]),
        ("pluggy", ["pluggy"], []),
        ("iniconfig", ["iniconfig"], []),
        ("packaging", ["packaging"], []),
        ("attrs", ["attr", "attrs"], []),
        ("wheel", ["wheel"], []),
        ("setuptools", ["setuptools", "pkg_resources", "_distutils_hack"], []),
    ];

    /// <summary>True when the machine has what the index wants of it.</summary>
    public static bool IsComplete => OfMachine.All(p => VersionOf(p.Name) is not null);

    /// <summary>Everything served, by path.</summary>
    public static IEnumerable<KeyValuePair<string, byte[]>> All()
    {
        var wheels = new List<(string Name, Wheel Wheel)>
        {
            ("acme-units", Wheel.Build("acme-units", "1.0.0", [], [Units(miles: false)])),
            ("acme-units", Wheel.Build("acme-units", "1.1.0", [], [Units(miles: true)])),
        };
        foreach (var (name, modules, requires) in OfMachine)
        {
            if (VersionOf(name) is var (version, info))
                wheels.Add((name, Wheel.Build(name, version, requires, modules.SelectMany(Module).Concat(EntryPoints(info)))));
        }

        foreach (var group in wheels.GroupBy(w => w.Name))
        {
            var links = group.Select(w => $"<a href=\"/pypi/files/{w.Wheel.FileName}#sha256={Convert.ToHexStringLower(SHA256.HashData(w.Wheel.Bytes))}\">{w.Wheel.FileName}</a><br>\n");
            yield return new($"/pypi/simple/{group.Key}/", Encoding.UTF8.GetBytes($"<!DOCTYPE html>\n<html><body>\n{string.Concat(links)}</body></html>\n"));
            foreach (var (_, wheel) in group)
                yield return new($"/pypi/files/{wheel.FileName}", wheel.Bytes);
        }
    }

    private static KeyValuePair<string, byte[]> Units(bool miles) => new("acme_units/__init__.py", Encoding.UTF8.GetBytes($$""""
        """Lengths in other units."""

        METRES = {"metre": 1.0, "kilometre": 1000.0{{(miles ? ", \"mile\": 1609.344" : "")}}}


        def convert(value, unit, to):
            """A length given in one unit, in another."""
            return value * METRES[unit] / METRES[to]

        """"));

    // Debian keeps the metadata as NAME-VERSION.dist-info or .egg-info; a version may carry Debian's own suffix.
    private static (string Version, string Info)? VersionOf(string name)
    {
        if (!Directory.Exists(Packages))
            return null;
        var info = Directory.EnumerateDirectories(Packages, $"{name}-*-info").Concat(Directory.EnumerateDirectories(Packages, $"{name}-*.*-info"))
            .FirstOrDefault(d => d.EndsWith(".dist-info", StringComparison.Ordinal) || d.EndsWith(".egg-info", StringComparison.Ordinal));
        return info is null ? null : (Path.GetFileNameWithoutExtension(info)[(name.Length + 1)..].Split('+')[0], info);
    }

    // A folder, or one file.
    private static IEnumerable<KeyValuePair<string, byte[]>> Module(string module)
    {
        var path = Path.Combine(Packages, module);
        var files = Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : File.Exists(path) ? [path] : [];
        return files.Where(f => !f.Contains("/__pycache__/", StringComparison.Ordinal))
            .Select(f => KeyValuePair.Create(Path.GetRelativePath(Packages, f), File.ReadAllBytes(f)));
    }

    private static IEnumerable<KeyValuePair<string, byte[]>> EntryPoints(string info) =>
        File.Exists(Path.Combine(info, "entry_points.txt")) ? [new("entry_points.txt", File.ReadAllBytes(Path.Combine(info, "entry_points.txt")))] : [];
}
