using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>Files, trees, branches and commits.</summary>
internal sealed class RepositoryApi(GitLabShapes shapes, Actions actions)
{
    public void Map(GitLabRoutes routes)
    {
        const string repository = GitLabRoutes.Project + "/repository";
        routes.Get(repository + "/files/{file}", FileAsync);
        routes.Get(repository + "/files/{file}/raw", RawAsync);
        routes.Get(repository + "/tree", TreeAsync);
        routes.Get(repository + "/branches", async c => await c.PageAsync(
            (await Code(c).Git.BranchesAsync()).Where(b => c.Parameters.Text("search") is not { } text || b.Key.Contains(text, StringComparison.OrdinalIgnoreCase)).OrderBy(b => b.Key, StringComparer.Ordinal),
            b => shapes.BranchAsync(c.Project, b.Key, b.Value, c.AccountOrNone)));
        routes.Get(repository + "/branches/{branch}", async c => Answer.Ok(await shapes.BranchAsync(Code(c), c.Route("branch"), await HeadAsync(c, c.Route("branch")), c.AccountOrNone)));
        routes.Post(repository + "/branches", CreateBranchAsync);
        routes.Delete(repository + "/branches/{branch}", DeleteAsync);
        routes.Get(repository + "/commits", async c => c.Page(await Code(c).Git.LogAsync(await CommitOfAsync(c, c.Parameters.Text("ref_name") ?? c.Project.DefaultBranch)), i => shapes.Commit(i, c.Project)));
        routes.Get(repository + "/commits/{sha}", CommitAsync);
        routes.Get(GitLabRoutes.Project + "/protected_branches/{branch}", ProtectedBranch);
        routes.Post(GitLabRoutes.Project + "/protected_branches", Protect);
    }

    /// <summary>The commit that a branch, tag or sha names; 404 when none.</summary>
    public static async Task<string> CommitOfAsync(GitLabCall call, string reference) =>
        await call.Project.Git.BranchHeadAsync(reference) ?? await call.Project.Git.ResolveAsync(reference) ?? throw GitLabProblem.NotFound("Commit");

    // Guests of a private project see its issues and not its code.
    private static Repo Code(GitLabCall call) => call.Project.IsPrivate && call.Level < GitLabCall.Reporter ? throw GitLabProblem.Forbidden() : call.Project;

    private static async Task<string> HeadAsync(GitLabCall call, string branch) => await call.Project.Git.BranchHeadAsync(branch) ?? throw GitLabProblem.NotFound("Branch");

    private static async Task<(TreeEntry Entry, string Commit)> EntryAsync(GitLabCall call)
    {
        var repo = Code(call);
        var reference = call.Parameters.Text("ref") switch { null or "HEAD" => repo.DefaultBranch, var given => given };
        var sha = await repo.Git.BranchHeadAsync(reference) ?? await repo.Git.ResolveAsync(reference) ?? throw GitLabProblem.NotFound("Commit");
        return await repo.Git.EntryAsync(sha, call.Route("file")) is { Type: "blob" } entry ? (entry, sha) : throw GitLabProblem.NotFound("File");
    }

