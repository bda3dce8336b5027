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

    /// <summary>Writes the tree, and a commit that carries it on top of the base: the same tree on the same base always has the same one.</summary>
    /// <param name="baseSha">Commit whose tree is changed.</param>
    /// <param name="deleted">Paths that are gone.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<(string Tree, string Carrier)> WriteAsync(string baseSha, IEnumerable<string> deleted, CancellationToken cancellationToken)
    {
        var marks = _pending.Select((path, i) => (Path: path, Mark: $":{i + 1}")).ToList();
        var carrier = $":{_pending.Count + 1}";
        var identity = TrustedGit.SnapshotIdentity;
        Line($"commit {Branch}\nmark {carrier}\ncommitter {identity.Name} <{identity.Email}> 0 +0000\ndata {TrustedGit.SnapshotMessage.Length}\n{TrustedGit.SnapshotMessage}from {baseSha}");
        foreach (var path in deleted) Line($"D {Quoted(path)}");
        foreach (var (path, mode, id) in _files) Line($"M {mode} {id} {Quoted(path)}");
        foreach (var (path, mark) in marks) Line($"M {_modes[path]} {mark} {Quoted(path)}");
        Line($"ls \"\"\n\nget-mark {carrier}\nreset {Branch}\n");
        var answer = await SendAsync(cancellationToken);
        // "040000 tree ID<tab>", or "missing " when nothing is left; then the commit's id.
        return answer is [var listed, var commit, ..] && listed.Split(' ', '\t') is ["040000", "tree", var tree, ..] && GitPaths.IsObjectId(tree) && GitPaths.IsObjectId(commit)
            ? (tree, commit)
            : throw new GitFailedException($"git fast-import answered '{string.Join(' ', answer)}' where a tree and its commit were expected.");
    }

    private async Task<string[]> SendAsync(CancellationToken cancellationToken)
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

        var answer = lines[_pending.Count..];
        _pending.Clear();
        _stream.Clear();
        return answer;
    }

    private void Line(string text)
    {
        _stream.Write(GitText.Encode(text));
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
