using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>One server of others that the operator names: what it is, exactly, and which of its tools may be used.</summary>
/// <param name="Name">What it is called here; begins the names of its tools.</param>
/// <param name="Package">The package, with an exact version.</param>
/// <param name="Digest">What the registry says of the artifact, as in a lock file: <c>sha512-…</c>.</param>
/// <param name="Command">Program of the package and its arguments.</param>
/// <param name="Tools">Tools that may be used; no others are offered.</param>
public sealed partial record ThirdPartyServer(string Name, NpmPackage Package, string Digest, IReadOnlyList<string> Command, IReadOnlyList<string> Tools)
{
    /// <summary>Those of <see cref="Tools"/> whose every call takes a person's word.</summary>
    public IReadOnlySet<string> Asks { get; init; } = new HashSet<string>();

    /// <summary>True for a name of a server: small letters, digits and hyphens, at most 24.</summary>
    public static bool IsName(string text) => Names().IsMatch(text);

    /// <summary>True for a digest of the one kind that is taken.</summary>
    public static bool IsDigest(string text) => Digests().IsMatch(text);

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,23}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Names();

    [GeneratedRegex(@"\Asha512-[A-Za-z0-9+/]{86}==\z", RegexOptions.NonBacktracking)]
    private static partial Regex Digests();
}

/// <summary>A package of npm's in one version.</summary>
/// <param name="Name">Its name, with its scope.</param>
/// <param name="Version">Exact.</param>
public sealed partial record NpmPackage(string Name, string Version)
{
    /// <summary>Reads <c>npm:@scope/name@1.2.3</c>.</summary>
    /// <exception cref="FormatException">It is none, or its version is not exact; the message says why.</exception>
    public static NpmPackage Parse(string text)
    {
        var match = Form().Match(text);
        return match.Success
            ? new NpmPackage(match.Groups["name"].Value, match.Groups["version"].Value)
            : throw new FormatException($"'{text}' is no package with an exact version; write npm:NAME@1.2.3 (no tag, no range). Other ecosystems are not served yet.");
    }

    /// <inheritdoc/>
    public override string ToString() => $"npm:{Name}@{Version}";

    // https://docs.npmjs.com/cli/configuring-npm/package-json#name, and semver.org.
    [GeneratedRegex(@"\Anpm:(?<name>(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*)@(?<version>[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}

/// <summary>A server cannot be used; the message says in one line what is wrong and how to mend it.</summary>
public sealed class ThirdPartyException(string message, Exception? inner = null) : Exception(message, inner);
