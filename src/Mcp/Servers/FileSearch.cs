using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Patterns;
using Microsoft.Win32.SafeHandles;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Servers;

/// <summary>Lists and searches the files of a workspace, and says what was passed over.</summary>
internal sealed class FileSearch(WorkspaceFolder folder, PathPolicy policy, int maxFileBytes)
{
    private const int MaxListed = 400;
    private const int MaxMatches = 100;
    private const int LongestShown = 200;
    private const int ShownBefore = 60;
    private const int MaxNamed = 3;
    private const int FilesAtOnce = 64;

    // Between two looks at the token; a line is as long as its file at most.
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(2);

    private static readonly HashSet<string> BuildOutput = new(StringComparer.Ordinal)
    {
        "obj", "node_modules", "TestResults", "__pycache__", ".vs", ".venv", ".tox", ".nox", ".gradle", ".next", ".nuxt", ".pytest_cache", ".mypy_cache", ".ruff_cache",
    };

    /// <summary>Paths below a folder, one a line.</summary>
    /// <param name="path">The folder; empty for the root.</param>
    /// <param name="pattern">Glob from the root or from the folder; without a slash it is about names at any depth.</param>
    /// <param name="stop">Stops the walk.</param>
    public string List(string path, string? pattern, CancellationToken stop)
    {
        var wanted = PathGlobs.Parse(pattern, path);
        var listed = new List<string>();
        var left = 0;
        var skipped = new Skipped();
        foreach (var entry in Files(path, wanted, skipped, stop))
        {
            if (listed.Count >= MaxListed) left++;
            else listed.Add(entry.Kind == FolderEntryKind.SymbolicLink ? $"{entry.Path} (symbolic link)" : entry.Path);
        }

        var remarks = (left > 0 ? $"[{left} more files; narrow path or glob]\n" : "") + skipped.TooDeepRemark("left out") + skipped.BuildOutputRemark("left out", "name a folder as path to see it");
        return listed.Count == 0 ? $"No files.{(remarks.Length > 0 ? "\n" : "")}{remarks}" : $"{string.Join('\n', listed)}\n{remarks}";
    }

    /// <summary>Lines that match a regular expression, with path and number.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="pattern">Glob from the root; without a slash it is about names at any depth.</param>
    /// <param name="stop">Stops the search.</param>
    public string Find(string expression, string? pattern, CancellationToken stop)
    {
        var wanted = PathGlobs.Parse(pattern);
        var regex = RegexOf(expression);
        var required = RequiredText.Of(expression) is { } text ? Encoding.ASCII.GetBytes(text) : null;
        var skipped = new Skipped();
        var found = new StringBuilder();
        var (matches, files) = (0, 0);
        foreach (var file in Matches(Start(wanted), wanted, regex, required, skipped, stop))
        {
            foreach (var line in file.Lines.Take(MaxMatches - matches)) found.Append(line);
            matches += file.Count;
            files++;
        }

        var more = matches > MaxMatches ? $"[{matches - MaxMatches} more matches; narrow pattern or glob]\n" : "";
        var remarks = more + skipped.FilesRemark(maxFileBytes) + skipped.TooDeepRemark("not searched") + skipped.BuildOutputRemark("not searched", "name its folder in the glob to search it");
        return matches == 0 ? $"No matches.{(remarks.Length > 0 ? "\n" : "")}{remarks}" : $"{matches} matches in {files} files\n{found}{remarks}";
    }

