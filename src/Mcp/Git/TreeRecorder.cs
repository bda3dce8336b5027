using System.Buffers;
using System.Text;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// Writes a commit's tree with some paths changed, through <c>git fast-import</c>: it loads only the folders on the way to a changed path,
/// so the cost is the change's, whatever else the tree holds. Content comes from us, so git opens nothing in a workspace.
/// </summary>
internal sealed class TreeRecorder(GitProcess git, string gitDirectory)
{
    // Content is sent in portions, so that a large change is not in memory as a whole.
    private const int PortionBytes = 32 * 1024 * 1024;

    // Never comes to be: the stream takes it back before git writes references.
    private const string Branch = "refs/coding-agent/recording";

    private readonly ArrayBufferWriter<byte> _stream = new();
    private readonly List<string> _pending = [];
    private readonly List<(string Path, string Mode, string ObjectId)> _files = [];
    private readonly Dictionary<string, string> _modes = new(StringComparer.Ordinal);

    /// <summary>Ids of the contents that were added, by path.</summary>
    public Dictionary<string, string> Written { get; } = new(StringComparer.Ordinal);

    /// <summary>A changed path whose content git has.</summary>
    public void Add(string path, string mode, string objectId) => _files.Add((path, mode, objectId));

    /// <summary>A changed path with new content.</summary>
    public async Task AddAsync(string path, string mode, byte[] content, CancellationToken cancellationToken)
    {
        _pending.Add(path);
        _modes[path] = mode;
        Line($"blob\nmark :{_pending.Count}\ndata {content.Length}");
        _stream.Write(content);
        Line($"\nget-mark :{_pending.Count}");
        if (_stream.WrittenCount >= PortionBytes) await SendAsync(cancellationToken);
    }

    /// <summary>Writes the tree.</summary>
    /// <param name="baseSha">Commit whose tree is changed.</param>
    /// <param name="deleted">Paths that are gone.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<string> WriteAsync(string baseSha, IEnumerable<string> deleted, CancellationToken cancellationToken)
    {
        var marks = _pending.Select((path, i) => (Path: path, Mark: $":{i + 1}")).ToList();
        Line($"commit {Branch}\ncommitter snapshot <snapshot@localhost> 0 +0000\ndata 0\nfrom {baseSha}");
        foreach (var path in deleted) Line($"D {Quoted(path)}");
        foreach (var (path, mode, id) in _files) Line($"M {mode} {id} {Quoted(path)}");
        foreach (var (path, mark) in marks) Line($"M {_modes[path]} {mark} {Quoted(path)}");
        Line($"ls \"\"\n\nreset {Branch}\n");
        var answer = await SendAsync(cancellationToken);
        // "040000 tree ID<tab>", or "missing " when nothing is left.
        var fields = answer.Split(' ', '\t');
        return fields is ["040000", "tree", var tree, ..] && GitPaths.IsObjectId(tree)
            ? tree
            : throw new GitFailedException($"git fast-import answered '{answer}' where a tree was expected.");
    }

    private async Task<string> SendAsync(CancellationToken cancellationToken)
    {
        Line("done");
        var call = new GitCall(gitDirectory, "fast-import", "--quiet", "--done", "--date-format=raw") { Input = _stream.WrittenMemory };
        var lines = Encoding.UTF8.GetString(await git.RunAsync(call, cancellationToken)).Split('\n');
        for (var i = 0; i < _pending.Count; i++)
        {
            Written[_pending[i]] = GitPaths.RequireObjectId(lines[i], "blob");
            // Later portions, and the tree, name it by its id.
            _files.Add((_pending[i], _modes[_pending[i]], lines[i]));
        }

        var answer = lines.Length > _pending.Count ? lines[_pending.Count] : "";
        _pending.Clear();
        _stream.Clear();
        return answer;
    }

    private void Line(string text)
    {
        _stream.Write(Encoding.UTF8.GetBytes(text));
        _stream.Write("\n"u8);
    }

    /// <summary>A path as git quotes it in C's manner.</summary>
    private static string Quoted(string path)
    {
        var text = new StringBuilder("\"");
        foreach (var c in path)
        {
            if (c is '"' or '\\') text.Append('\\').Append(c);
            else if (c < ' ' || c == '\x7f') text.Append('\\').Append(Convert.ToString(c, 8).PadLeft(3, '0'));
            else text.Append(c);
        }

        return text.Append('"').ToString();
    }
}
