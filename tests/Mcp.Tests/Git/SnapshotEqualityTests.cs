using System.Diagnostics;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>Looking at the upper layer alone and looking at every file make the same tree, whatever is done to a workspace.</summary>
public sealed class SnapshotEqualityTests
{
    private const int Seeds = 3;
    private const int Steps = 12;

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly string[] Folders = ["", "src", "src/app", "src/App", "lib", "lib/deep/er", "Case", "case", "bin", "node_modules/p", "nested", "obj", "tools"];
    private static readonly string[] Names =
        ["a.txt", "A.txt", "b.cs", "c.log", "ignored.tmp", "kept.log", "ä ö.txt", "quote\"d.txt", "back\\slash.txt", "line\nbreak.txt", ":colon", "-dash", "src", "lib", "App.csproj", "x", ".gitignore", ".git"];

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    public async Task RandomWork_BothWays_SameTree(WorkspaceLayering layering)
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            using var one = new GitFixture(layering);
            var head = Base(one.Origin);
            var mirror = await one.MirrorAsync();
            var other = one.NewGit("copy", o => o with { RequiredLayering = WorkspaceLayering.Copy, MaxFileBytes = 200 });
            var git = one.NewGit("layered", o => o with { MaxFileBytes = 200 });
            mirror = await git.FetchMirrorAsync("test:o/r", one.Origin.Url, null, None);
            var theirs = await other.FetchMirrorAsync("test:o/r", one.Origin.Url, null, None);
            var layered = await git.CreateWorkspaceAsync(mirror, head, null, "w", None);
            var copied = await other.CreateWorkspaceAsync(theirs, head, null, "w", None);
            var (random, done) = (new Random(seed), new List<string>());
            for (var step = 0; step < Steps; step++)
            {
                for (var i = random.Next(4); i >= 0; i--)
                {
                    var deed = Deed(random);
                    done.Add(deed);
                    Do(layered.RootPath, deed);
                    Do(copied.RootPath, deed);
                }

                var ours = await git.SnapshotAsync(layered, None);
                var whole = await other.SnapshotAsync(copied, None);
                ours.TreeId.ShouldBe(
                    whole.TreeId,
                    $"seed {seed}:\n{string.Join('\n', done)}\n--- layered\n{await ListAsync(git, mirror, ours.TreeId)}--- whole\n{await ListAsync(other, theirs, whole.TreeId)}");
                ours.LeftOut.ShouldBe(whole.LeftOut);
                // A workspace made from the tree alone holds it again.
                if (step == Steps / 2 && !done.Exists(d => d.Contains("377", StringComparison.Ordinal)))
                {
                    var again = await git.CreateWorkspaceAsync(mirror, head, ours.TreeId, "again", None);
                    (await git.SnapshotAsync(again, None)).TreeId.ShouldBe(ours.TreeId, $"seed {seed}:\n{string.Join('\n', done)}");
                }
            }
        }
    }

    /// <summary>One thing that a command might do, as a shell line that both workspaces run.</summary>
    private static string Deed(Random random)
    {
        var path = Quoted(Anywhere(random));
        var to = Quoted(Anywhere(random));
        var folder = Quoted(Pick(random, Folders[1..]));
        return random.Next(16) switch
        {
            0 or 1 or 2 => $"mkdir -p \"$(dirname -- {path})\" && printf %s {random.Next(1000)} > {path}",
            3 => $"rm -rf -- {path}",
            4 => $"rm -rf -- {folder}",
            5 => $"rm -rf -- {folder} && mkdir -p {folder} && printf new > {folder}/fresh.txt",
            6 => $"mv -f -- {path} {to}",
            7 => $"mv -f -- {folder} {to}",
            8 => $"chmod {(random.Next(2) == 0 ? "755" : "644")} {path}",
            9 => $"rm -rf -- {path} && ln -s {to} {path}",
            10 => $"rm -rf -- {folder} && mkdir -p \"$(dirname -- {folder})\" && printf file > {folder}",
            11 => $"rm -rf -- {path} && mkdir -p {path} && printf in > {path}/in.txt",
            12 => $"mkdir -p {folder} && head -c 300 /dev/zero > {folder}/big.bin",
            13 => $"printf x >> \"$(printf 'bad\\377')\"; mkdir -p {folder}; touch {folder}/\"$(printf 'worse\\376')\"",
            14 => $"deep=$(printf 'd/%.0s' $(seq 140)); mkdir -p $deep lib/deep && printf x > $deep/f && printf y > lib/deep/f",
            _ => $"rm -f -- {path}; mkfifo {path}; touch -- {to}",
        };
    }

    private static string Base(Origin origin)
    {
        var files = Folders.SelectMany(f => Names.Where(n => n is not (".git" or "src" or "lib" or ".gitignore") && (f, n) != ("bin", "x")).Take(6).Select(n => ($"{f}/{n}".TrimStart('/'), (string?)$"{f} {n}\n")))
            .Where(f => !f.Item1.StartsWith("node_modules", StringComparison.Ordinal) && !f.Item1.StartsWith("obj", StringComparison.Ordinal) && !f.Item1.StartsWith("bin/", StringComparison.Ordinal));
        origin.Commit("main", [.. files, (".gitignore", "*.tmp\n*.log\n!kept.log\n"), ("lib/.gitignore", "/x\n"), ("huge.bin", new string('h', 400)), ("tools/run.sh", "#!/bin/sh\n")]);
        Do(origin.ClonePath, "printf b > \"$(printf 'bad\\377')\"; mkdir -p case; printf c > case/\"$(printf 'worse\\376')\"; chmod 755 tools/run.sh; ln -s a.txt link; ln -s /etc/passwd abs; ln -s src/app dirlink");
        Do(origin.ClonePath, "deep=$(printf 'd/%.0s' $(seq 132)); mkdir -p $deep && printf deep > $deep/tracked.txt");
        return origin.Commit("main");
    }

    private static void Do(string folder, string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", line]) { WorkingDirectory = folder, RedirectStandardError = true, UseShellExecute = false })!;
        shell.StandardError.ReadToEnd();
        shell.WaitForExit();
    }

    private static async Task<string> ListAsync(TrustedGit git, GitMirror mirror, string tree) =>
        string.Concat((await git.ListTreeAsync(mirror, tree, None)).Select(e => $"{e.Mode} {e.ObjectId[..8]} {e.Path}\n"));

    private static string Anywhere(Random random) => $"{Pick(random, Folders)}/{Pick(random, Names)}".TrimStart('/');

    private static T Pick<T>(Random random, IReadOnlyList<T> of) => of[random.Next(of.Count)];

    private static string Quoted(string path) => $"'./{path}'";
}
