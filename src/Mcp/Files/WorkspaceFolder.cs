using System.Buffers.Binary;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace CodingAgent.Mcp.Files;

/// <summary>
/// File access of the host in a folder that untrusted code also writes. Every path is walked component by component from an open
/// directory without following a link, so that swapping a folder for a link at any moment cannot lead outside.
/// </summary>
internal sealed class WorkspaceFolder(string root, SandboxUser? owner)
{
    /// <summary>Folders around an entry that <see cref="Walk"/> comes to: each is an open descriptor.</summary>
    public const int DeepestFolder = 128;

    private const uint BasicStats = 0x7ff;

    /// <summary>What a path is; nothing is followed.</summary>
    public FolderEntry Stat(string path)
    {
        using var parent = OpenParent(path, create: false, out var name);
        return parent is null ? new FolderEntry(path, FolderEntryKind.Missing, 0, 0) : StatAt(Fd(parent), name, path);
    }

    /// <summary>Reads a file of at most <paramref name="maxBytes"/>.</summary>
    public byte[] Read(string path, long maxBytes)
    {
        using var file = OpenFile(path, out var entry);
        if (entry.Size > maxBytes)
            throw new WorkspacePathException($"{path} has {entry.Size} bytes; files above {maxBytes} bytes are not read.");
        var bytes = new byte[entry.Size];
        var read = RandomAccess.Read(file, bytes, 0);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>SHA-256 of a file's content, hexadecimal; the file may be of any size.</summary>
    public string Digest(string path)
    {
        using var file = OpenFile(path, out _);
        using var stream = new FileStream(file, FileAccess.Read);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private SafeFileHandle OpenFile(string path, out FolderEntry entry)
    {
        using var parent = OpenParent(path, create: false, out var name) ?? throw Missing(path);
        RequireFile(StatAt(Fd(parent), name, path), parent, name);
        var fd = Libc.OpenAt(Fd(parent), name, Libc.ReadOnly | Libc.NoFollow | Libc.NonBlock | Libc.CloseOnExec, 0);
        if (fd < 0) throw Failure(path, "cannot be opened");
        var file = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            // Asked again of the open file: the name may have changed hands since.
            entry = StatAt(fd, "", path);
            RequireFile(entry, parent, name);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The first bytes of a regular file; none when it is something else or cannot be read.</summary>
    public byte[] ReadHead(string path, int count)
    {
        using var parent = OpenParent(path, create: false, out var name);
        if (parent is null || StatAt(Fd(parent), name, path).Kind != FolderEntryKind.File) return [];
        var fd = Libc.OpenAt(Fd(parent), name, Libc.ReadOnly | Libc.NoFollow | Libc.NonBlock | Libc.CloseOnExec, 0);
        if (fd < 0) return [];
        using var file = new SafeFileHandle(fd, ownsHandle: true);
        if (StatAt(fd, "", path).Kind != FolderEntryKind.File) return [];
        var bytes = new byte[count];
        return bytes[..RandomAccess.Read(file, bytes, 0)];
    }

    /// <summary>Writes a file whole, by rename, creating its folders; keeps the mode of a file it replaces.</summary>
    /// <returns>True when the file is new.</returns>
    public bool Write(string path, ReadOnlySpan<byte> content)
    {
        using var parent = OpenParent(path, create: true, out var name)!;
        var old = StatAt(Fd(parent), name, path);
        if (old.Kind != FolderEntryKind.Missing) RequireFile(old, parent, name);
        var temporary = $".tmp-{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        var flags = Libc.WriteOnly | Libc.Create | Libc.Exclusive | Libc.NoFollow | Libc.CloseOnExec;
        var fd = Libc.OpenAt(Fd(parent), temporary, flags, 0x1a4);
        if (fd < 0) throw Failure(path, "cannot be written");
        try
        {
            using (var file = new SafeFileHandle(fd, ownsHandle: true))
            {
                RandomAccess.Write(file, content, 0);
                uint? mode = old.Kind == FolderEntryKind.File ? old.Mode & 0x1ff : PrivateFiles.RestrictsNewFiles ? 0x1a4u : null;
                if (mode is { } bits && Libc.ChangeMode(fd, bits) != 0) throw Failure(path, "cannot be written");
            }

            Own(Fd(parent), temporary);
            if (Libc.RenameAt(Fd(parent), temporary, Fd(parent), name) != 0) throw Failure(path, "cannot be written");
        }
        catch
        {
            _ = Libc.UnlinkAt(Fd(parent), temporary, 0);
            throw;
        }

        return old.Kind == FolderEntryKind.Missing;
    }

    /// <summary>Puts a file with exactly these permissions where nothing or another file or link is, creating its folders.</summary>
    public void Put(string path, ReadOnlySpan<byte> content, uint mode)
    {
        using var file = Create(path, mode);
        RandomAccess.Write(file, content, 0);
    }

    /// <summary>Likewise, with the content of a file of the host's, which may be of any size.</summary>
    public void PutCopy(string path, string source, uint mode)
    {
        using var from = File.OpenRead(source);
        using var to = new FileStream(Create(path, mode), FileAccess.Write);
        from.CopyTo(to);
    }

    private SafeFileHandle Create(string path, uint mode)
    {
        using var parent = Clear(path, out var name);
        var fd = Libc.OpenAt(Fd(parent), name, Libc.WriteOnly | Libc.Create | Libc.Exclusive | Libc.NoFollow | Libc.CloseOnExec, 0x180);
        if (fd < 0) throw Failure(path, "cannot be written");
        var file = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            if (Libc.ChangeMode(fd, mode) != 0) throw Failure(path, "cannot be written");
            Own(Fd(parent), name);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Puts a symbolic link where nothing or another file or link is; its target is bytes and is not looked at.</summary>
    public void PutLink(string path, ReadOnlySpan<byte> target)
    {
        using var parent = Clear(path, out var name);
        if (Libc.SymbolicLinkAt([.. target, 0], Fd(parent), name) != 0) throw Failure(path, "cannot be written");
        Own(Fd(parent), name);
    }

    /// <summary>Makes a folder and those above it; one that is there stays.</summary>
    public void PutFolder(string path)
    {
        using var parent = OpenParent(path, create: true, out var name)!;
        if (Libc.MakeDirectoryAt(Fd(parent), name, 0x1ed) == 0)
        {
            Own(Fd(parent), name);
            using var made = new SafeFileHandle(OpenFolderAt(Fd(parent), name), ownsHandle: true);
            if (!made.IsInvalid) OpenToAll(Fd(made));
        }
        else if (Marshal.GetLastPInvokeError() != Libc.Exists) throw Failure(path, "cannot be made");
    }

    /// <summary>Removes a folder when it is empty.</summary>
    /// <returns>False when it is not, or is not there.</returns>
    public bool DeleteEmptyFolder(string path)
    {
        using var parent = OpenParent(path, create: false, out var name);
        return parent is not null && Libc.UnlinkAt(Fd(parent), name, Libc.RemoveDirectory) == 0;
    }

    /// <summary>The bytes of a link's target; null when there is no link.</summary>
    public byte[]? ReadLink(string path)
    {
        using var parent = OpenParent(path, create: false, out var name);
        if (parent is null) return null;
        // Linux takes no longer target (PATH_MAX).
        var buffer = new byte[4096];
        var length = (int)Libc.ReadLinkAt(Fd(parent), name, buffer, (nuint)buffer.Length);
        return length < 0 ? null : buffer[..length];
    }

    /// <summary>The names in a folder; none when it is not a folder that can be read.</summary>
    public IReadOnlyCollection<string> NamesIn(string path)
    {
        try
        {
            using var folder = OpenDirectory(path);
            return Names(folder);
        }
        catch (WorkspacePathException)
        {
            return [];
        }
    }

    private SafeFileHandle Clear(string path, out string name)
    {
        var parent = OpenParent(path, create: true, out name)!;
        if (Libc.UnlinkAt(Fd(parent), name, 0) == 0 || Marshal.GetLastPInvokeError() == Libc.NoEntry) return parent;
        using (parent) throw Failure(path, "is in the way and cannot be replaced");
    }

    /// <summary>Deletes a file or a link (itself, not its target).</summary>
    public void Delete(string path)
    {
        using var parent = OpenParent(path, create: false, out var name) ?? throw Missing(path);
        var entry = StatAt(Fd(parent), name, path);
        if (entry.Kind == FolderEntryKind.Missing) throw Missing(path);
        if (entry.Kind == FolderEntryKind.Directory) throw new WorkspacePathException($"{path} is a folder; delete its files one by one.");
        if (Libc.UnlinkAt(Fd(parent), name, 0) != 0) throw Failure(path, "cannot be deleted");
    }

    /// <summary>All names below a folder in ordinal order, folders before their content; links are named, never followed.</summary>
    /// <param name="path">Folder to start at; empty for the root.</param>
    /// <param name="enter">Says whether to look into a folder; one below more than <see cref="DeepestFolder"/> is asked for, and never entered.</param>
    /// <param name="cancellationToken">Stops the walk.</param>
    public IEnumerable<FolderEntry> Walk(string path, Func<string, bool> enter, CancellationToken cancellationToken) =>
        WalkOpen(path, (below, _) => enter(below), cancellationToken).Select(at => at.Entry);

    /// <summary>
    /// Likewise, with the open folder that each entry was listed in, which is closed when the walk has left it: <see cref="ReadListed"/> needs it.
    /// <paramref name="enter"/> is given the folder it is asked for, open, or null for one too deep to be entered.
    /// </summary>
    public IEnumerable<(FolderEntry Entry, SafeFileHandle Folder, string Name)> WalkOpen(string path, Func<string, SafeFileHandle?, bool> enter, CancellationToken cancellationToken)
    {
        using var start = OpenDirectory(path);
        var open = new Stack<(SafeFileHandle Handle, string Path, Queue<string> Names)>();
        open.Push((start, path, Names(start)));
        try
        {
            while (open.TryPeek(out var folder))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!folder.Names.TryDequeue(out var name))
                {
                    open.Pop().Handle.Dispose();
                    continue;
                }

                var entry = StatAt(Fd(folder.Handle), name, folder.Path.Length == 0 ? name : $"{folder.Path}/{name}");
                // Vanished since it was listed, or a name that does not survive UTF-8.
                if (entry.Kind == FolderEntryKind.Missing && name.Contains('\uFFFD', StringComparison.Ordinal))
                    entry = entry with { Kind = FolderEntryKind.Other };
                if (entry.Kind == FolderEntryKind.Missing) continue;
                yield return (entry, folder.Handle, name);
                if (entry.Kind != FolderEntryKind.Directory) continue;
                if (open.Count >= DeepestFolder)
                {
                    _ = enter(entry.Path, null);
                    continue;
                }

                var fd = OpenFolderAt(Fd(folder.Handle), name);
                if (fd < 0) continue;
                var child = new SafeFileHandle(fd, ownsHandle: true);
                if (enter(entry.Path, child)) open.Push((child, entry.Path, Names(child)));
                else child.Dispose();
            }
        }
        finally
        {
            while (open.TryPop(out var folder)) folder.Handle.Dispose();
        }
    }

    /// <summary>What an open folder has of a name; nothing is followed.</summary>
    public static FolderEntryKind KindIn(SafeFileHandle folder, string name) => StatAt(Fd(folder), name, name).Kind;

    /// <summary>Reads a listed file through its folder: at most as much as there was then, and no link that has taken its place.</summary>
    /// <returns>How many bytes; -1 when it can no longer be read.</returns>
    public static int ReadListed(SafeFileHandle folder, string name, FolderEntry listed, Span<byte> buffer)
    {
        var fd = Libc.OpenAt(Fd(folder), name, Libc.ReadOnly | Libc.NoFollow | Libc.NonBlock | Libc.CloseOnExec, 0);
        if (fd < 0) return -1;
        using var file = new SafeFileHandle(fd, ownsHandle: true);
        return StatAt(fd, "", listed.Path).Kind == FolderEntryKind.File ? RandomAccess.Read(file, buffer[..(int)listed.Size], 0) : -1;
    }

    /// <summary>Who owns a folder.</summary>
    public static (int Uid, int Gid) OwnerOf(string path)
    {
        Span<byte> stat = stackalloc byte[256];
        if (Libc.Stat(Libc.CurrentDirectory, path, Libc.SymlinkNoFollow, BasicStats, stat) != 0) throw Missing(path);
        return (BinaryPrimitives.ReadInt32LittleEndian(stat[20..]), BinaryPrimitives.ReadInt32LittleEndian(stat[24..]));
    }

    private static Queue<string> Names(SafeFileHandle directory)
    {
        // The listing goes through the open directory, not through its name.
        var listing = new FileSystemEnumerable<string>(
            $"/proc/self/fd/{Fd(directory)}",
            (ref FileSystemEntry e) => e.FileName.ToString(),
            new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true });
        return new Queue<string>(listing.Order(StringComparer.Ordinal));
    }

    private SafeFileHandle OpenDirectory(string path)
    {
        var current = OpenRoot();
        foreach (var part in Parts(path))
        {
            var entry = StatAt(Fd(current), part, path);
            var fd = OpenFolderAt(Fd(current), part);
            if (fd < 0)
            {
                using (current) throw NotAFolder(entry, current, part, path);
            }

            current.Dispose();
            current = new SafeFileHandle(fd, ownsHandle: true);
        }

        return current;
    }

    // By handle, so that no link is followed. A sandbox is entered by one who is not its folders' owner.
    private static void OpenToAll(int folder)
    {
        if (PrivateFiles.RestrictsNewFiles) _ = Libc.ChangeMode(folder, 0x1ed);
    }

    private SafeFileHandle? OpenParent(string path, bool create, out string name)
    {
        var parts = Parts(path);
        if (parts.Length == 0) throw new WorkspacePathException("The path names the workspace itself; name a file in it.");
        name = parts[^1];
        var current = OpenRoot();
        foreach (var part in parts[..^1])
        {
            var fd = OpenFolderAt(Fd(current), part);
            if (fd < 0 && create && Marshal.GetLastPInvokeError() == Libc.NoEntry)
            {
                var isNew = Libc.MakeDirectoryAt(Fd(current), part, 0x1ed) == 0;
                if (isNew) Own(Fd(current), part);
                fd = OpenFolderAt(Fd(current), part);
                if (isNew && fd >= 0) OpenToAll(fd);
            }

            if (fd < 0)
            {
                using (current)
                {
                    if (Marshal.GetLastPInvokeError() == Libc.NoEntry && !create) return null;
                    throw NotAFolder(StatAt(Fd(current), part, path), current, part, path);
                }
            }

            current.Dispose();
            current = new SafeFileHandle(fd, ownsHandle: true);
        }

        return current;
    }

    private SafeFileHandle OpenRoot()
    {
        var fd = OpenFolderAt(Libc.CurrentDirectory, root);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new DirectoryNotFoundException($"The workspace folder {root} is missing.");
    }

    private static int OpenFolderAt(int directory, string name) =>
        Libc.OpenAt(directory, name, Libc.ReadOnly | Libc.OnlyDirectory | Libc.NoFollow | Libc.CloseOnExec, 0);

    private void Own(int directory, string name)
    {
        if (owner is not null && Libc.ChangeOwnerAt(directory, name, (uint)owner.Uid, (uint)owner.Gid, Libc.SymlinkNoFollow) != 0)
            throw new IOException($"Cannot give {name} to the sandbox's user {owner.Uid}: error {Marshal.GetLastPInvokeError()}.");
    }

    /// <summary>Path components; "." parts are dropped, ".." is refused because it cannot be answered without following.</summary>
    private static string[] Parts(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) throw new WorkspacePathException("The path contains a NUL character.");
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".").ToArray();
        return parts.Contains("..", StringComparer.Ordinal)
            ? throw new WorkspacePathException($"{path}: '..' is not allowed; name the path from the workspace's root.")
            : parts;
    }

    private static FolderEntry StatAt(int directory, string name, string path)
    {
        // struct statx has one layout on all processors: mode at 28, size at 40.
        Span<byte> stat = stackalloc byte[256];
        var flags = Libc.SymlinkNoFollow | (name.Length == 0 ? Libc.EmptyPath : 0);
        if (Libc.Stat(directory, name, flags, BasicStats, stat) != 0) return new FolderEntry(path, FolderEntryKind.Missing, 0, 0);
        uint mode = BinaryPrimitives.ReadUInt16LittleEndian(stat[28..]);
        var kind = (mode & 0xf000) switch
        {
            0x8000 => FolderEntryKind.File,
            0x4000 => FolderEntryKind.Directory,
            0xa000 => FolderEntryKind.SymbolicLink,
            _ => FolderEntryKind.Other,
        };
        return new FolderEntry(path, kind, (long)BinaryPrimitives.ReadUInt64LittleEndian(stat[40..]), mode & 0xfff);
    }

    private static void RequireFile(FolderEntry entry, SafeFileHandle parent, string name)
    {
        switch (entry.Kind)
        {
            case FolderEntryKind.File: return;
            case FolderEntryKind.Missing: throw Missing(entry.Path);
            case FolderEntryKind.Directory: throw new WorkspacePathException($"{entry.Path} is a folder, not a file.");
            case FolderEntryKind.SymbolicLink: throw Link(entry.Path, parent, name);
            default: throw new WorkspacePathException($"{entry.Path} is not a regular file.");
        }
    }

    private static WorkspacePathException NotAFolder(FolderEntry entry, SafeFileHandle parent, string name, string path) => entry.Kind switch
    {
        FolderEntryKind.Missing => Missing(path),
        FolderEntryKind.SymbolicLink => Link(path, parent, name),
        FolderEntryKind.Directory => new WorkspacePathException($"{path} cannot be opened."),
        _ => new WorkspacePathException($"{path}: '{name}' is not a folder."),
    };

    private static WorkspacePathException Link(string path, SafeFileHandle parent, string name)
    {
        var buffer = new byte[1024];
        var length = (int)Libc.ReadLinkAt(Fd(parent), name, buffer, (nuint)buffer.Length);
        var target = length > 0 ? System.Text.Encoding.UTF8.GetString(buffer, 0, length) : "?";
        return new WorkspacePathException($"{path}: '{name}' is a symbolic link to '{target}'; links are not followed, name the target itself.");
    }

    private static WorkspacePathException Missing(string path) => new($"{path} does not exist.");

    private static WorkspacePathException Failure(string path, string what) => new($"{path} {what} (error {Marshal.GetLastPInvokeError()}).");

    private static int Fd(SafeFileHandle handle) => (int)handle.DangerousGetHandle();
}
