using System.Diagnostics;

namespace CodingAgent.LocalForge.Tests;

/// <summary>Runs programs a person would use, with nothing of the machine's configuration.</summary>
internal static class Tools
{
    public static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists(Path.Combine(d, program)));

    public static async Task<(int ExitCode, string Output)> RunAsync(string program, string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (key, value) in environment)
            info.Environment[key] = value;
        // A certificate that the machine trusts would outdo what a test says.
        if (!environment.ContainsKey("GIT_SSL_CAINFO"))
            info.Environment.Remove("GIT_SSL_CAINFO");
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    /// <summary>Runs git as a person; fails the test when git fails.</summary>
    public static async Task<string> GitAsync(string folder, params string[] arguments)
    {
        var (exit, output) = await TryGitAsync(folder, arguments);
        exit.ShouldBe(0, $"git {string.Join(' ', arguments)}: {output}");
        return output.Trim();
    }

    public static Task<(int ExitCode, string Output)> TryGitAsync(string folder, params string[] arguments) => RunAsync(
        "git",
        folder,
        new Dictionary<string, string>
        {
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_AUTHOR_NAME"] = "ada",
            ["GIT_AUTHOR_EMAIL"] = "ada@example.org",
            ["GIT_COMMITTER_NAME"] = "ada",
            ["GIT_COMMITTER_EMAIL"] = "ada@example.org",
        },
        arguments);
}
