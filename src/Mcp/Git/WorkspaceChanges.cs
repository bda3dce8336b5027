using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// What a look at a workspace's files found, before git is asked anything. From an upper layer it is what the task touched; from a whole
/// folder it is all there is.
/// </summary>
internal sealed class WorkspaceChanges
{
    private readonly List<string> _hidden = [];

    private WorkspaceChanges()
    {
    }

    /// <summary>Files and links that can be part of a tree, in ordinal order.</summary>
    public List<ScannedEntry> Found { get; } = [];

    /// <summary>What cannot be recorded, with reasons; a known file among them stays as it was.</summary>
    public List<SkippedPath> Skipped { get; } = [];

    /// <summary>Folders that are build output as a whole, with reasons; nothing in them was looked at.</summary>
    public List<SkippedPath> OutputFolders { get; } = [];

    /// <summary>Known files that are gone; for a whole folder, of those that <see cref="Stays"/> does not hold back.</summary>
    public HashSet<string> Gone { get; } = new(StringComparer.Ordinal);

    /// <summary>Known files that are there in a form that cannot be recorded, or that could not be looked at.</summary>
    public HashSet<string> Stays { get; } = new(StringComparer.Ordinal);

    /// <summary>Equal for equal states of all files that were looked at.</summary>
    public string Signature { get; private set; } = "";

    /// <summary>Newest status change among them, in nanoseconds since 1970.</summary>
    public long Newest { get; private set; }

    /// <summary>Looks at an upper layer.</summary>
    /// <param name="scan">The layer.</param>
    /// <param name="known">Known files.</param>
    /// <param name="output">Judge of build output.</param>
    /// <param name="largest">Most bytes of a file that is recorded.</param>
    /// <param name="expectsGitView">A <c>.git</c> at the root is ours, not the task's.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static WorkspaceChanges OfUpper(FolderScan scan, KnownFiles known, BuildOutput output, long largest, bool expectsGitView, CancellationToken cancellationToken)
    {
        var changes = new WorkspaceChanges();
        changes.Read(scan, known, p => changes.Enter(p, known, output), largest, expectsGitView, cancellationToken);
        changes.Settle(known, largest, changes.Gone.Concat(changes._hidden.SelectMany(known.Below)).ToList());
        return changes;
    }

    /// <summary>Looks at a folder that holds everything.</summary>
    public static WorkspaceChanges OfWhole(FolderScan scan, KnownFiles known, BuildOutput output, long largest, bool expectsGitView, CancellationToken cancellationToken)
    {
        var changes = new WorkspaceChanges();
        // Submodules' files that were laid there are nobody's change, and nothing tells them from such.
        changes.Read(scan, known, p => !known.Outside.IsSubmodule(p) && changes.Enter(p, known, output), largest, expectsGitView, cancellationToken);
        changes.Settle(known, largest, known.Base.Entries.Select(e => e.Path).Concat(known.Start.Keys).Where(p => known.IsFile(p)));
        return changes;
    }

    private void Read(FolderScan scan, KnownFiles known, Func<string, bool> enter, long largest, bool expectsGitView, CancellationToken cancellationToken)
    {
        using var signature = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in scan.Run(enter, cancellationToken))
        {
            if (!(expectsGitView && entry.Path == ".git")) Sign(signature, entry);
            Take(entry, known, largest, expectsGitView);
        }

