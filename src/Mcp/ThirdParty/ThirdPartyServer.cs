using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>One server of others that the operator names: what it is, exactly, and which of its tools may be used.</summary>
/// <param name="Name">What it is called here; begins the names of its tools.</param>
/// <param name="Package">The package, with an exact version.</param>
/// <param name="Digest">What the registry says of the artifact (<see cref="ServerPackage.TakesDigest"/>).</param>
/// <param name="Command">Program of the package and its arguments.</param>
/// <param name="Tools">Tools that may be used; no others are offered.</param>
public sealed partial record ThirdPartyServer(string Name, ServerPackage Package, string Digest, IReadOnlyList<string> Command, IReadOnlyList<string> Tools)
{
    /// <summary>Those of <see cref="Tools"/> whose every call takes a person's word.</summary>
    public IReadOnlySet<string> Asks { get; init; } = new HashSet<string>();

    /// <summary>True for a name of a server: small letters, digits and hyphens, at most 24.</summary>
    public static bool IsName(string text) => Names().IsMatch(text);

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,23}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Names();
}

/// <summary>A server cannot be used; the message says in one line what is wrong and how to mend it.</summary>
public sealed class ThirdPartyException(string message, Exception? inner = null) : Exception(message, inner);
