using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>Writes objects into an origin that git's own commands would refuse to make.</summary>
public sealed class RawObjects(Origin origin)
{
    public const string Who = "Dev <dev@example.com> 1300000000 +0000";

    public string Blob(string content) => Write("blob", Encoding.Latin1.GetBytes(content));

    /// <summary>A tree of exactly these entries in this order; names are taken byte for byte (Latin-1).</summary>
    public string Tree(params (string Mode, string Name, string Id)[] entries) => Write(
        "tree", [.. entries.SelectMany(e => Encoding.Latin1.GetBytes($"{e.Mode} {e.Name}\0").Concat(Convert.FromHexString(e.Id)))]);

    public string Commit(string tree, string author = $"author {Who}", string committer = $"committer {Who}", string? parent = null)
    {
        var parents = parent is null ? "" : $"parent {parent}\n";
        return Write("commit", Encoding.Latin1.GetBytes($"tree {tree}\n{parents}{author}\n{committer}\n\nsubject\n"));
    }

    public string Branch(string name, string commit)
    {
        origin.Git(origin.BarePath, "update-ref", $"refs/heads/{name}", commit);
        return commit;
    }

    /// <summary>Many branches at once, as a server that packs its references has them.</summary>
    public void PackedBranches(int count, string commit) => File.WriteAllLines(
        Path.Combine(origin.BarePath, "packed-refs"),
        Enumerable.Range(0, count).Select(i => $"{commit} refs/heads/u/{i.ToString("D6", CultureInfo.InvariantCulture)}")
            .Prepend("# pack-refs with: peeled fully-peeled sorted "));

    private string Write(string type, byte[] content)
    {
        var info = new ProcessStartInfo("git", ["-C", origin.BarePath, "hash-object", "-t", type, "-w", "--stdin", "--literally"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(info)!;
        process.StandardInput.BaseStream.Write(content);
        process.StandardInput.Close();
        var id = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? id : throw new InvalidOperationException($"git hash-object -t {type} failed.");
    }
}
