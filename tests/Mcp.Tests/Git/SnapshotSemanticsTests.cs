using System.Diagnostics;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>What is part of a change and what is not, in both ways of looking.</summary>
public sealed class SnapshotSemanticsTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private GitFixture _f = null!;

    public void Dispose() => _f?.Dispose();

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task TrackedFile_ThatCannotBeRecorded_StaysAndIsTold(WorkspaceLayering layering)
    {
        _f = new GitFixture(layering);
        var git = _f.NewGit("small", o => o with { MaxFileBytes = 100 });
        Run(_f.Origin.ClonePath, "head -c 200 /dev/zero > big.bin; printf b > \"$(printf 'bad\\377')\"; d=$(printf 'd/%.0s' $(seq 131)); mkdir -p $d; printf x > $d/f; printf p > piped; printf s > small; printf d > really");
        var head = _f.Origin.Commit("main", ("dir/a.txt", "a"), ("dir/b.txt", "b"));
        var mirror = await git.FetchMirrorAsync("k", _f.Origin.Url, null, None);
        var workspace = await git.CreateWorkspaceAsync(mirror, head, null, "w", None);
        Run(workspace.RootPath, """
            printf more >> big.bin; printf more >> "$(printf 'bad\377')"; d=$(printf 'd/%.0s' $(seq 131)); printf more >> $d/f
            rm piped; mkfifo piped; head -c 300 /dev/zero > small; rm really; head -c 300 /dev/zero > new.bin; rm dir/a.txt
            """);
        var snapshot = await git.SnapshotAsync(workspace, None);
        (await git.DiffAsync(mirror, head, snapshot.TreeId, None)).Files.Select(f => $"{f.Kind} {f.Path}").ShouldBe(["Deleted dir/a.txt", "Deleted really"]);
        foreach (var path in new[] { "big.bin", "bad\uFFFD", "piped", "small", "new.bin" }) snapshot.Skipped.ShouldContain(s => s.Path == path, path);
        snapshot.Skipped.ShouldContain(s => s.Path.StartsWith("d/d/", StringComparison.Ordinal));
        snapshot.Skipped.Single(s => s.Path == "big.bin").Reason.ShouldContain("stays as it was");

        // A real deletion of a big file is a change, and so is one that became small enough.
        Run(workspace.RootPath, "printf tiny > small; rm big.bin");
        snapshot = await git.SnapshotAsync(workspace, None);
        (await git.DiffAsync(mirror, head, snapshot.TreeId, None)).Files.Select(f => $"{f.Kind} {f.Path}").ShouldBe(["Deleted big.bin", "Deleted dir/a.txt", "Deleted really", "Modified small"]);
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Change_BeyondItsBounds_IsRefusedInWords_AndNothingIsWritten(WorkspaceLayering layering)
    {
        _f = new GitFixture(layering);
        var git = _f.NewGit("small", o => o with { MaxSnapshotFiles = 3, MaxSnapshotBytes = 3 << 20 });
        // What the base holds, and what it ignores, is no part of a change.
        Run(_f.Origin.ClonePath, "mkdir many; touch $(seq -f many/%g 20); head -c 4000000 /dev/urandom > many/big");
        var head = _f.Origin.Commit("main", (".gitignore", "ignored/\n"), ("a.txt", "a"));
        var mirror = await git.FetchMirrorAsync("k", _f.Origin.Url, null, None);
        var workspace = await git.CreateWorkspaceAsync(mirror, head, null, "w", None);
        Run(workspace.RootPath, "mkdir ignored; touch $(seq -f ignored/%g 20); for i in 1 2 3; do echo $i > new$i; done; rm many/1 many/2");
        var before = (await git.SnapshotAsync(workspace, None)).TreeId;

        Run(workspace.RootPath, "echo changed > a.txt");
        int Objects() => Directory.EnumerateFiles(Path.Combine(mirror.GitDirectory, "objects"), "*", SearchOption.AllDirectories).Count();
        var objects = Objects();
        (await Should.ThrowAsync<SnapshotTooLargeException>(() => git.SnapshotAsync(workspace, None))).Message
            .ShouldBe("The change is too large to be recorded: 4 files of 1 MiB together differ from the base, and at most 3 files of 3 MiB are taken in. Remove what is no part of the change.");
        Objects().ShouldBe(objects);

        Run(workspace.RootPath, "rm new2 new3; head -c 4000000 /dev/urandom > new1");
        (await Should.ThrowAsync<SnapshotTooLargeException>(() => git.SnapshotAsync(workspace, None))).Message.ShouldContain(": 2 files of 4 MiB together");
        await git.RestoreAsync(workspace, before, None);
        (await git.SnapshotAsync(workspace, None)).TreeId.ShouldBe(before);

        // What set-up makes is a layer, not a change.
        Run(workspace.RootPath, "mkdir made; touch $(seq -f made/%g 20)");
        (await git.FreezeAsync(workspace, None)).Layer.Skipped.ShouldBeEmpty();
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task BuildOutput_ThatNobodyIgnores_IsLeftOutAndTold(WorkspaceLayering layering)
    {
        _f = new GitFixture(layering);
        var head = _f.Origin.Commit(
            "main", ("src/App/App.csproj", "<Project/>"), ("web/package.json", """{"scripts":{"build":"vite build"}}"""), ("py/pyproject.toml", ""), ("rust/Cargo.toml", ""),
            ("java/pom.xml", ""), ("gradle/build.gradle.kts", ""), ("c/Makefile", "all:\n"), ("cm/CMakeLists.txt", ""), ("php/composer.json", "{}"), ("tracked/bin/T.csproj", ""), ("plain/x.txt", ""));
        var mirror = await _f.MirrorAsync();
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", None);
        Run(workspace.RootPath, """
            w() { mkdir -p "$(dirname "$1")"; printf '%s' "${2:-x}" > "$1"; }
            w src/App/bin/Debug/App.dll; w src/App/obj/project.assets.json; w src/App/TestResults/r.trx; w src/App/New.cs
            w web/node_modules/p/i.js; w web/dist/index.js; w web/.next/cache; w web/tsconfig.tsbuildinfo; w web/coverage/lcov.info; w web/src/new.ts
            w py/__pycache__/a.pyc; w py/b.pyc; w py/p.egg-info/PKG-INFO; w py/build/lib/p.py; w py/dist/p-1.0.whl; w py/env/pyvenv.cfg; w py/env/bin/python; w py/new.py; w py/.coverage
            w py/.pytest_cache/.gitignore '# Created by pytest automatically.
            *
            '; w py/.pytest_cache/v/x; w py/made/.gitignore '*'; w py/made/cache.db
            w rust/target/CACHEDIR.TAG 'Signature: 8a477f597d28d172789f06886806bc55'; w rust/target/debug/x; w rust/src/new.rs
            w java/target/classes/A.class; w gradle/build/libs/a.jar; w gradle/.gradle/x; w gradle/src/New.kt
            w c/main.o; w c/new.c; printf '\177ELF\002\001\001\0' > c/prog; w c/NOTES; w cm/out/CMakeCache.txt; w cm/out/x; w cm/new.cpp
            w php/vendor/autoload.php; w php/src/New.php; w tracked/bin/new.txt; w vendor/keep.go; w plain/bin/tool.sh; w plain/build/webpack.js; w plain/dist/kept.js; w plain/target/t.txt; w plain/x.o
            w kept/.gitignore '*
            !.gitignore
            '; w kept/y.txt; w cachedir/CACHEDIR.TAG 'Signature: 8a477f597d28d172789f06886806bc55'; w cachedir/z; w src/.gitignore '*'; w src/lib.cs; w .gitignore '*'
            """);
        var snapshot = await _f.Git.SnapshotAsync(workspace, None);
        (await _f.Git.DiffAsync(mirror, head, snapshot.TreeId, None)).Files.Select(f => f.Path).ShouldBe(
        [
            ".gitignore", "c/NOTES", "c/new.c", "cm/new.cpp", "gradle/src/New.kt", "kept/.gitignore", "kept/y.txt", "php/src/New.php", "plain/bin/tool.sh", "plain/build/webpack.js",
            "plain/dist/kept.js", "plain/target/t.txt", "plain/x.o", "py/new.py", "rust/src/new.rs", "src/.gitignore", "src/App/New.cs", "src/lib.cs", "tracked/bin/new.txt", "vendor/keep.go", "web/src/new.ts",
        ]);
        snapshot.LeftOut.Select(s => s.Path).ShouldBe(
        [
            "c/main.o", "c/prog", "cachedir", "cm/out", "gradle/.gradle", "gradle/build", "java/target", "php/vendor", "py/.coverage", "py/.pytest_cache", "py/__pycache__", "py/b.pyc",
            "py/build", "py/dist", "py/env", "py/made", "py/p.egg-info", "rust/target", "src/App/TestResults", "src/App/bin", "src/App/obj", "web/.next", "web/coverage", "web/dist",
            "web/node_modules", "web/tsconfig.tsbuildinfo",
        ]);
        snapshot.Skipped.ShouldBeEmpty();
    }

    [Fact]
    public async Task BuildOutput_ThatTheBaseIgnores_IsNotWorthAWord()
    {
        _f = new GitFixture();
        var head = _f.Origin.Commit("main", ("App.csproj", "<Project/>"), (".gitignore", "[Oo]bj/\nnode_modules\n"));
        var mirror = await _f.MirrorAsync();
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", None);
        Run(workspace.RootPath, "mkdir -p obj bin node_modules/p; touch obj/a bin/b node_modules/p/c");
        (await _f.Git.SnapshotAsync(workspace, None)).LeftOut.Select(s => s.Path).ShouldBe(["bin"]);
    }

    [Fact]
    public async Task TrackedBuildOutput_StaysTracked()
    {
        _f = new GitFixture();
        var head = _f.Origin.Commit("main", ("App.csproj", "<Project/>"), ("bin/tool.dll", "1"), ("x.pyc", "1"), ("dist/index.js", "1"), ("package.json", """{"scripts":{"build":"x"}}"""));
        var mirror = await _f.MirrorAsync();
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", None);
        Run(workspace.RootPath, "printf 2 > bin/tool.dll; printf 2 > x.pyc; rm dist/index.js; printf n > dist/new.js");
        (await _f.ChangesAsync(mirror, workspace)).Files.Select(f => f.Path).ShouldBe(["bin/tool.dll", "dist/index.js", "dist/new.js", "x.pyc"]);
    }

    [Fact]
    public async Task Snapshot_NothingChangedSince_StartsNoGit()
    {
        _f = new GitFixture();
        var head = _f.Origin.Commit("main", ("a.txt", "1\n"), ("b.txt", "1\n"));
        var mirror = await _f.MirrorAsync();
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", None);
        Run(workspace.RootPath, "printf 2 > a.txt; rm b.txt; sleep 0.05");
        var first = await _f.Git.SnapshotAsync(workspace, None);
        Run(workspace.RootPath, "true; cat a.txt");
        Directory.Move(mirror.GitDirectory, mirror.GitDirectory + ".away");
        (await _f.Git.SnapshotAsync(workspace, None)).ShouldBeSameAs(first);
        Directory.Move(mirror.GitDirectory + ".away", mirror.GitDirectory);
        // Same size, same second, time set back: the status time tells.
        Run(workspace.RootPath, "printf 3 > a.txt; touch -d 2020-01-01 a.txt");
        (await _f.Git.SnapshotAsync(workspace, None)).TreeId.ShouldNotBe(first.TreeId);
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task SubmodulesFolder_DeletedFilledOrReplaced_StaysAsItIs(WorkspaceLayering layering)
    {
        _f = new GitFixture(layering);
        _f.Origin.Commit("main", ("a.txt", "1\n"));
        var pinned = _f.Origin.BranchHead("main");
        foreach (var name in new[] { "gone", "filled", "file" }) _f.Origin.Git(_f.Origin.ClonePath, "update-index", "--add", "--cacheinfo", $"160000,{pinned},{name}");
        var head = _f.Origin.CommitIndex("main");
        var mirror = await _f.MirrorAsync();
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", None);
        Directory.Exists(Path.Combine(workspace.RootPath, "filled")).ShouldBeTrue();
        Run(workspace.RootPath, "rmdir gone file; printf x > file; mkdir -p filled/in; printf x > filled/in/f; printf 2 > a.txt");
        var changes = await _f.ChangesAsync(mirror, workspace);
        changes.Files.Select(f => f.Path).ShouldBe(["a.txt"]);
        // A snapshot of elsewhere may drop one for good.
        _f.Origin.Git(_f.Origin.ClonePath, "update-index", "--force-remove", "gone");
        var without = _f.Origin.CommitIndex("main");
        mirror = await _f.MirrorAsync();
        var tree = await _f.Git.TreeOfAsync(mirror, without, None);
        var second = await _f.Git.CreateWorkspaceAsync(mirror, head, tree, "w2", None);
        (await _f.Git.SnapshotAsync(second, None)).TreeId.ShouldBe(tree);
    }

    private static void Run(string folder, string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", line]) { WorkingDirectory = folder, RedirectStandardError = true, UseShellExecute = false })!;
        var error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        error.ShouldBeEmpty();
    }
}
