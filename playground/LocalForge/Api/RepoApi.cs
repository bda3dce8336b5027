using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Users, repositories, access, branches, commits and contents.</summary>
internal sealed class RepoApi(World world, Shapes shapes, Actions actions, RepoFactory factory)
{
    public void Map(ApiRoutes routes)
    {
        routes.Get("", _ => Answer.Ok(RootShape()));
        routes.Get("/meta", _ => Answer.Ok(new JsonObject { ["verifiable_password_authentication"] = false, ["installed_version"] = "3.17.0" }));
        routes.Get("/user", c => Answer.Ok(shapes.OwnProfile(c.Account)));
        routes.Get("/users/{login}", c => Answer.Ok(shapes.Profile(world.FindAccount(c.Route("login")) ?? throw ApiProblem.NotFound())));
        routes.Get("/user/repos", c => c.Page(world.Repos.Where(r => r.AccessOf(c.Account) > RepoAccess.Read), r => shapes.Repository(r, c.Account)));
        routes.Post("/user/repos", async c => Answer.Created(shapes.FullRepository(
            await factory.CreateAsync(c.Account, c.Needed("Repository", "name"), folder: null, c.Flag("private")), c.Account)));

        const string repo = "/repos/{owner}/{repo}";
        routes.Get(repo, c => Answer.Ok(shapes.FullRepository(c.Repo, c.Grant is null ? c.AccountOrNone : null)));
        routes.Patch(repo, EditAsync);
        routes.Post(repo + "/forks", async c => new Answer(202, shapes.FullRepository(await factory.ForkAsync(c.Repo, c.Account), c.Account)));
        routes.Get(repo + "/collaborators", ListCollaborators);
        routes.Get(repo + "/collaborators/{login}/permission", Permission);
        routes.Put(repo + "/collaborators/{login}", SetCollaborator);
        routes.Delete(repo + "/collaborators/{login}", RemoveCollaborator);
        routes.Get(repo + "/branches", async c => c.Page((await c.Repo.Git.BranchesAsync()).OrderBy(b => b.Key, StringComparer.Ordinal), b => BranchShort(c.Repo, b.Key, b.Value)));
        routes.Get(repo + "/branches/{**branch}", BranchAsync);
        routes.Put(repo + "/branches/{**protection}", Protect);
        routes.Get(repo + "/rules/branches/{**branch}", c => c.Page(c.Repo.Rules.Where(r => c.Route("branch").StartsWith(r.Prefix, StringComparison.Ordinal)), r => new JsonObject { ["type"] = r.Type }));
        routes.Get(repo + "/git/ref/{**name}", RefAsync);
        routes.Post(repo + "/git/refs", CreateRefAsync);
        routes.Patch(repo + "/git/refs/{**name}", MoveRefAsync);
        routes.Delete(repo + "/git/refs/{**name}", DeleteRefAsync);
        routes.Post(repo + "/git/commits", MakeCommitAsync);
        routes.Get(repo + "/git/commits/{sha}", async c => Answer.Ok(shapes.GitCommit(await c.Repo.Git.ResolveAsync(c.Route("sha")) is { } sha ? await c.Repo.CommitAsync(sha) : throw ApiProblem.NotFound(), c.Repo)));
        routes.Get(repo + "/commits", async c => c.Page(await c.Repo.Git.LogAsync(await CommitOfAsync(c, c.Query("sha") ?? c.Repo.DefaultBranch)), i => shapes.Commit(i, c.Repo)));
        routes.Get(repo + "/commits/{sha}", CommitAsync);
        routes.Get(repo + "/compare/{**range}", CompareAsync);
        routes.Get(repo + "/contents/{**path}", ContentsAsync);
        routes.Get(repo + "/git/blobs/{sha}", BlobAsync);
    }

    /// <summary>The commit a branch, tag, pull ref or sha names; 404 (as <c>commits</c> routes do: 422) when none.</summary>
    public static async Task<string> CommitOfAsync(ApiCall call, string reference) =>
        await call.Repo.Git.BranchHeadAsync(reference) ?? await call.Repo.Git.ResolveAsync(reference)
        ?? throw new ApiProblem(422, $"No commit found for SHA: {reference}");

