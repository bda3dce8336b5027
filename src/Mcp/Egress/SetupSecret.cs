namespace CodingAgent.Mcp.Egress;

/// <summary>
/// A credential that named steps of set-up may use: the egress proxy adds it to reading requests to its hosts while such a step runs. No sandbox, record, log
/// or workflow holds its value, which is read anew for each set-up so that whoever gives out short-lived ones can renew it.
/// </summary>
/// <param name="Name">Name, as policies say it; case does not count.</param>
/// <param name="Hosts">Hosts it is sent to, and which are open to the step; none with a wildcard.</param>
/// <param name="Header">Header that carries it.</param>
/// <param name="Repositories">Repositories whose policy may name it: <c>github:owner/name</c>, or <c>github:owner/*</c>.</param>
/// <param name="Read">Gives the header's value as it is now; null when there is none.</param>
public sealed record SetupSecret(string Name, IReadOnlyList<HostRule> Hosts, string Header, IReadOnlyList<string> Repositories, Func<string?> Read)
{
    /// <summary>True for a name.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= 40 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>Whether a repository's policy may name it.</summary>
    /// <param name="repository">Such as <c>github:owner/name</c>.</param>
    public bool IsFor(string repository) => Repositories.Any(r => r.EndsWith("/*", StringComparison.Ordinal)
        ? repository.StartsWith(r[..^1], StringComparison.OrdinalIgnoreCase)
        : string.Equals(repository, r, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A step names a credential that it cannot have; the message is for people, and says nothing that a repository may not know.</summary>
public sealed class SetupSecretException(string message) : Exception(message);

/// <summary>The credentials of one step, for as long as it runs.</summary>
internal sealed class StepCredentials : IRegistryCredentials
{
    private readonly Dictionary<string, RegistryCredential> _byHost = new(StringComparer.Ordinal);

    private StepCredentials(IReadOnlyList<HostRule> hosts) => Hosts = hosts;

    public IReadOnlyList<HostRule> Hosts { get; }

    /// <summary>Those that a step names.</summary>
    /// <exception cref="SetupSecretException">One of them is not there for this repository, or has no value now.</exception>
    public static StepCredentials Of(IReadOnlyList<string> names, string repository, IReadOnlyList<SetupSecret> secrets)
    {
        var named = names.Select(n => Find(n, repository, secrets)).ToList();
        var credentials = new StepCredentials([.. named.SelectMany(s => s.Hosts)]);
        foreach (var secret in named)
        {
            var value = secret.Read();
            if (string.IsNullOrWhiteSpace(value) || value.Any(c => c is < ' ' or > '~'))
                throw new SetupSecretException($"The secret {secret.Name}, which the policy names for set-up, has no value that can be sent; whoever runs this service can mend that (SetUp:Secrets).");
            foreach (var host in secret.Hosts)
            {
                if (!credentials._byHost.TryAdd(host.Name, new RegistryCredential(secret.Header, value)))
                    throw new SetupSecretException($"Two secrets that one step of set-up names are for the same host; name one of them.");
            }
        }

        return credentials;
    }

    /// <summary>The secret of a name, for a repository.</summary>
    /// <exception cref="SetupSecretException">There is none for it.</exception>
    public static SetupSecret Find(string name, string repository, IReadOnlyList<SetupSecret> secrets) =>
        // Whether it is there for others is not told.
        secrets.FirstOrDefault(s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase) && s.IsFor(repository))
        ?? throw new SetupSecretException($"The policy names the secret {name} for set-up, and this service has none of that name for this repository (SetUp:Secrets).");

    public ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken) => new(_byHost.GetValueOrDefault(host));
}
