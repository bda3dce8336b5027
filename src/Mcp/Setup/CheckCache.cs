using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Setup;

/// <summary>
/// What checks said about base commits, by tree, programs, layer, limits and command: the second task on the same base knows at once what is red there. A cache
/// of this machine; evidence about a change never comes from it.
/// </summary>
/// <param name="root">Folder.</param>
/// <param name="time">Clock.</param>
public sealed class CheckCache(string root, TimeProvider time)
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(7);

    /// <summary>What a check said about a tree; null when it was not run here, or long ago.</summary>
    public async Task<SandboxResult?> FindAsync(string tree, BuildEnvironment environment, string command, CancellationToken cancellationToken)
    {
        var path = PathOf(tree, environment, command);
        if (!File.Exists(path) || IsOld(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<SandboxResult>(await File.ReadAllBytesAsync(path, cancellationToken));
        }
        catch (JsonException)
        {
            // Cut short by a crash; it is written anew.
            return null;
        }
    }

    /// <summary>Keeps what a check said. One that was stopped at a limit says nothing about the next time.</summary>
    public async Task KeepAsync(string tree, BuildEnvironment environment, string command, SandboxResult result, CancellationToken cancellationToken)
    {
        if (result.Outcome != SandboxOutcome.Exited) return;
        Directory.CreateDirectory(root);
        foreach (var old in Directory.EnumerateFiles(root).Where(IsOld)) File.Delete(old);
        await File.WriteAllBytesAsync(PathOf(tree, environment, command), JsonSerializer.SerializeToUtf8Bytes(result), cancellationToken);
    }

    private bool IsOld(string path) => time.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(path) > Keep;

    private string PathOf(string tree, BuildEnvironment environment, string command)
    {
        var key = $"{tree}\n{environment.Platform}\n{environment.Layer?.Key}\n{environment.Limits}\n{environment.Outside.Key}\n{command}";
        return Path.Combine(root, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));
    }
}