    private async Task<Answer> EditAsync(ApiCall call)
    {
        call.Require(RepoAccess.Admin);
        if (call.Text("default_branch") is { } branch)
        {
            _ = await call.Repo.Git.BranchHeadAsync(branch) ?? throw ApiProblem.Invalid("Repository", $"The branch {branch} was not found.", "default_branch");
            call.Repo.DefaultBranch = branch;
        }

        if (call.Text("name") is { } name && name != call.Repo.Name)
        {
            RepoFactory.RequireFree(world, call.Repo.Owner, name);
            world.Rename(call.Repo, name);
        }

        if (call.Body.ContainsKey("archived"))
            call.Repo.IsArchived = call.Flag("archived");
        if (call.Body.ContainsKey("private"))
            call.Repo.IsPrivate = call.Flag("private");
        return Answer.Ok(shapes.FullRepository(call.Repo, call.Account));
    }

    private Answer ListCollaborators(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        return call.Page(
            call.Repo.Access.Keys.Select(world.FindAccount).OfType<Account>().Prepend(call.Repo.Owner).Distinct(), a => Member(call.Repo, a));
    }

    private Answer Permission(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        var account = world.FindAccount(call.Route("login")) ?? throw new ApiProblem(404, $"{call.Route("login")} is not a user");
        var access = call.Repo.AccessOf(account);
        var user = Member(call.Repo, account);
        // The older field knows four levels only.
        var coarse = access switch { RepoAccess.Maintain => "write", RepoAccess.Triage => "read", _ => access.ToString().ToLowerInvariant() };
        return Answer.Ok(new JsonObject { ["permission"] = coarse, ["role_name"] = access.ToString().ToLowerInvariant(), ["user"] = user });
    }

    private JsonObject Member(Repo repo, Account account)
    {
        var json = shapes.Account(account);
        json["role_name"] = repo.AccessOf(account).ToString().ToLowerInvariant();
        json["permissions"] = Shapes.Permissions(repo.AccessOf(account));
        return json;
    }

    private Answer SetCollaborator(ApiCall call)
    {
        call.Require(RepoAccess.Admin);
        var account = world.FindAccount(call.Route("login")) ?? throw ApiProblem.NotFound();
        call.Repo.Access[account.Login] = call.Text("permission") switch
        {
            null or "push" => RepoAccess.Write,
            "pull" => RepoAccess.Read,
            "triage" => RepoAccess.Triage,
            "maintain" => RepoAccess.Maintain,
            "admin" => RepoAccess.Admin,
            var other => throw ApiProblem.Invalid("Repository", $"{other} is not a permission.", "permission"),
        };
        return Answer.NoContent;
    }

    private static Answer RemoveCollaborator(ApiCall call)
    {
        call.Require(RepoAccess.Admin);
        call.Repo.Access.Remove(call.Route("login"));
        return Answer.NoContent;
    }

    private async Task<Answer> BranchAsync(ApiCall call)
    {
        var name = call.Route("branch");
        var sha = await call.Repo.Git.BranchHeadAsync(name) ?? throw new ApiProblem(404, "Branch not found");
        var json = BranchShort(call.Repo, name, sha);
        json["commit"] = shapes.Commit((await call.Repo.Git.LogAsync(sha, limit: 1))[0], call.Repo);
        var self = $"{shapes.Api(call.Repo)}/branches/{Uri.EscapeDataString(name)}";
        json["_links"] = new JsonObject { ["self"] = self, ["html"] = $"{shapes.Web(call.Repo)}/tree/{name}" };
        json["protection_url"] = self + "/protection";
        json["protection"] = new JsonObject { ["enabled"] = call.Repo.ProtectedBranches.Contains(name) };
        return Answer.Ok(json);
    }

    private Answer Protect(ApiCall call)
    {
        const string End = "/protection";
        call.Require(RepoAccess.Admin);
        var path = call.Route("protection");
        if (!path.EndsWith(End, StringComparison.Ordinal)) throw new ApiProblem(404, "Not Found");
        call.Repo.ProtectedBranches.Add(path[..^End.Length]);
        if (call.Body["required_status_checks"] is JsonObject checks && checks["strict"]?.GetValue<bool>() == true)
            call.Repo.StrictBranches.Add(path[..^End.Length]);
        return Answer.Ok(new JsonObject { ["url"] = $"{shapes.Api(call.Repo)}/branches/{path}" });
    }

