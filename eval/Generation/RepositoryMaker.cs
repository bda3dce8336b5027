using System.Globalization;
using System.Text;
using CodingAgent.Eval.Bundles;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Eval.Generation;

/// <summary>Makes repositories with a history from bundles, and takes local ones as they are.</summary>
/// <param name="scratch">Folder they are made in.</param>
internal sealed class RepositoryMaker(string scratch)
{
    private const int FilesPerFolder = 80;
    private static readonly UTF8Encoding WithMark = new(encoderShouldEmitUTF8Identifier: true);
    private static readonly UTF8Encoding WithoutMark = new(encoderShouldEmitUTF8Identifier: false);

    // Any day will do, as long as it is the same in each run.
    private DateTimeOffset _day = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Makes a bundle's repository.</summary>
    /// <param name="bundle">Bundle.</param>
    /// <param name="values">What stands for each <c>{{name}}</c> in its files.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<MadeRepository> MakeAsync(RepositoryBundle bundle, IReadOnlyDictionary<string, string> values, CancellationToken ct)
    {
        var git = await InitAsync(bundle.Name, ct);
        await WriteAsync(bundle, git.Folder, bundle.Base.Where(f => !f.Key.Contains('/', StringComparison.Ordinal)), values, ct);
        await CommitAsync(git, "Begin", ct);
        await WriteAsync(bundle, git.Folder, bundle.Base.Where(f => f.Key.Contains('/', StringComparison.Ordinal) && !IsTest(f.Key)), values, ct);
        await CommitAsync(git, "Add the code", ct);
        await git.RunAsync(ct, "tag", "v0.1.0");
        await WriteAsync(bundle, git.Folder, bundle.Base.Where(f => IsTest(f.Key)), values, ct);
        await CommitAsync(git, "Test what is there", ct);
        Fill(git.Folder, bundle.Header.Filler);
        var submodule = bundle.Header.Submodule.Length == 0 ? null : await AddSubmoduleAsync(bundle, git, ct);
        await CommitAsync(git, "Add what belongs to it", ct);
        await git.RunAsync(ct, "tag", "--annotate", "--message", "Version 0.2.0", "v0.2.0");

        await WriteAsync(bundle, git.Folder, bundle.After, values, ct);
        foreach (var path in bundle.Header.Deleted)
            File.Delete(Path.Combine(git.Folder, path));
        await git.RunAsync(ct, "add", "--all");
        var tree = await git.RunAsync(ct, "write-tree");
        await git.RunAsync(ct, "reset", "--quiet", "--hard");
        await git.RunAsync(ct, "clean", "-dfxq");
        return await DescribeAsync(bundle.Name, bundle.Header, git, tree, ct) with { Submodule = submodule };
    }

