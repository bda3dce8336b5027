using System.Diagnostics;
using System.Text;

namespace CodingAgent.Playground.LocalForge.Git;

/// <summary>Runs the git program with nothing of the caller's configuration in effect.</summary>
internal static class GitProgram
{
    /// <summary>A start info with a cleaned environment and no user or system configuration.</summary>
    public static ProcessStartInfo StartInfo(params IEnumerable<string> arguments)
    {
        var info = new ProcessStartInfo("git")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
            info.ArgumentList.Add(argument);
        info.Environment.Clear();
        info.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        info.Environment["LC_ALL"] = "C.UTF-8";
        info.Environment["HOME"] = "/nonexistent";
        info.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        info.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        info.Environment["GIT_TERMINAL_PROMPT"] = "0";
        return info;
    }

    /// <summary>Runs git to its end.</summary>
    public static async Task<GitResult> RunAsync(ProcessStartInfo info, string? input = null)
    {
        using var process = Process.Start(info) ?? throw new InvalidOperationException("git could not be started.");
        var output = ReadAllAsync(process.StandardOutput.BaseStream);
        var error = ReadAllAsync(process.StandardError.BaseStream);
        try
        {
            if (input is not null)
                await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // git ended without reading all of it; its exit code tells why.
        }

        var bytes = await output;
        var errorText = Encoding.UTF8.GetString(await error);
        await process.WaitForExitAsync();
        return new GitResult(process.ExitCode, bytes, errorText);
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory);
        return memory.ToArray();
    }
}
