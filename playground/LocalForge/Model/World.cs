using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>
/// Everything the forge knows. Whoever reads or changes it holds <see cref="Gate"/>: one gate for all keeps
/// what a caller saw, what changed and what the webhooks say in one order.
/// </summary>
internal sealed class World(TimeProvider time) : IDisposable
{
    private readonly Dictionary<string, Account> _byLogin = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Account> _byToken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Repo> _repos = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Repo> _renamed = new(StringComparer.OrdinalIgnoreCase);
    private AppDirectory? _apps;
    private OAuthDirectory? _oauth;
    private long _lastId = 1000;

    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Root of every URL in answers; known once the server listens.</summary>
    public string BaseUrl { get; set; } = "";

    public string ApiUrl => BaseUrl + "/api/v3";

    public IEnumerable<Account> Accounts => _byLogin.Values;

    /// <summary>Apps.</summary>
    public AppDirectory Apps => _apps ??= new AppDirectory(() => Now);

    /// <summary>Programs by which people sign in elsewhere.</summary>
    public OAuthDirectory OAuth => _oauth ??= new OAuthDirectory(() => Now);

    public IEnumerable<Repo> Repos => _repos.Values;

    /// <summary>Now, to the second, as GitHub tells time.</summary>
    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());

    public long NextId() => Interlocked.Increment(ref _lastId);

    public Account AddAccount(string login, string token, AccountKind kind, string scopes = "repo")
    {
        var account = new Account(NextId(), login, token, kind, Now) { Scopes = scopes };
        if (!_byLogin.TryAdd(login, account))
            throw new InvalidOperationException($"There is a user '{login}' already.");
        if (!_byToken.TryAdd(KeyOf(token), account))
        {
            _byLogin.Remove(login);
            throw new InvalidOperationException($"The token of '{login}' belongs to another user already.");
        }

        return account;
    }

    public Account? FindAccount(string login) => _byLogin.GetValueOrDefault(login);

    public Account? FindByToken(string token) => _byToken.GetValueOrDefault(KeyOf(token));

    /// <summary>Gives an account another login; whoever wants the old one may have it.</summary>
    public void Rename(Account account, string login)
    {
        if (!_byLogin.TryAdd(login, account))
            throw new InvalidOperationException($"There is a user '{login}' already.");
        _byLogin.Remove(account.Login);
        foreach (var repo in Repos)
        {
            if (repo.Access.Remove(account.Login, out var access))
                repo.Access[login] = access;
            if (repo.Levels.Remove(account.Login, out var level))
                repo.Levels[login] = level;
        }

        account.Login = login;
    }

    public void AddRepo(Repo repo)
    {
        if (!_repos.TryAdd(repo.FullName, repo))
            throw new InvalidOperationException($"There is a repository '{repo.FullName}' already.");
    }

    public Repo? FindRepo(string owner, string name) => _repos.GetValueOrDefault($"{owner}/{name}");

    /// <summary>The repository that had this name until it was renamed; null when nobody did, or another has it now.</summary>
    public Repo? FindRenamed(string owner, string name) => FindRepo(owner, name) is null ? _renamed.GetValueOrDefault($"{owner}/{name}") : null;

    /// <summary>Gives a repository another name; the old one leads to it from now on.</summary>
    public void Rename(Repo repo, string name)
    {
        _repos.Remove(repo.FullName);
        _renamed[repo.FullName] = repo;
        repo.Name = name;
        AddRepo(repo);
    }

    public void Dispose() => Gate.Dispose();

    // Looking tokens up by digest keeps comparison time independent of the secret.
    private static string KeyOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