    private JsonObject BranchShort(Repo repo, string name, string sha) => new()
    {
        ["name"] = name,
        ["commit"] = new JsonObject { ["sha"] = sha, ["url"] = $"{shapes.Api(repo)}/commits/{sha}" },
        ["protected"] = repo.ProtectedBranches.Contains(name),
    };

    private JsonObject RefShape(Repo repo, string branch, string sha) => new()
    {
        ["ref"] = "refs/heads/" + branch,
        ["node_id"] = $"REF_{repo.Id}_{branch}",
        ["url"] = $"{shapes.Api(repo)}/git/refs/heads/{branch}",
        ["object"] = new JsonObject { ["sha"] = sha, ["type"] = "commit", ["url"] = $"{shapes.Api(repo)}/git/commits/{sha}" },
    };

    private async Task<Answer> RefAsync(ApiCall call)
    {
        var branch = BranchOf(call.Route("name"));
        if ((await call.Repo.Git.BranchesAsync()).Count == 0)
            throw new ApiProblem(409, "Git Repository is empty.");
        return Answer.Ok(RefShape(call.Repo, branch, await call.Repo.Git.BranchHeadAsync(branch) ?? throw ApiProblem.NotFound()));
    }

    private async Task<Answer> CreateRefAsync(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        var name = call.Needed("Reference", "ref");
        if (!name.StartsWith("refs/heads/", StringComparison.Ordinal))
            throw new ApiProblem(422, "Reference name must start with 'refs/heads/' here.");
        var branch = name["refs/heads/".Length..];
        var sha = await call.Repo.Git.ResolveAsync(call.Needed("Reference", "sha")) ?? throw new ApiProblem(422, "Object does not exist");
        if (await call.Repo.Git.BranchHeadAsync(branch) is not null)
            throw new ApiProblem(422, "Reference already exists");
        return Answer.Created(await MoveAsync(call, branch, RefChange.Zero, sha));
    }

    private async Task<Answer> MoveRefAsync(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        var branch = BranchOf(call.Route("name"));
        var before = await call.Repo.Git.BranchHeadAsync(branch) ?? throw new ApiProblem(422, "Reference does not exist");
        var sha = await call.Repo.Git.ResolveAsync(call.Needed("Reference", "sha")) ?? throw new ApiProblem(422, "Object does not exist");
        if (!call.Flag("force") && !await call.Repo.Git.IsAncestorAsync(before, sha))
            throw new ApiProblem(422, "Update is not a fast forward");
        return Answer.Ok(await MoveAsync(call, branch, before, sha));
    }

    // As GitHub does, a commit is signed that an App makes and that names nobody.
    private async Task<Answer> MakeCommitAsync(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        var (message, tree, parents) = (call.Needed("Commit", "message"), call.Needed("Commit", "tree"), (call.Body["parents"] as JsonArray ?? []).Select(p => p?.ToString() ?? "").ToList());
        if (!await call.Repo.Git.HasTreeAsync(tree))
            throw new ApiProblem(422, "Tree SHA does not exist");
        foreach (var parent in parents)
        {
            if (await call.Repo.Git.ResolveAsync(parent) != parent)
                throw new ApiProblem(422, "Parent SHA does not exist or is not a commit object");
        }

        var by = call.Body["author"] as JsonObject;
        var author = new CommitInfo(
            "", "", [], by?["name"]?.ToString() ?? call.Account.Login, by?["email"]?.ToString() ?? $"{call.Account.Id}+{call.Account.Login}@users.noreply.localforge", world.Now, "");
        var sha = await call.Repo.Git.CommitTreeAsync(tree, parents, message.TrimEnd(), author);
        if (call.Grant is not null && by is null && call.Body["committer"] is null && call.Body["signature"] is null)
            call.Repo.SignedCommits.Add(sha);
        return Answer.Created(shapes.GitCommit(await call.Repo.CommitAsync(sha), call.Repo));
    }

