using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge;

/// <summary>Makes repositories on disk and in the world.</summary>
internal sealed class RepoFactory(World world, string root)
{
    /// <summary>A repository whose first commit holds the folder's files, or an empty one. Callers hold the gate.</summary>
    public async Task<Repo> CreateAsync(Account owner, string name, string? folder, bool isPrivate)
    {
        var repo = Make(owner, name, parent: null);
        repo.IsPrivate = isPrivate;
        await repo.Git.InitAsync(repo.DefaultBranch);
        if (folder is not null)
        {
            var author = new CommitInfo("", "", [], owner.Login, $"{owner.Login}@users.noreply.localforge", world.Now, "");
            await repo.Git.CommitFolderAsync(Path.GetFullPath(folder), repo.DefaultBranch, "Initial commit\n", author);
        }

        world.AddRepo(repo);
        return repo;
    }

    /// <summary>A fork under another account; the one that is there already is returned.</summary>
    public async Task<Repo> ForkAsync(Repo parent, Account owner)
    {
        if (world.FindRepo(owner.Login, parent.Name) is { } existing)
            return existing.Parent == parent ? existing : throw ApiProblem.Invalid("Fork", "name already exists on this account");
        var fork = Make(owner, parent.Name, parent);
        fork.IsPrivate = parent.IsPrivate;
        fork.DefaultBranch = parent.DefaultBranch;
        await fork.Git.CloneFromAsync(parent.Git);
        world.AddRepo(fork);
        return fork;
    }

    /// <summary>Refuses what cannot be a new repository's name.</summary>
    public static void RequireFree(World world, Account owner, string name)
    {
        if (name.Length is 0 or > 100 || name is "." or ".." || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw ApiProblem.Invalid("Repository", "name may hold only letters, digits, '-', '_' and '.'", "name");
        if (world.FindRepo(owner.Login, name) is not null)
            throw ApiProblem.Invalid("Repository", "name already exists on this account", "name");
    }

    private Repo Make(Account owner, string name, Repo? parent)
    {
        RequireFree(world, owner, name);
        var directory = Path.Combine(root, owner.Login, name + ".git");
        if (Directory.Exists(directory))
            throw new InvalidOperationException($"There is git data at {directory} already; the forge keeps issues in memory only, so start it on an empty folder.");
        Directory.CreateDirectory(Path.GetDirectoryName(directory)!);
        return new Repo(world.NextId(), owner, name, new RepoGit(directory), world.Now) { Parent = parent };
    }
}
