using CliWrap;
using CliWrap.Buffered;

namespace CodingAgent.Eval.Generation;

/// <summary>git in one folder, with nothing of the machine's configuration in effect.</summary>
/// <param name="folder">Work tree or bare repository.</param>
internal sealed class Git(string folder)
{
    /// <summary>Author of everything this program commits.</summary>
    private const string Author = "Ada Example";

    private readonly Dictionary<string, string?> _environment = new(StringComparer.Ordinal)
    {
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_TERMINAL_PROMPT"] = "0",
        // No housekeeping that goes on behind us while folders are deleted.
        ["GIT_CONFIG_COUNT"] = "2",
        ["GIT_CONFIG_KEY_0"] = "gc.auto",
        ["GIT_CONFIG_VALUE_0"] = "0",
        ["GIT_CONFIG_KEY_1"] = "maintenance.auto",
        ["GIT_CONFIG_VALUE_1"] = "false",
        ["GIT_AUTHOR_NAME"] = Author,
        ["GIT_AUTHOR_EMAIL"] = "ada@example.com",
        ["GIT_COMMITTER_NAME"] = Author,
        ["GIT_COMMITTER_EMAIL"] = "ada@example.com",
    };

    /// <summary>The folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>The same, with one more variable.</summary>
    public Git With(string variable, string value)
    {
        var other = new Git(Folder);
        foreach (var (key, given) in _environment)
            other._environment[key] = given;
        other._environment[variable] = value;
        return other;
    }

    /// <summary>Runs git and returns what it printed, without the last line's end.</summary>
    /// <exception cref="EvalException">It failed.</exception>
    public async Task<string> RunAsync(CancellationToken ct, params string[] arguments)
    {
        var result = await Command(arguments).ExecuteBufferedAsync(ct);
        return result.IsSuccess
            ? result.StandardOutput.TrimEnd('\n')
            : throw new EvalException($"git {string.Join(' ', arguments.Take(3))} in {Folder} ended with {result.ExitCode}: {result.StandardError.Trim()}");
    }

    /// <summary>A blob's bytes.</summary>
    public async Task<byte[]> BlobAsync(string sha, CancellationToken ct)
    {
        using var bytes = new MemoryStream();
        await (Command(["cat-file", "blob", sha]) | PipeTarget.ToStream(bytes)).WithValidation(CommandResultValidation.ZeroExitCode).ExecuteAsync(ct);
        return bytes.ToArray();
    }

    private Command Command(string[] arguments) => Cli.Wrap("git").WithArguments(["-C", Folder, .. arguments])
        .WithEnvironmentVariables(_environment).WithValidation(CommandResultValidation.None);
}
