using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>A package in one version.</summary>
/// <param name="Source">Where it comes from.</param>
/// <param name="Name">Its name there, in the one spelling that counts: npm's with its scope, PyPI's as PEP 503 normalises it.</param>
/// <param name="Version">Exact.</param>
public sealed partial record ServerPackage(PackageSource Source, string Name, string Version)
{
    /// <summary>Reads <c>npm:@scope/name@1.2.3</c>, <c>pypi:name==1.2.3</c> or <c>nuget:Name@1.2.3</c>.</summary>
    /// <exception cref="FormatException">It is none, or its version is not exact; the message says why.</exception>
    public static ServerPackage Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Npm().Match(text) is { Success: true } npm)
            return new ServerPackage(PackageSource.Npm, npm.Groups["name"].Value, npm.Groups["version"].Value);
        if (PyPI().Match(text) is { Success: true } python)
            return new ServerPackage(PackageSource.PyPI, NormalisedPyPI(python.Groups["name"].Value), python.Groups["version"].Value);
        if (NuGet().Match(text) is { Success: true } nuget)
            return new ServerPackage(PackageSource.NuGet, nuget.Groups["name"].Value, nuget.Groups["version"].Value);
        throw new FormatException($"'{text}' is no package with an exact version; write npm:NAME@1.2.3, pypi:NAME==1.2.3 or nuget:NAME@1.2.3 (no tag, no range). Other sources are not served.");
    }

    /// <summary>Whether a digest has the form that this package's source gives: <c>sha512-…</c> in base64, of PyPI <c>sha256:…</c> in hex.</summary>
    public bool TakesDigest(string digest) => (Source == PackageSource.PyPI ? Sha256() : Sha512()).IsMatch(digest);

    /// <summary>How such a digest is written, and where it is found.</summary>
    public string DigestHint => Source switch
    {
        PackageSource.Npm => "sha512- and 88 characters, as 'npm view NAME@VERSION dist.integrity' says",
        PackageSource.PyPI => "sha256: and 64 hex digits, of the wheel, as its page on the index and 'pip hash FILE' say",
        _ => "sha512- and 88 characters, the base64 of the .nupkg's SHA-512, which the registry's catalog calls packageHash",
    };

    /// <inheritdoc/>
    public override string ToString() => Source switch
    {
        PackageSource.Npm => $"npm:{Name}@{Version}",
        PackageSource.PyPI => $"pypi:{Name}=={Version}",
        _ => $"nuget:{Name}@{Version}",
    };

    /// <summary>A name on PyPI as PEP 503 compares it.</summary>
    internal static string NormalisedPyPI(string name) => Separators().Replace(name, "-").ToLowerInvariant();

    // https://docs.npmjs.com/cli/configuring-npm/package-json#name, and semver.org.
    [GeneratedRegex(@"\Anpm:(?<name>(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*)@(?<version>[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Npm();

    // https://packaging.python.org/en/latest/specifications: names, and versions without epoch and local part, which no index takes.
    [GeneratedRegex(@"\Apypi:(?<name>[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)==(?<version>[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PyPI();

    // https://learn.microsoft.com/nuget/reference/nuspec#id and /nuget/concepts/package-versioning.
    [GeneratedRegex(@"\Anuget:(?<name>[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*)@(?<version>[0-9]+\.[0-9]+\.[0-9]+(\.[0-9]+)?(-[0-9A-Za-z.-]+)?)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex NuGet();

    [GeneratedRegex("[-_.]+", RegexOptions.NonBacktracking)]
    private static partial Regex Separators();

    [GeneratedRegex(@"\Asha512-[A-Za-z0-9+/]{86}==\z", RegexOptions.NonBacktracking)]
    private static partial Regex Sha512();

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Sha256();
}

/// <summary>Where packages of servers come from.</summary>
public enum PackageSource
{
    /// <summary>npm.</summary>
    Npm,

    /// <summary>The Python Package Index, or a mirror; wheels only.</summary>
    PyPI,

    /// <summary>NuGet, for .NET tools.</summary>
    NuGet,
}
