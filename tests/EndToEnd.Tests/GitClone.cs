using System.Diagnostics;
using CodingAgent.Playground.Demo;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>A person's clone of a repository: changes files and pushes them as that person.</summary>
internal static class GitClone
{
    /// <summary>Commits files on top of <c>main</c> (of <paramref name="repo"/>, <c>owner/name</c>) and pushes the result as a branch.</summary>
    /// <returns>The commit.</returns>
    public static async Task<string> PushAsync(Stage stage, Human who, string repo, string branch, IReadOnlyDictionary<string, string> files)
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-clone-").FullName;
        try
        {
            var url = new UriBuilder($"{stage.Forge.BaseUrl}/{repo}.git") { UserName = who.Login, Password = who.Token };
            await RunAsync(folder, "clone", "--quiet", url.Uri.AbsoluteUri, ".");
            await RunAsync(folder, "checkout", "--quiet", "-B", branch);
            foreach (var (path, text) in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
                await File.WriteAllTextAsync(Path.Combine(folder, path), text);
            }

            await RunAsync(folder, "add", "--all");
            await RunAsync(folder, "-c", $"user.name={who.Login}", "-c", $"user.email={who.Login}@users.noreply.localforge", "commit", "--quiet", "-m", "A person's change");
            await RunAsync(folder, "push", "--quiet", "origin", branch);
            return (await RunAsync(folder, "rev-parse", "HEAD")).Trim();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Runs git in a folder and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        using var process = Process.Start(start)!;
        // Latin-1 keeps every byte of whatever objects hold.
        var (output, errors) = (ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"git {arguments[0]} ended with {process.ExitCode}: {await errors}");
    }

    private static async Task<string> ReadAsync(StreamReader reader)
    {
        using var bytes = new MemoryStream();
        await reader.BaseStream.CopyToAsync(bytes);
        return System.Text.Encoding.Latin1.GetString(bytes.ToArray());
    }
}
