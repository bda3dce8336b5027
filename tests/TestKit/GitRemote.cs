using System.Diagnostics;

namespace CodingAgent.TestKit;

/// <summary>A bare repository on disk with one commit, as a remote for tests.</summary>
public sealed class GitRemote : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("coding-agent-remote-").FullName;

    public GitRemote(IReadOnlyDictionary<string, string> files, string message = "x")
    {
        var work = Path.Combine(_root, "work");
        Directory.CreateDirectory(work);
        Run(work, "init", "-q", "-b", "main");
        Sha = Commit(files, message);
        Run(_root, "clone", "-q", "--bare", work, Path.Combine(_root, "remote.git"));
    }

    public string Sha { get; private set; }

    public Uri Url => new(Path.Combine(_root, "remote.git"));

    /// <summary>A folder for the service's own git data.</summary>
    public string Data => Path.Combine(_root, "data");

    public string Git(params string[] arguments) => Run(Path.Combine(_root, "remote.git"), arguments);

    /// <summary>Somebody commits on a branch of the remote.</summary>
    public string CommitOn(string branch, string path, string text)
    {
        var work = Path.Combine(_root, "work");
        Run(work, "fetch", "-q", Path.Combine(_root, "remote.git"), branch);
        Run(work, "checkout", "-q", "-B", branch, "FETCH_HEAD");
        var sha = Commit(new Dictionary<string, string> { [path] = text });
        Run(work, "push", "-q", Path.Combine(_root, "remote.git"), branch);
        return sha;
    }

    /// <summary>Pins a submodule on the main branch.</summary>
    public void Pin(string path, string sha)
    {
        var work = Path.Combine(_root, "work");
        Run(work, "update-index", "--add", "--cacheinfo", $"160000,{sha},{path}");
        Run(work, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "x");
        Sha = Run(work, "rev-parse", "HEAD").Trim();
        Run(work, "push", "-q", Path.Combine(_root, "remote.git"), "main");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Commit(IReadOnlyDictionary<string, string> files, string message = "x")
    {
        var work = Path.Combine(_root, "work");
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(work, path))!);
            File.WriteAllText(Path.Combine(work, path), text);
        }

        Run(work, "add", "-A");
        Run(work, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", message);
        return Run(work, "rev-parse", "HEAD").Trim();
    }

    private static string Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        return git.ExitCode == 0 ? output : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {error}");
    }
}