    /// <summary>Takes the commit a local repository stands at, with a patch made by <c>git diff</c>. The repository itself is not touched.</summary>
    /// <exception cref="EvalException">It is no repository, is shallow, or the patch does not apply.</exception>
    public async Task<MadeRepository> TakeAsync(string folder, string patch, string? issue, CancellationToken ct)
    {
        var source = new Git(Path.GetFullPath(folder));
        var head = await source.RunAsync(ct, "rev-parse", "--verify", "HEAD");
        if (await source.RunAsync(ct, "rev-parse", "--is-shallow-repository") == "true")
            throw new EvalException($"{folder} is a shallow clone, which cannot be pushed elsewhere: git fetch --unshallow first.");
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(source.Folder));
        var bare = Path.Combine(scratch, name + ".git");
        await source.RunAsync(ct, "clone", "--quiet", "--bare", "--no-hardlinks", source.Folder, bare);
        var git = new Git(bare);
        await git.RunAsync(ct, "update-ref", "--no-deref", "HEAD", head);
        var index = git.With("GIT_INDEX_FILE", Path.Combine(scratch, name + ".index"));
        await index.RunAsync(ct, "read-tree", head);
        await index.RunAsync(ct, "apply", "--cached", "--binary", "--whitespace=nowarn", Path.GetFullPath(patch));
        var text = issue is null ? await git.RunAsync(ct, "log", "-1", "--format=Carry on after: %s") : await File.ReadAllTextAsync(issue, ct);
        var lines = text.Trim().Split('\n', 2);
        var header = new BundleHeader { Ecosystem = "local", Issue = lines[0].TrimStart('#', ' ').Trim(), Body = lines.Length > 1 ? lines[1].Trim() : "" };
        return await DescribeAsync(name, header, git, await index.RunAsync(ct, "write-tree"), ct);
    }

    private static async Task<MadeRepository> DescribeAsync(string name, BundleHeader header, Git git, string tree, CancellationToken ct)
    {
        var files = await ReferenceReader.ReadAsync(git, "HEAD^{tree}", tree, ct);
        if (files.Count == 0)
            throw new EvalException($"{name}: the reference change changes nothing.");
        var count = (await git.RunAsync(ct, "ls-tree", "-r", "--name-only", "-z", "HEAD")).Count(c => c == '\0');
        return new MadeRepository(name, header, git, count, tree, new ReferenceChange($"{Stage.Owner}/{name}", header.Issue, files));
    }

    private async Task<Git> InitAsync(string name, CancellationToken ct)
    {
        var git = new Git(Path.Combine(scratch, name));
        Directory.CreateDirectory(git.Folder);
        await git.RunAsync(ct, "init", "--quiet", "--initial-branch", "main");
        return git;
    }

    private async Task CommitAsync(Git git, string message, CancellationToken ct)
    {
        _day = _day.AddDays(1);
        var date = _day.ToString("O", CultureInfo.InvariantCulture);
        await git.RunAsync(ct, "add", "--all");
        await git.With("GIT_AUTHOR_DATE", date).With("GIT_COMMITTER_DATE", date).RunAsync(ct, "commit", "--quiet", "--allow-empty", "--message", message);
    }

    private async Task<Git> AddSubmoduleAsync(RepositoryBundle bundle, Git git, CancellationToken ct)
    {
        var folder = bundle.Header.Submodule;
        var other = await InitAsync($"{bundle.Name}-{folder}", ct);
        await File.WriteAllTextAsync(Path.Combine(other.Folder, "colours.txt"), "red\ngreen\n", ct);
        await CommitAsync(other, "Two colours", ct);
        var sha = await other.RunAsync(ct, "rev-parse", "HEAD");
        // Beside this one on the forge.
        await File.WriteAllTextAsync(
            Path.Combine(git.Folder, ".gitmodules"), $"[submodule \"{folder}\"]\n\tpath = {folder}\n\turl = ../{bundle.Name}-{folder}.git\n", ct);
        Directory.CreateDirectory(Path.Combine(git.Folder, folder));
        await git.RunAsync(ct, "update-index", "--add", "--cacheinfo", $"160000,{sha},{folder}");
        return other;
    }

    private static async Task WriteAsync(
        RepositoryBundle bundle, string folder, IEnumerable<KeyValuePair<string, string>> files, IReadOnlyDictionary<string, string> values, CancellationToken ct)
    {
        var header = bundle.Header;
        foreach (var (path, given) in files)
        {
            var text = values.Aggregate(given, (t, v) => t.Replace("{{" + v.Key + "}}", v.Value, StringComparison.Ordinal));
            if (header.Crlf.Any(path.EndsWith))
                text = text.ReplaceLineEndings("\r\n");
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, text, header.Bom.Any(path.EndsWith) ? WithMark : WithoutMark, ct);
            if (header.Executable.Contains(path))
                File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
    }

    private static void Fill(string folder, int count)
    {
        string[] countries = ["AT", "DE", "FR", "JP", "NO"];
        for (var i = 0; i < count; i++)
        {
            var place = Path.Combine(folder, "data", $"{i / FilesPerFolder:x2}");
            Directory.CreateDirectory(place);
            File.WriteAllText(
                Path.Combine(place, $"place-{i}.json"), $"{{ \"name\": \"Place {i}\", \"country\": \"{countries[i % countries.Length]}\", \"height\": {i * 7919 % 3000} }}\n");
        }
    }

    private static bool IsTest(string path) => path.Contains("test", StringComparison.OrdinalIgnoreCase);
}
