using System.Diagnostics;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>A remote repository on disk, made with the plain git program as any developer would.</summary>
public sealed class Origin : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public Origin()
    {
        Git(_folder.Path, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git");
        Git(_folder.Path, "clone", "--quiet", BarePath, "clone");
        Git(ClonePath, "checkout", "--quiet", "-b", "main");
    }

    public string BarePath => _folder["origin.git"];

    public string ClonePath => _folder["clone"];

    public string Url => $"file://{BarePath}";

    /// <summary>Writes files (null deletes), commits and pushes them; returns the commit.</summary>
    public string Commit(string branch, params (string Path, string? Content)[] files)
    {
        if (Current() != branch) Git(ClonePath, "checkout", "--quiet", "-B", branch);
        foreach (var (path, content) in files)
        {
            var target = Path.Combine(ClonePath, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (content is null) File.Delete(target);
            else File.WriteAllText(target, content);
        }

        Git(ClonePath, "add", "--all", "--force");
        return CommitIndex(branch);
    }

    public string CommitIndex(string branch)
    {
        Git(ClonePath, "commit", "--quiet", "--allow-empty", "-m", "change");
        Git(ClonePath, "push", "--quiet", "origin", $"HEAD:refs/heads/{branch}");
        return Git(ClonePath, "rev-parse", "HEAD").Trim();
    }

    public string BranchHead(string branch) => Git(BarePath, "rev-parse", "--verify", "--quiet", $"refs/heads/{branch}").Trim();

    public string Git(string directory, params string[] arguments)
    {
        var info = new ProcessStartInfo("git", arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        info.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        info.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        info.Environment["GIT_CONFIG_COUNT"] = "1";
        info.Environment["GIT_CONFIG_KEY_0"] = "safe.directory";
        info.Environment["GIT_CONFIG_VALUE_0"] = "*";
        foreach (var role in new[] { "AUTHOR", "COMMITTER" })
        {
            info.Environment[$"GIT_{role}_NAME"] = "Dev";
            info.Environment[$"GIT_{role}_EMAIL"] = "dev@example.com";
        }

        using var process = Process.Start(info)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {error.Result}");
    }

    public void Dispose() => _folder.Dispose();

    private string Current() => Git(ClonePath, "symbolic-ref", "--short", "HEAD").Trim();
}
