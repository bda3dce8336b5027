using System.Diagnostics;

namespace CodingAgent.Forges.Tests.Contract;

/// <summary>Folders of a forge under test, what its repository begins with, and pushing to it as people do.</summary>
internal sealed class ForgeFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("forge-contract-");

    public string Of(string name) => Path.Combine(_folder.FullName, name);

    public async Task<string> SeedAsync()
    {
        var seed = _folder.CreateSubdirectory("seed");
        seed.CreateSubdirectory("src");
        await File.WriteAllTextAsync(Path.Combine(seed.FullName, "README.md"), "# Shop\n");
        await File.WriteAllTextAsync(Path.Combine(seed.FullName, "src/pay.txt"), "one\ntwo\nthree\n");
        await File.WriteAllTextAsync(Path.Combine(seed.FullName, "src/größe.txt"), "fünf\n");
        return seed.FullName;
    }

    /// <summary>Commits files on a branch (made from the default branch when new) and pushes; the new head.</summary>
    public async Task<string> PushAsync(string server, string login, string repo, string branch, (string Path, string Text)[] files)
    {
        var folder = _folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;
        await GitAsync(folder, "clone", "--quiet", server.Replace("://", $"://{login}:token-{login}@", StringComparison.Ordinal) + $"/{repo}.git", ".");
        var isThere = (await GitAsync(folder, "branch", "--remotes", "--list", "origin/" + branch)).Length > 0;
        await GitAsync(folder, "checkout", "--quiet", "-B", branch, isThere ? "origin/" + branch : "HEAD");
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            await File.WriteAllTextAsync(Path.Combine(folder, path), text);
        }

        await GitAsync(folder, "add", "--all");
        await GitAsync(folder, "-c", $"user.name={login}", "-c", $"user.email={login}@example.org", "commit", "--quiet", "-m", "change");
        await GitAsync(folder, "push", "--quiet", "origin", branch);
        return await GitAsync(folder, "rev-parse", "HEAD");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<string> GitAsync(string folder, params string[] arguments)
    {
        var info = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        info.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var process = Process.Start(info)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, await error);
        return output.Trim();
    }
}
