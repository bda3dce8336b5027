using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <content>Commits and diffs.</content>
internal sealed partial class Shapes
{
    public JsonObject Commit(CommitInfo commit, Repo repo)
    {
        JsonObject Person() => new() { ["name"] = commit.AuthorName, ["email"] = commit.AuthorEmail, ["date"] = Stamp(commit.AuthoredAt) };
        return new JsonObject
        {
            ["sha"] = commit.Sha,
            ["node_id"] = $"C_{commit.Sha}",
            ["commit"] = new JsonObject
            {
                ["author"] = Person(),
                ["committer"] = Person(),
                ["message"] = commit.Message,
                ["tree"] = new JsonObject { ["sha"] = commit.Tree, ["url"] = $"{Api(repo)}/git/trees/{commit.Tree}" },
                ["url"] = $"{Api(repo)}/git/commits/{commit.Sha}",
                ["comment_count"] = 0,
                ["verification"] = Verification(commit, repo),
            },
            ["url"] = $"{Api(repo)}/commits/{commit.Sha}",
            ["html_url"] = $"{Web(repo)}/commit/{commit.Sha}",
            ["comments_url"] = $"{Api(repo)}/commits/{commit.Sha}/comments",
            ["author"] = null,
            ["committer"] = null,
            ["parents"] = new JsonArray([.. commit.Parents.Select(p => new JsonObject
            {
                ["sha"] = p, ["url"] = $"{Api(repo)}/commits/{p}", ["html_url"] = $"{Web(repo)}/commit/{p}",
            })]),
        };
    }

    /// <summary>A commit as git has it.</summary>
    public JsonObject GitCommit(CommitInfo commit, Repo repo)
    {
        JsonObject Person() => new() { ["name"] = commit.AuthorName, ["email"] = commit.AuthorEmail, ["date"] = Stamp(commit.AuthoredAt) };
        return new JsonObject
        {
            ["sha"] = commit.Sha,
            ["node_id"] = $"C_{commit.Sha}",
            ["url"] = $"{Api(repo)}/git/commits/{commit.Sha}",
            ["html_url"] = $"{Web(repo)}/commit/{commit.Sha}",
            ["author"] = Person(),
            ["committer"] = Person(),
            ["message"] = commit.Message,
            ["tree"] = new JsonObject { ["sha"] = commit.Tree, ["url"] = $"{Api(repo)}/git/trees/{commit.Tree}" },
            ["parents"] = new JsonArray([.. commit.Parents.Select(p => new JsonObject
            {
                ["sha"] = p, ["url"] = $"{Api(repo)}/git/commits/{p}", ["html_url"] = $"{Web(repo)}/commit/{p}",
            })]),
            ["verification"] = Verification(commit, repo),
        };
    }

    private static JsonObject Verification(CommitInfo commit, Repo repo)
    {
        var isSigned = repo.SignedCommits.Contains(commit.Sha);
        return new JsonObject
        {
            ["verified"] = isSigned,
            ["reason"] = isSigned ? "valid" : "unsigned",
            ["signature"] = isSigned ? "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----" : null,
            ["payload"] = isSigned ? $"tree {commit.Tree}\n" : null,
            ["verified_at"] = isSigned ? Stamp(commit.AuthoredAt) : null,
        };
    }

    /// <summary>A commit as a push event carries it.</summary>
    public JsonObject PushedCommit(CommitInfo commit, Repo repo)
    {
        JsonObject Person() => new() { ["name"] = commit.AuthorName, ["email"] = commit.AuthorEmail };
        return new JsonObject
        {
            ["id"] = commit.Sha,
            ["tree_id"] = commit.Tree,
            ["distinct"] = true,
            ["message"] = commit.Message,
            ["timestamp"] = Stamp(commit.AuthoredAt),
            ["url"] = $"{Web(repo)}/commit/{commit.Sha}",
            ["author"] = Person(),
            ["committer"] = Person(),
            ["added"] = new JsonArray(),
            ["removed"] = new JsonArray(),
            ["modified"] = new JsonArray(),
        };
    }

    public JsonObject File(DiffFile file, Repo repo, string sha)
    {
        var path = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        var json = new JsonObject
        {
            ["sha"] = null,
            ["filename"] = file.Path,
            ["status"] = file.Status,
            ["additions"] = file.Additions,
            ["deletions"] = file.Deletions,
            ["changes"] = file.Additions + file.Deletions,
            ["blob_url"] = $"{Web(repo)}/blob/{sha}/{path}",
            ["raw_url"] = $"{Web(repo)}/raw/{sha}/{path}",
            ["contents_url"] = $"{Api(repo)}/contents/{path}?ref={sha}",
            ["patch"] = file.Patch,
        };
        if (file.PreviousPath is { } before)
            json["previous_filename"] = before;
        return json;
    }

    /// <summary>A commit as checks carry it; null until it was read.</summary>
    private JsonObject? SimpleCommit(Repo repo, string sha)
    {
        if (repo.Known(sha) is not { } commit)
            return null;
        JsonObject Person() => new() { ["name"] = commit.AuthorName, ["email"] = commit.AuthorEmail };
        return new JsonObject
        {
            ["id"] = commit.Sha,
            ["tree_id"] = commit.Tree,
            ["message"] = commit.Message,
            ["timestamp"] = Stamp(commit.AuthoredAt),
            ["author"] = Person(),
            ["committer"] = Person(),
        };
    }
}