    private async Task<JsonObject> MoveAsync(ApiCall call, string branch, string before, string sha)
    {
        if (call.Repo.Rules.Exists(r => r.Type == "required_signatures" && branch.StartsWith(r.Prefix, StringComparison.Ordinal))
            && (await call.Repo.Git.LogAsync(sha, before == RefChange.Zero ? call.Repo.DefaultBranch : before)).Any(c => !call.Repo.SignedCommits.Contains(c.Sha)))
            throw new ApiProblem(422, "Repository rule violations found\n\nCommits must have verified signatures.\n\n");
        await call.Repo.Git.UpdateRefAsync("refs/heads/" + branch, sha, before);
        await actions.PushedAsync(call.Repo, call.Account, [new RefChange(branch, before, sha)]);
        return RefShape(call.Repo, branch, sha);
    }

    private async Task<Answer> DeleteRefAsync(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        var branch = BranchOf(call.Route("name"));
        var before = await call.Repo.Git.BranchHeadAsync(branch) ?? throw new ApiProblem(422, "Reference does not exist");
        await call.Repo.Git.DeleteRefAsync("refs/heads/" + branch);
        await actions.PushedAsync(call.Repo, call.Account, [new RefChange(branch, before, RefChange.Zero)]);
        return Answer.NoContent;
    }

    private static string BranchOf(string name) =>
        name.StartsWith("heads/", StringComparison.Ordinal) ? name["heads/".Length..] : throw ApiProblem.NotFound();

    private async Task<Answer> CommitAsync(ApiCall call)
    {
        var sha = await CommitOfAsync(call, call.Route("sha"));
        var commit = (await call.Repo.Git.LogAsync(sha, limit: 1))[0];
        var json = shapes.Commit(commit, call.Repo);
        if (commit.Parents.Count > 0)
            json["files"] = new JsonArray([.. (await call.Repo.Git.DiffAsync(commit.Parents[0], sha)).Select(f => shapes.File(f, call.Repo, sha))]);
        return Answer.Ok(json);
    }

    private async Task<Answer> CompareAsync(ApiCall call)
    {
        var ends = call.Route("range").Split("...", 2);
        if (ends.Length != 2)
            throw ApiProblem.NotFound();
        string from = await CommitOfAsync(call, ends[0]), to = await CommitOfAsync(call, ends[1]);
        if (call.Accept.Contains("diff", StringComparison.Ordinal))
            return new Answer(200) { Text = await call.Repo.Git.PatchAsync(from, to) };
        var ahead = await call.Repo.Git.LogAsync(to, from);
        var behind = await call.Repo.Git.LogAsync(from, to);
        var self = $"{shapes.Api(call.Repo)}/compare/{Uri.EscapeDataString(ends[0])}...{Uri.EscapeDataString(ends[1])}";
        var web = $"{shapes.Web(call.Repo)}/compare/{Uri.EscapeDataString(ends[0])}...{Uri.EscapeDataString(ends[1])}";
        var meet = await call.Repo.Git.MergeBaseAsync(from, to) ?? from;
        return Answer.Ok(new JsonObject
        {
            ["url"] = self,
            ["html_url"] = web,
            ["permalink_url"] = web,
            ["diff_url"] = web + ".diff",
            ["patch_url"] = web + ".patch",
            ["base_commit"] = shapes.Commit(await call.Repo.CommitAsync(from), call.Repo),
            ["merge_base_commit"] = shapes.Commit(await call.Repo.CommitAsync(meet), call.Repo),
            ["status"] = (ahead.Count, behind.Count) switch { (0, 0) => "identical", (0, _) => "behind", (_, 0) => "ahead", _ => "diverged" },
            ["ahead_by"] = ahead.Count,
            ["behind_by"] = behind.Count,
            ["total_commits"] = ahead.Count,
            ["commits"] = new JsonArray([.. ahead.Reverse().Select(i => shapes.Commit(i, call.Repo))]),
            ["files"] = new JsonArray([.. (await call.Repo.Git.DiffAsync(from, to)).Select(f => shapes.File(f, call.Repo, to))]),
        });
    }