    private static async Task<Answer> FileAsync(GitLabCall call)
    {
        // Here the ref is not to be left out; for the raw file it is.
        var reference = call.Parameters.Needed("ref");
        var (entry, sha) = await EntryAsync(call);
        var bytes = await call.Project.Git.BlobAsync(entry.Sha);
        return Answer.Ok(new JsonObject
        {
            ["file_name"] = entry.Path[(entry.Path.LastIndexOf('/') + 1)..],
            ["file_path"] = entry.Path,
            ["size"] = bytes.Length,
            ["encoding"] = "base64",
            ["content_sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            ["ref"] = reference,
            ["blob_id"] = entry.Sha,
            ["commit_id"] = sha,
            ["last_commit_id"] = sha,
            ["execute_filemode"] = entry.Mode == "100755",
            ["content"] = Convert.ToBase64String(bytes),
        });
    }

    private static async Task<Answer> RawAsync(GitLabCall call)
    {
        var (entry, sha) = await EntryAsync(call);
        var bytes = await call.Project.Git.BlobAsync(entry.Sha);
        return new Answer(200)
        {
            Bytes = bytes,
            Headers =
            [
                ("X-Gitlab-Blob-Id", entry.Sha), ("X-Gitlab-Commit-Id", sha), ("X-Gitlab-Encoding", "base64"), ("X-Gitlab-Size", bytes.Length.ToString(CultureInfo.InvariantCulture)),
                ("X-Gitlab-Content-Sha256", Convert.ToHexStringLower(SHA256.HashData(bytes))), ("X-Gitlab-Execute-Filemode", entry.Mode == "100755" ? "true" : "false"),
            ],
        };
    }

    private static async Task<Answer> TreeAsync(GitLabCall call)
    {
        var repo = Code(call);
        var reference = call.Parameters.Text("ref") is { Length: > 0 } given ? given : repo.DefaultBranch;
        var sha = await repo.Git.BranchHeadAsync(reference) ?? await repo.Git.ResolveAsync(reference) ?? throw GitLabProblem.NotFound("Tree");
        var entries = await WalkAsync(repo, sha, (call.Parameters.Text("path") ?? "").Trim('/'), call.Parameters.Flag("recursive") == true)
            ?? throw GitLabProblem.NotFound("invalid revision or path");
        return call.Page(entries, e => new JsonObject
        {
            ["id"] = e.Sha,
            ["name"] = e.Path[(e.Path.LastIndexOf('/') + 1)..],
            ["type"] = e.Type,
            ["path"] = e.Path,
            ["mode"] = e.Mode,
        });
    }

    // Folders before files, and each followed by what is in it when all is wanted.
    private static async Task<List<TreeEntry>?> WalkAsync(Repo repo, string sha, string folder, bool isRecursive)
    {
        if (await repo.Git.ListAsync(sha, folder) is not { } entries)
            return null;
        var all = new List<TreeEntry>();
        foreach (var entry in entries.OrderBy(e => e.Type == "tree" ? 0 : 1))
        {
            all.Add(entry);
            if (isRecursive && entry.Type == "tree")
                all.AddRange(await WalkAsync(repo, sha, entry.Path, isRecursive: true) ?? []);
        }

        return all;
    }

    private async Task<Answer> CreateBranchAsync(GitLabCall call)
    {
        call.Require(GitLabCall.Developer);
        var (repo, name) = (call.Project, call.Parameters.Needed("branch"));
        if (await repo.Git.BranchHeadAsync(name) is not null)
            throw new GitLabProblem(400, "Branch already exists");
        if (!await repo.Git.IsBranchNameAsync(name))
            throw new GitLabProblem(400, "Branch name is invalid");
        var reference = call.Parameters.Needed("ref");
        var sha = await repo.Git.BranchHeadAsync(reference) ?? await repo.Git.ResolveAsync(reference) ?? throw new GitLabProblem(400, $"Invalid reference name: {reference}");
        await repo.Git.UpdateRefAsync("refs/heads/" + name, sha);
        await actions.PushedAsync(repo, call.Account, [new RefChange(name, RefChange.Zero, sha)]);
        return Answer.Created(await shapes.BranchAsync(repo, name, sha, call.Account));
    }

    private async Task<Answer> DeleteAsync(GitLabCall call)
    {
        call.Require(GitLabCall.Developer);
        var name = call.Route("branch");
        var sha = await HeadAsync(call, name);
        if (call.Project.ProtectedBranches.Contains(name) || name == call.Project.DefaultBranch)
            throw new GitLabProblem(403, "Cannot remove HEAD branch or a protected branch");
        await call.Project.Git.DeleteRefAsync("refs/heads/" + name);
        await actions.PushedAsync(call.Project, call.Account, [new RefChange(name, sha, RefChange.Zero)]);
        return Answer.NoContent;
    }

    private async Task<Answer> CommitAsync(GitLabCall call)
    {
        var repo = Code(call);
        var commit = await repo.CommitAsync(await CommitOfAsync(call, call.Route("sha")));
        var json = shapes.Commit(commit, repo);
        var pipeline = Pipelines.OfCommit(repo, commit.Sha).MaxBy(r => r.Id);
        json["status"] = pipeline is null ? null : Pipelines.StatusOf(pipeline, repo);
        json["project_id"] = repo.Id;
        json["last_pipeline"] = pipeline is null ? null : shapes.Pipeline(pipeline, repo);
        return Answer.Ok(json);
    }

    private static Answer ProtectedBranch(GitLabCall call)
    {
        call.Require(GitLabCall.Developer);
        var name = call.Route("branch");
        return call.Project.ProtectedBranches.Contains(name) ? Answer.Ok(Protection(name)) : throw GitLabProblem.NotFound();
    }

    private static Answer Protect(GitLabCall call)
    {
        call.Require(GitLabCall.Maintainer);
        var name = call.Parameters.Needed("name");
        return call.Project.ProtectedBranches.Add(name) ? Answer.Created(Protection(name)) : throw new GitLabProblem(409, $"Protected branch '{name}' already exists");
    }

    private static JsonObject Protection(string name) => new()
    {
        ["id"] = 1,
        ["name"] = name,
        ["push_access_levels"] = Levels(),
        ["merge_access_levels"] = Levels(),
        ["allow_force_push"] = false,
        ["unprotect_access_levels"] = new JsonArray(),
        ["code_owner_approval_required"] = false,
    };

    private static JsonArray Levels() =>
        [new JsonObject { ["id"] = 1, ["access_level"] = GitLabCall.Maintainer, ["access_level_description"] = "Maintainers", ["deploy_key_id"] = null, ["user_id"] = null, ["group_id"] = null }];
}
