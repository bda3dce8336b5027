using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CodingAgent.Playground.LocalForge.Git;

/// <summary>Git smart HTTP through <c>git http-backend</c>, with the forge's users and access in front.</summary>
internal sealed partial class GitHttp(World world, Actions actions, string root, Action<string>? log)
{
    private const string UploadPack = "git-upload-pack";
    private const string ReceivePack = "git-receive-pack";

    /// <summary>Serves what is a repository's git address; its owner may be a group in groups of GitLab's, for which routes have no form.</summary>
    public Task ServeAsync(HttpContext http, RequestDelegate next)
    {
        var match = GitAddress().Match(http.Request.Path.Value ?? "");
        var (get, file) = (HttpMethods.IsGet(http.Request.Method), match.Groups["file"].Value);
        if (!match.Success || (file == "info/refs") != get || !(get || HttpMethods.IsPost(http.Request.Method)))
            return next(http);
        return ServeAsync(http, match.Groups["owner"].Value, match.Groups["repo"].Value, file, get ? http.Request.Query["service"].ToString() : file);
    }

    [GeneratedRegex("^/(?<owner>.+)/(?<repo>[^/]+)\\.git/(?<file>info/refs|git-upload-pack|git-receive-pack)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex GitAddress();

    private async Task ServeAsync(HttpContext http, string owner, string name, string file, string service)
    {
        // The dumb protocol would bypass nothing here, but nobody needs it.
        if (service is not (UploadPack or ReceivePack))
        {
            await RefuseAsync(http, 403, "Please upgrade your git client.\nThis server speaks only the smart protocol.");
            return;
        }

        var (caller, badToken) = await CallerAsync(http);
        var account = caller.Account;
        var repo = world.FindRepo(owner, name) ?? world.FindRenamed(owner, name);
        var access = badToken || repo is null ? RepoAccess.None : caller.Grant is { } grant ? AccessOf(grant, repo) : repo.AccessOf(account);
        var needed = service == ReceivePack ? RepoAccess.Write : RepoAccess.Read;
        if (repo is null || access < needed || (service == ReceivePack && account is null))
        {
            if (account is null)
            {
                http.Response.Headers.WWWAuthenticate = "Basic realm=\"LocalForge\"";
                await RefuseAsync(http, 401, badToken ? "Invalid username or token." : "Sign in with a token.");
            }
            else if (access < RepoAccess.Read)
            {
                await RefuseAsync(http, 404, "Repository not found.");
            }
            else
            {
                await RefuseAsync(http, 403, $"Permission to {repo!.FullName}.git denied to {account.Login}.");
            }

            return;
        }

        if (service == ReceivePack && repo.IsArchived)
        {
            await RefuseAsync(http, 403, "This repository was archived so it is read-only.");
            return;
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var body = Path.Combine(root, "spool-" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture));
        try
        {
            // The whole request is on disk before the gate is taken, so that a slow client holds up nobody.
            await using (var spool = File.Create(body))
                await http.Request.Body.CopyToAsync(spool, http.RequestAborted);
            if (file == ReceivePack)
                await ReceiveAsync(http, repo, account!, body);
            else
                await WriteAsync(http, await RunBackendAsync(http, repo, account, file, body));
        }
        finally
        {
            File.Delete(body);
        }
    }

    private async Task<(Caller Caller, bool BadToken)> CallerAsync(HttpContext http)
    {
        await world.Gate.WaitAsync(http.RequestAborted);
        try
        {
            return (Credentials.Read(http, world), false);
        }
        catch (ApiProblem)
        {
            return (new Caller(null), true);
        }
        finally
        {
            world.Gate.Release();
        }
    }

    private static RepoAccess AccessOf(AppGrant grant, Repo repo) =>
        grant.Installation.SuspendedAt is not null || !grant.Covers(repo) || !grant.Allows("contents", "read") ? RepoAccess.None
        : grant.Allows("contents", "write") ? RepoAccess.Write : RepoAccess.Read;

    // The answer leaves after the push is understood: when `git push` returns, pull requests show the new head.
    private async Task ReceiveAsync(HttpContext http, Repo repo, Account account, string body)
    {
        await world.Gate.WaitAsync(http.RequestAborted);
        byte[] answer;
        try
        {
            var before = await repo.Git.BranchesAsync();
            answer = await RunBackendAsync(http, repo, account, ReceivePack, body);
            var after = await repo.Git.BranchesAsync();
            var changes = before.Keys.Union(after.Keys)
                .Select(b => new RefChange(b, before.GetValueOrDefault(b, RefChange.Zero), after.GetValueOrDefault(b, RefChange.Zero)))
                .Where(c => c.Before != c.After).OrderBy(c => c.Branch, StringComparer.Ordinal).ToList();
            foreach (var change in changes)
                log?.Invoke($"push {repo.FullName} {change.Branch} {change.Before[..7]}..{change.After[..7]} by {account.Login}");
            await actions.PushedAsync(repo, account, changes);
        }
        finally
        {
            world.Gate.Release();
        }

        await WriteAsync(http, answer);
    }

    private async Task<byte[]> RunBackendAsync(HttpContext http, Repo repo, Account? account, string file, string body)
    {
        var request = http.Request;
        var info = GitProgram.StartInfo("http-backend");
        info.Environment["GIT_PROJECT_ROOT"] = root;
        info.Environment["GIT_HTTP_EXPORT_ALL"] = "1";
        info.Environment["PATH_INFO"] = $"/{Path.GetRelativePath(root, repo.Git.Directory)}/{file}";
        info.Environment["REQUEST_METHOD"] = request.Method;
        info.Environment["QUERY_STRING"] = request.QueryString.Value?.TrimStart('?') ?? "";
        info.Environment["CONTENT_TYPE"] = request.ContentType ?? "";
        info.Environment["CONTENT_LENGTH"] = new FileInfo(body).Length.ToString(CultureInfo.InvariantCulture);
        info.Environment["REMOTE_ADDR"] = "127.0.0.1";
        if (account is not null)
            info.Environment["REMOTE_USER"] = account.Login;
        if (request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding)
            info.Environment["HTTP_CONTENT_ENCODING"] = encoding;
        if (request.Headers["Git-Protocol"].ToString() is { Length: > 0 } protocol)
            info.Environment["GIT_PROTOCOL"] = protocol;

        using var process = Process.Start(info) ?? throw new InvalidOperationException("git http-backend could not be started.");
        using var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output, CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await using var input = File.OpenRead(body);
            await input.CopyToAsync(process.StandardInput.BaseStream, CancellationToken.None);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The backend stopped reading; its answer says why.
        }

        await reading;
        await process.WaitForExitAsync(CancellationToken.None);
        if (await errors is { Length: > 0 } text)
            log?.Invoke($"git http-backend: {text.Trim()}");
        return output.ToArray();
    }

    // A CGI answer: header lines, an empty line, the body.
    private static async Task WriteAsync(HttpContext http, byte[] answer)
    {
        var end = answer.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            await RefuseAsync(http, 500, "git http-backend gave no answer.");
            return;
        }

        foreach (var line in Encoding.ASCII.GetString(answer, 0, end).Split("\r\n"))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                continue;
            string name = line[..colon], value = line[(colon + 1)..].Trim();
            if (name.Equals("Status", StringComparison.OrdinalIgnoreCase))
                http.Response.StatusCode = int.Parse(value.AsSpan(0, 3), CultureInfo.InvariantCulture);
            else
                http.Response.Headers[name] = value;
        }

        await http.Response.Body.WriteAsync(answer.AsMemory(end + 4), http.RequestAborted);
    }

    private static async Task RefuseAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.WriteAsync(text, http.RequestAborted);
    }
}