    private async Task<Answer> ContentsAsync(ApiCall call)
    {
        var path = call.Route("path").Trim('/');
        var reference = call.Query("ref") ?? call.Repo.DefaultBranch;
        var sha = await call.Repo.Git.BranchHeadAsync(reference) ?? await call.Repo.Git.ResolveAsync(reference)
            ?? throw new ApiProblem(404, $"No commit found for the ref {reference}");
        var entry = path.Length == 0 ? null : await call.Repo.Git.EntryAsync(sha, path) ?? throw ApiProblem.NotFound();
        if (entry is null or { Type: "tree" })
        {
            var entries = await call.Repo.Git.ListAsync(sha, path) ?? throw ApiProblem.NotFound();
            return Answer.Ok(new JsonArray([.. entries.Select(e => EntryShape(call.Repo, e, reference))]));
        }

        var json = EntryShape(call.Repo, entry, reference);
        if (entry.Type == "blob" && entry.Size <= 1_000_000)
        {
            json["encoding"] = "base64";
            json["content"] = Wrapped(await call.Repo.Git.BlobAsync(entry.Sha));
        }
        else if (entry.Type == "blob")
        {
            // Above 1 MB GitHub leaves the content out.
            json["encoding"] = "none";
            json["content"] = "";
        }

        // Of a link GitHub tells what it leads to, and of another's commit where that is.
        if (entry.Mode == "120000")
            json["target"] = Encoding.UTF8.GetString(await call.Repo.Git.BlobAsync(entry.Sha));
        else if (entry.Type == "commit")
            json["submodule_git_url"] = null;
        return Answer.Ok(json);
    }

    private async Task<Answer> BlobAsync(ApiCall call)
    {
        var sha = call.Route("sha");
        if (sha.Length != 40 || !sha.All(char.IsAsciiHexDigit))
            throw new ApiProblem(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].");
        var bytes = await call.Repo.Git.BlobAsync(sha);
        return Answer.Ok(new JsonObject
        {
            ["sha"] = sha,
            ["node_id"] = $"B_{sha}",
            ["url"] = $"{shapes.Api(call.Repo)}/git/blobs/{sha}",
            ["size"] = bytes.Length,
            ["encoding"] = "base64",
            ["content"] = Wrapped(bytes),
        });
    }

    private JsonObject EntryShape(Repo repo, TreeEntry entry, string reference)
    {
        var self = $"{shapes.Api(repo)}/contents/{Escaped(entry.Path)}?ref={Uri.EscapeDataString(reference)}";
        var git = $"{shapes.Api(repo)}/git/{(entry.Type == "tree" ? "trees" : "blobs")}/{entry.Sha}";
        var web = $"{shapes.Web(repo)}/{(entry.Type == "tree" ? "tree" : "blob")}/{Uri.EscapeDataString(reference)}/{Escaped(entry.Path)}";
        return new JsonObject
        {
            ["type"] = entry switch { { Type: "tree" } => "dir", { Type: "commit" } => "submodule", { Mode: "120000" } => "symlink", _ => "file" },
            ["name"] = entry.Path[(entry.Path.LastIndexOf('/') + 1)..],
            ["path"] = entry.Path,
            ["sha"] = entry.Sha,
            ["size"] = entry.Size,
            ["url"] = self,
            ["html_url"] = web,
            ["git_url"] = git,
            ["download_url"] = entry.Type == "blob" ? web : null,
            ["_links"] = new JsonObject { ["self"] = self, ["git"] = git, ["html"] = web },
        };
    }

    private JsonObject RootShape()
    {
        var json = Links.OfRoot(world.ApiUrl);
        json["current_user_authorizations_html_url"] = world.BaseUrl + "/settings/connections/applications{/client_id}";
        return json;
    }

    private static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    // GitHub breaks base64 into lines of 60 characters; clients must cope.
    private static string Wrapped(byte[] bytes)
    {
        var text = Convert.ToBase64String(bytes);
        var lines = new StringBuilder(text.Length + (text.Length / 60) + 1);
        for (var i = 0; i < text.Length; i += 60)
            lines.Append(text, i, Math.Min(60, text.Length - i)).Append('\n');
        return lines.ToString();
    }
}
