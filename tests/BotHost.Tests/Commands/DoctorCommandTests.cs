namespace CodingAgent.BotHost.Tests.Commands;

public sealed class DoctorCommandTests : IDisposable
{
    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Doctor_AllThere_SaysOneLineEachAndExits0()
    {
        var result = await _program.RunAsync("doctor", "--offline");

        result.Error.ShouldBeEmpty();
        // As many toolchains as this machine has, and as many notes about its package managers' settings.
        var lines = result.Output.Where(line => !line.StartsWith("toolchain:", StringComparison.Ordinal) && (line.StartsWith("images:", StringComparison.Ordinal) || !line.Contains(" note: ", StringComparison.Ordinal))).ToArray();
        lines.Length.ShouldBeLessThan(result.Output.Length);
        lines.Select(line => line.Split(':')[0]).ShouldBe(["configuration", "data", "disk", "keys", "sandbox", "workspaces", "images", "registries", "git"]);
        // Whether this machine has a Docker Engine is all one.
        lines.Where(line => !line.StartsWith("images:", StringComparison.Ordinal)).ShouldAllBe(line => line.Contains("ok: ", StringComparison.Ordinal));
        lines[2].ShouldMatch("^disk: +ok: .* left; new tasks wait below 2 GB, the databases keep 256 MB, a workspace holds at most 20 GB");
        lines[4].ShouldContain("bubblewrap");
        lines[4].ShouldContain("limits by");
        lines[5].ShouldMatch("^workspaces: +ok: (layers joined by overlayfs|real copies)");
        lines[8].ShouldContain("git version");
        string.Join('\n', result.Output).ShouldNotContain("hunter2");
        result.ExitCode.ShouldBe(0);
        Directory.EnumerateFileSystemEntries(_program.Folder).ShouldBeEmpty("looking leaves nothing behind");
    }

    [Fact]
    public async Task Doctor_RegistriesOfThisHost_AreToldWithWhatIsLeftOut()
    {
        var home = Directory.CreateTempSubdirectory("doctor-home-").FullName;
        await File.WriteAllTextAsync(Path.Combine(home, ".npmrc"), "registry=https://bot:hunter2@npm.corp.example:8443/npm/\n");
        _program.Environment["HOME"] = home;

        var lines = (await _program.RunAsync("doctor", "--offline")).Output.Where(line => line.StartsWith("registries:", StringComparison.Ordinal)).ToArray();
        Directory.Delete(home, recursive: true);

        lines[0].ShouldMatch("ok: .*npm\\.corp\\.example:8443");
        lines.ShouldContain(line => line.Contains("note: ~/.npmrc", StringComparison.Ordinal) && line.Contains("left out", StringComparison.Ordinal));
        string.Join('\n', lines).ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Doctor_KeyMissing_NamesItStillLooksAtTheRestAndExits1()
    {
        _program.Environment.Remove("Models__Default");

        var result = await _program.RunAsync("doctor", "--offline");

        result.Output[0].ShouldContain("PROBLEM: Models:Planner");
        result.Output.ShouldContain(line => line.StartsWith("sandbox:", StringComparison.Ordinal) && line.Contains("ok: ", StringComparison.Ordinal));
        result.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task Doctor_NoBubblewrapAndNoGit_AreProblemsOnlyWhereTheyAreNeeded()
    {
        _program.Environment["PATH"] = _program.Folder;

        var all = await _program.RunAsync("doctor", "--offline");
        all.Output.ShouldContain(line => line.StartsWith("git:", StringComparison.Ordinal) && line.Contains("PROBLEM", StringComparison.Ordinal));
        all.ExitCode.ShouldBe(1);
        (await _program.RunAsync("doctor", "--offline", "--role", "web")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Doctor_SigningKey_IsTriedAndItsPublicHalfShown()
    {
        var folder = Directory.CreateTempSubdirectory("doctor-key-").FullName;
        var key = Path.Combine(folder, "signing");
        using (var keygen = System.Diagnostics.Process.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "bot", "-f", key]))
            await keygen.WaitForExitAsync();
        var publicKey = (await File.ReadAllTextAsync(key + ".pub")).Trim();
        _program.Environment["Commits__SigningKeyFile"] = key;

        var result = await _program.RunAsync("doctor", "--offline");
        result.Output.Single(line => line.StartsWith("signing:", StringComparison.Ordinal)).ShouldMatch($"ok: .*{System.Text.RegularExpressions.Regex.Escape(publicKey)}$");
        Directory.EnumerateFileSystemEntries(_program.Folder).ShouldBeEmpty("looking leaves nothing behind");

        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var open = await _program.RunAsync("doctor", "--offline");
        open.Output.Single(line => line.StartsWith("signing:", StringComparison.Ordinal)).ShouldContain($"PROBLEM: Commits:SigningKeyFile: {key} cannot sign: others than its owner may read it (chmod 600).");
        open.ExitCode.ShouldBe(1);
        // Serve stops by the same.
        var serve = await _program.RunAsync("serve");
        serve.Error.ShouldHaveSingleItem().ShouldContain($"Commits:SigningKeyFile: {key} cannot sign");
        serve.ExitCode.ShouldBe(2);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Doctor_DataFolderIsAFile_Exits1()
    {
        await File.WriteAllTextAsync(Path.Combine(_program.Folder, "taken"), "");

        var result = await _program.RunAsync("doctor", "--offline", "--data", "taken/data");

        result.Output[1].ShouldContain("PROBLEM");
        result.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task Doctor_NoEngine_IsAProblemOnlyWhereOneIsNamed()
    {
        _program.Environment["DOCKER_HOST"] = "";
        _program.Environment["Sandbox__DockerSocket"] = Path.Combine(_program.Folder, "docker.sock");

        var named = await _program.RunAsync("doctor", "--offline");

        named.Output[6].ShouldStartWith("images:        PROBLEM: The Docker Engine could not describe itself: there is no socket ");
        named.ExitCode.ShouldBe(1);
    }
}