        Signature = Convert.ToHexString(signature.GetHashAndReset());
    }

    private bool Enter(string path, KnownFiles known, BuildOutput output)
    {
        if (GitPaths.IsGitName(NameOf(path))) return false;
        if (known.IsInSubmodule(path) || output.WhyNotFolder(path) is not { } reason) return true;
        OutputFolders.Add(new SkippedPath(path, reason));
        return false;
    }

    private void Take(ScannedEntry entry, KnownFiles known, long largest, bool expectsGitView)
    {
        var (path, kind) = (entry.Path, entry.Kind);
        if (GitPaths.IsGitName(NameOf(path)))
        {
            if (kind != ScannedKind.Whiteout && !(expectsGitView && path == ".git")) Skipped.Add(new SkippedPath(path, "git's own names cannot be part of a change"));
            return;
        }

        // What a file or a mark stands for hides all that was below its name.
        if (kind == ScannedKind.Whiteout || kind is not (ScannedKind.Directory or ScannedKind.TooDeep or ScannedKind.Unreadable or ScannedKind.Unnameable) || entry.Opaque) _hidden.Add(path);
        switch (kind)
        {
            case ScannedKind.Whiteout:
                if (known.IsFile(path)) Gone.Add(path);
                return;
            case ScannedKind.Directory:
                if (known.IsFile(path)) Gone.Add(path);
                return;
        }

        if (known.IsInSubmodule(path))
        {
            Skipped.Add(new SkippedPath(path, "it lies in a submodule"));
            return;
        }

        var displaced = known.Base.Unnameable.FirstOrDefault(u => u.StartsWith(path + "/", StringComparison.Ordinal));
        // What may be a pointer's content, of whatever size, is recorded as the pointer.
        var limit = known.Outside.LfsAt(path)?.Pointer.Size == entry.Stamp.Size ? long.MaxValue : largest;
        if ((displaced is null ? ReasonToSkip(entry, limit) : $"it stands in the way of {displaced}, whose name is not UTF-8 and which stays") is not { } reason)
        {
            Found.Add(entry);
            return;
        }

        var stays = kind is ScannedKind.TooDeep or ScannedKind.Unreadable ? known.Below(path).ToList() : known.IsFile(path) ? [path] : [];
        Stays.UnionWith(stays);
        Skipped.Add(new SkippedPath(path, stays.Count > 0 ? $"{reason}; it stays as it was" : reason));
    }

    /// <summary>Takes a known file that was found back: it stays as it was.</summary>
    public void Leave(ScannedEntry file, string reason)
    {
        Found.Remove(file);
        Stays.Add(file.Path);
        Skipped.Add(new SkippedPath(file.Path, $"{reason}; it stays as it was"));
    }

    /// <summary>Decides which known files are gone, and tells those that no look can find.</summary>
    private void Settle(KnownFiles known, long largest, IEnumerable<string> candidates)
    {
        var present = Found.Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var path in candidates.ToList())
        {
            if (known.IsFile(path) && !present.Contains(path) && !Stays.Contains(path)) Gone.Add(path);
        }

        Gone.UnionWith(known.DroppedSubmodules);
        // Told even when nobody touched them: a change to them would not be recorded.
        Skipped.AddRange(known.Base.LargerThan(largest).Where(p => known.IsFile(p) && !Gone.Contains(p) && !Stays.Contains(p) && !present.Contains(p))
            .Select(p => new SkippedPath(p, $"it is larger than {largest} bytes; it stays as it was")));
        Skipped.AddRange(known.Base.Unnameable.Where(p => !Skipped.Exists(s => s.Path == p)).Select(p => new SkippedPath(p, "its name is not UTF-8; it stays as it was")));
    }

    private static string? ReasonToSkip(ScannedEntry entry, long largest) => entry.Kind switch
    {
        ScannedKind.SymbolicLink when NameOf(entry.Path).Equals(".gitmodules", StringComparison.OrdinalIgnoreCase) => "git refuses it as a link",
        ScannedKind.SymbolicLink => null,
        ScannedKind.File when entry.Stamp.Size > largest => $"it is larger than {largest} bytes",
        ScannedKind.File when (entry.Stamp.Mode & 0x100) == 0 && Libc.EffectiveUser() != 0 => "it cannot be read",
        ScannedKind.File => null,
        _ => ReasonNotToEnter(entry.Kind) ?? "it is not a regular file",
    };

    /// <summary>Why what was found cannot be looked at or named; null when it can.</summary>
    public static string? ReasonNotToEnter(ScannedKind kind) => kind switch
    {
        ScannedKind.Unnameable => "its name is not UTF-8",
        ScannedKind.TooDeep => $"it lies below more than {FolderScan.DeepestFolder} folders",
        ScannedKind.Unreadable => "the folder cannot be opened",
        _ => null,
    };

    private void Sign(IncrementalHash signature, ScannedEntry entry)
    {
        Newest = Math.Max(Newest, entry.Stamp.Changed);
        signature.AppendData(MemoryMarshal.AsBytes(entry.Path.AsSpan()));
        Span<byte> numbers = stackalloc byte[40];
        BinaryPrimitives.WriteInt64LittleEndian(numbers, entry.Stamp.Size);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], entry.Stamp.Modified);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[16..], entry.Stamp.Changed);
        BinaryPrimitives.WriteUInt64LittleEndian(numbers[24..], entry.Stamp.Inode);
        BinaryPrimitives.WriteUInt32LittleEndian(numbers[32..], entry.Stamp.Mode);
        numbers[36] = (byte)entry.Kind;
        numbers[37] = entry.Opaque ? (byte)1 : (byte)0;
        signature.AppendData(numbers);
    }

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