    // The walk goes on while others read and match; what they find is told in its order.
    private IReadOnlyList<FileMatches> Matches(string path, PathGlobs wanted, Regex regex, byte[]? required, Skipped skipped, CancellationToken stop)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var (found, batches, batch) = (new ConcurrentBag<FileMatches>(), new List<Task>(), new List<ListedFile>());
        using var room = new SemaphoreSlim(2 * Environment.ProcessorCount);
        try
        {
            var number = 0;
            foreach (var (entry, open, name) in folder.WalkOpen(path, Entering(path, wanted, skipped), failed.Token))
            {
                if (entry.Kind != FolderEntryKind.File || !wanted.IsMatch(entry.Path) || policy.WhyNotRead(entry.Path) is not null) continue;
                if (entry.Size > maxFileBytes)
                {
                    skipped.TooLarge.Add(entry.Path);
                    continue;
                }

                batch.Add(new ListedFile(number++, entry, open, name));
                if (batch.Count == FilesAtOnce) Send();
            }

            Send();
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // One of the others failed, and says why below.
        }
        finally
        {
            batch.ForEach(f => f.Release());
            if (stop.IsCancellationRequested) failed.Cancel();
            // None may still hold a folder when this returns.
            Task.WhenAll(batches).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).GetAwaiter().GetResult();
        }

        // The first that failed for a reason of its own.
        if (batches.Find(b => b.IsFaulted) is { } fault) ExceptionDispatchInfo.Throw(fault.Exception!.InnerException!);
        stop.ThrowIfCancellationRequested();

        var all = found.OrderBy(f => f.Number).ToList();
        skipped.Binary.AddRange(all.Where(f => f.State == FileState.Binary).Select(f => f.Path));
        skipped.Unreadable.AddRange(all.Where(f => f.State == FileState.Unreadable).Select(f => f.Path));
        return [.. all.Where(f => f.Count > 0)];

        void Send()
        {
            if (batch.Count == 0) return;
            var mine = batch;
            batch = [];
            try
            {
                room.Wait(failed.Token);
            }
            catch
            {
                mine.ForEach(f => f.Release());
                throw;
            }

            batches.Add(Task.Run(() =>
            {
                try
                {
                    foreach (var file in mine)
                    {
                        failed.Token.ThrowIfCancellationRequested();
                        if (Look(file, regex, required, failed.Token) is { } seen) found.Add(seen);
                    }
                }
                catch
                {
                    failed.Cancel();
                    throw;
                }
                finally
                {
                    mine.ForEach(f => f.Release());
                    room.Release();
                }
            }, CancellationToken.None));
        }
    }

    // Null for a file that has no match and that nobody need be told of.
    private static FileMatches? Look(ListedFile file, Regex regex, byte[]? required, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)file.Entry.Size);
        try
        {
            var length = WorkspaceFolder.ReadListed(file.Folder, file.Name, file.Entry, buffer);
            if (length < 0) return new FileMatches(file.Number, file.Entry.Path, FileState.Unreadable, 0, []);
            // To read a file as text, and line by line, is what costs.
            var content = buffer.AsSpan(0, length);
            IEnumerable<(int Number, string Line)>? candidates = required is null ? null : LinesWith(content, required);
            if (candidates is null)
            {
                if (TextFile.Decode(content.ToArray()) is not { } text) return new FileMatches(file.Number, file.Entry.Path, FileState.Binary, 0, []);
                candidates = text.Lines.ToArray().Select((line, i) => (i + 1, line));
            }

            var lines = new List<string>();
            var count = 0;
            foreach (var (number, line) in candidates)
            {
                stop.ThrowIfCancellationRequested();
                var match = MatchOf(regex, line, $"{file.Entry.Path}:{number}");
                if (match.Success && ++count <= MaxMatches) lines.Add($"{file.Entry.Path}:{number}: {Shown(line, match.Index)}\n");
            }

            return count == 0 ? null : new FileMatches(file.Number, file.Entry.Path, FileState.Read, count, lines);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // The lines, by number from 1, that hold what every match holds; null for what is not plainly UTF-8 with breaks of lines that are all alike to
    // us, which has to be read the long way.
    private static List<(int Number, string Line)>? LinesWith(ReadOnlySpan<byte> content, byte[] required)
    {
        if (content.Contains((byte)0) || content.StartsWith("\uFEFF"u8) || !Utf8.IsValid(content)) return null;
        var found = new List<(int Number, string Line)>();
        var (start, number) = (0, 1);
        while (content[start..].IndexOf(required) is var next and >= 0)
        {
            if (found.Count == 0 && (HasReturnAlone(content) || (Ascii.IsValid(content) && DeclaredEncoding.In(content) is not null))) return null;
            var at = start + next;
            number += content[start..at].Count((byte)'\n');
            var rest = content[at..].IndexOf((byte)'\n');
            var line = content[(content[..at].LastIndexOf((byte)'\n') + 1)..(rest < 0 ? content.Length : at + rest)];
            found.Add((number, Encoding.UTF8.GetString(line is [.., (byte)'\r'] ? line[..^1] : line)));
            if (rest < 0) break;
            start = at + rest + 1;
            number++;
        }

        return found;
    }

    private static bool HasReturnAlone(ReadOnlySpan<byte> content)
    {
        while (content.IndexOf((byte)'\r') is var at and >= 0)
        {
            if (at + 1 >= content.Length || content[at + 1] != (byte)'\n') return true;
            content = content[(at + 2)..];
        }

        return false;
    }

    private static Match MatchOf(Regex regex, string line, string place)
    {
        try
        {
            return regex.Match(line);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new McpException($"The search was stopped: the pattern takes too long on {place}. Use a simpler pattern, or a glob that leaves this file out.", e);
        }
    }

    private IEnumerable<FolderEntry> Files(string path, PathGlobs wanted, Skipped skipped, CancellationToken stop) =>
        folder.WalkOpen(path, Entering(path, wanted, skipped), stop).Select(at => at.Entry).Where(e => e.Kind != FolderEntryKind.Directory && wanted.IsMatch(e.Path) && policy.WhyNotRead(e.Path) is null);

    private Func<string, SafeFileHandle?, bool> Entering(string path, PathGlobs wanted, Skipped skipped)
    {
        return Enter;

        bool Enter(string below, SafeFileHandle? open)
        {
            if (policy.WhyNotRead(below) is not null) return false;
            if (below.Count(c => c == '/') - (path.Length == 0 ? 0 : path.Count(c => c == '/') + 1) >= WorkspaceFolder.DeepestFolder - 1)
            {
                skipped.TooDeep.Add(below);
                return false;
            }

            if (!IsBuildOutput(below, open) || wanted.LeadsInto(below)) return true;
            skipped.BuildOutput.Add(below);
            return false;
        }
    }

    /// <summary>A name that only tools use; a "bin" beside .NET's "obj" or with its configurations; a cache that is marked as one.</summary>
    private bool IsBuildOutput(string path, SafeFileHandle? open)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        if (BuildOutput.Contains(name)) return true;
        if (name == "bin") return folder.Stat($"{path[..^3]}obj").Kind == FolderEntryKind.Directory || Has("Debug", FolderEntryKind.Directory) || Has("Release", FolderEntryKind.Directory);
        // https://bford.info/cachedir: cargo, mypy, uv and others put it there.
        return Has("CACHEDIR.TAG", FolderEntryKind.File);

        bool Has(string below, FolderEntryKind kind) => open is not null && WorkspaceFolder.KindIn(open, below) == kind;
    }

    /// <summary>The folder to begin in, where it exists and may be read; the root finds the same, and later.</summary>
    private string Start(PathGlobs wanted) => wanted.Folder is { Length: > 0 } start && policy.WhyNotRead(start) is null && folder.Stat(start).Kind == FolderEntryKind.Directory ? start : "";

    private static string Shown(string line, int match)
    {
        var start = line.Length > LongestShown ? Math.Clamp(match - ShownBefore, 0, line.Length - LongestShown) : 0;
        var text = TextEncoding.Shown(line.Substring(start, Math.Min(LongestShown, line.Length - start)));
        return (start > 0 ? "…" : "") + text + (start + LongestShown < line.Length ? "…" : "");
    }

    private static Regex RegexOf(string pattern)
    {
        try
        {
            return BoundedRegex.Compile(pattern, LongestLook);
        }
        catch (ArgumentException e)
        {
            throw new McpException($"'{pattern}' is not a usable regular expression: {e.Message}", e);
        }
    }

    /// <summary>A file on its way to be read; it keeps its folder open until it is released.</summary>
    private sealed class ListedFile
    {
        public ListedFile(int number, FolderEntry entry, SafeFileHandle folder, string name)
        {
            (Number, Entry, Folder, Name) = (number, entry, folder, name);
            var held = false;
            folder.DangerousAddRef(ref held);
        }

        public int Number { get; }

        public FolderEntry Entry { get; }

        public SafeFileHandle Folder { get; }

        public string Name { get; }

        public void Release() => Folder.DangerousRelease();
    }

    /// <summary>What a file has of it.</summary>
    /// <param name="Number">Its place in the walk.</param>
    /// <param name="Path">Its path.</param>
    /// <param name="State">Whether it could be read.</param>
    /// <param name="Count">Lines that match.</param>
    /// <param name="Lines">The first of them, as they are told.</param>
    private sealed record FileMatches(int Number, string Path, FileState State, int Count, IReadOnlyList<string> Lines);

    private enum FileState
    {
        Read,
        Binary,
        Unreadable,
    }

    private sealed record Skipped
    {
        public List<string> BuildOutput { get; } = [];

        public List<string> TooDeep { get; } = [];

        public List<string> Binary { get; } = [];

        public List<string> TooLarge { get; } = [];

        public List<string> Unreadable { get; } = [];

        public string TooDeepRemark(string what) => TooDeep.Count == 0 ? "" : $"[{what}: what lies below {TooDeep.Count} folders {WorkspaceFolder.DeepestFolder} deep; name one as path]\n";

        public string BuildOutputRemark(string what, string how) => BuildOutput.Count == 0 ? "" : $"[build output {what}: {Names(BuildOutput)}; {how}]\n";

        public string FilesRemark(int maxBytes)
        {
            var parts = new[]
            {
                (Files: Binary, What: "binary"), (Files: TooLarge, What: $"above {maxBytes >> 20} MiB"), (Files: Unreadable, What: "unreadable"),
            }.Where(p => p.Files.Count > 0).Select(p => $"{p.Files.Count} {p.What} ({Names(p.Files)})").ToList();
            return parts.Count == 0 ? "" : $"[not searched: {string.Join(", ", parts)}]\n";
        }

        private static string Names(List<string> paths) => string.Join(", ", paths.Take(MaxNamed)) + (paths.Count > MaxNamed ? $" and {paths.Count - MaxNamed} more" : "");
    }
}
