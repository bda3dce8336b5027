using CodingAgent.Playground.LocalForge.Git;

namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>A repository: its git data on disk and its conversation in memory.</summary>
internal sealed class Repo(long id, Account owner, string name, RepoGit git, DateTimeOffset createdAt)
{
    private readonly Dictionary<string, CommitInfo> _commits = new(StringComparer.Ordinal);

    public long Id { get; } = id;

    public Account Owner { get; } = owner;

    /// <summary>Its name now; <see cref="World.Rename(Repo, string)"/> changes it.</summary>
    public string Name { get; set; } = name;

    public string FullName => $"{Owner.Login}/{Name}";

    public RepoGit Git { get; } = git;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset PushedAt { get; set; } = createdAt;

    public string DefaultBranch { get; set; } = "main";

    public bool IsPrivate { get; set; }

    public bool IsArchived { get; set; }

    public Repo? Parent { get; init; }

    /// <summary>Branches that only the forge's own doors may change.</summary>
    public HashSet<string> ProtectedBranches { get; } = new(StringComparer.Ordinal);

    /// <summary>Branches that nothing may be merged into before it holds all of them.</summary>
    public HashSet<string> StrictBranches { get; } = new(StringComparer.Ordinal);

    /// <summary>Rules of rulesets, by what the names of their branches begin with.</summary>
    public List<(string Prefix, string Type)> Rules { get; } = [];

    /// <summary>Commits that the forge made and signed.</summary>
    public HashSet<string> SignedCommits { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, RepoAccess> Access { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>GitLab's levels of members, where they say more than <see cref="Access"/>.</summary>
    public Dictionary<string, int> Levels { get; } = new(StringComparer.OrdinalIgnoreCase);

    public SortedDictionary<string, Label> Labels { get; } = new(StringComparer.OrdinalIgnoreCase);

    public List<Issue> Issues { get; } = [];

    public List<CheckSuite> Suites { get; } = [];

    public List<CheckRun> Checks { get; } = [];

    public List<CommitStatus> Statuses { get; } = [];

    public List<WorkflowRun> Runs { get; } = [];

    /// <summary>Ids of workflow files, by path.</summary>
    public Dictionary<string, long> WorkflowIds { get; } = new(StringComparer.Ordinal);

    /// <summary>Check runs whose log lies at a temporary address, by the address's last part.</summary>
    public Dictionary<string, CheckRun> LogTickets { get; } = new(StringComparer.Ordinal);

    public IEnumerable<Issue> Pulls => Issues.Where(i => i.Pull is not null);

    /// <summary>A commit, read once; webhooks tell of it.</summary>
    public async Task<CommitInfo> CommitAsync(string sha)
    {
        if (!_commits.TryGetValue(sha, out var commit))
            _commits[sha] = commit = (await Git.LogAsync(sha, limit: 1))[0];
        return commit;
    }

    /// <summary>A commit that was read before; null otherwise.</summary>
    public CommitInfo? Known(string sha) => _commits.GetValueOrDefault(sha);

    /// <summary>
    /// GitLab's access level of a member: 10 guest, 15 planner, 20 reporter, 30 developer, 40 maintainer, 50 owner; 0 for everybody else,
    /// to whom a public project shows itself all the same.
    /// </summary>
    public int LevelOf(Account? account)
    {
        if (account is null)
            return 0;
        if (account == Owner)
            return 50;
        return Levels.TryGetValue(account.Login, out var level) ? level : Access.GetValueOrDefault(account.Login, RepoAccess.None) switch
        {
            RepoAccess.None => 0,
            RepoAccess.Read => 10,
            RepoAccess.Triage => 20,
            RepoAccess.Write => 30,
            RepoAccess.Maintain => 40,
            _ => 50,
        };
    }

    public RepoAccess AccessOf(Account? account)
    {
        if (account is null)
            return IsPrivate ? RepoAccess.None : RepoAccess.Read;
        if (account == Owner)
            return RepoAccess.Admin;
        var given = Access.GetValueOrDefault(account.Login, RepoAccess.None);
        return given == RepoAccess.None && !IsPrivate ? RepoAccess.Read : given;
    }
}
