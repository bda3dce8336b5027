using System.Diagnostics;
using System.Text.Json.Nodes;

namespace CodingAgent.Bench;

/// <summary><c>codex exec</c> on a checkout, with a HOME of its own and a model of ours. Ends with this.</summary>
internal sealed class CodexPeer : IAsyncDisposable
{
    /// <summary>Its key at the model endpoint.</summary>
    public const string ModelKey = "codex";

    // One of the models it knows: only these get its tool for edits. Newer ones get no plain tools, but write programs that call them.
    private const string Model = "gpt-5.5";
    private const string Launcher = "bench/Codex/node_modules/@openai/codex/bin/codex.js";

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private CodexPeer(Process process, string sandbox)
    {
        (_process, Sandbox) = (process, sandbox);
        (_output, _errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.StandardInput.Close();
    }

    /// <summary>The sandbox mode that it runs in.</summary>
    public string Sandbox { get; }

    /// <summary>Why it cannot run here; null when it can.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        if (ExternalProgram.Above(Launcher) is not { } root)
            return "Codex is not installed. Run 'npm ci --prefix bench/Codex' first";
        try
        {
            // Its program is an optional package: npm does not mind when there is none for this platform.
            await ExternalProgram.RunAsync("/", "node", Path.Combine(root, Launcher), "--version");
            return null;
        }
        catch (InvalidOperationException e)
        {
            return $"Codex does not start: {e.Message}";
        }
    }

    /// <summary>Starts it on a checkout.</summary>
    /// <param name="folder">Folder for what is its own.</param>
    /// <param name="checkout">The checkout.</param>
    /// <param name="model">Root of the model's API.</param>
    public static async Task<CodexPeer> StartAsync(string folder, string checkout, Uri model)
    {
        foreach (var own in (string[])["codex", "home", "tmp"])
            Directory.CreateDirectory(Path.Combine(folder, own));
        await File.WriteAllTextAsync(Path.Combine(folder, "codex", "config.toml"), $"""
            model = "{Model}"
            model_provider = "bench"
            approval_policy = "never"
            check_for_update_on_startup = false

            [analytics]
            enabled = false

            [model_providers.bench]
            name = "bench"
            base_url = "{model}"
            wire_api = "responses"
            env_key = "BENCH_KEY"
            """);
        var sandbox = "workspace-write";
        using (var probe = Start(folder, checkout, "sandbox", "--", "/bin/true"))
        {
            probe.StandardInput.Close();
            await probe.WaitForExitAsync();
            if (probe.ExitCode != 0)
                sandbox = "danger-full-access";
        }

        return new CodexPeer(Start(folder, checkout, "exec", "--sandbox", sandbox, "Read and edit the files."), sandbox);
    }

    /// <summary>A command, as its tool takes it.</summary>
    public static JsonObject Command(string line) => ModelRequest.Call("exec_command", new JsonObject { ["cmd"] = line });

    /// <summary>An edit of one line, as its tool takes it.</summary>
    public static JsonObject Edit(string path, string before, string after) => new()
    {
        ["type"] = "custom_tool_call",
        ["call_id"] = $"call_{Guid.NewGuid():N}",
        ["name"] = "apply_patch",
        ["input"] = $"*** Begin Patch\n*** Update File: {path}\n@@\n-{before}\n+{after}\n*** End Patch\n",
    };

    /// <summary>Waits for its end.</summary>
    /// <exception cref="InvalidOperationException">It was not a good one.</exception>
    public async Task EndAsync()
    {
        await _process.WaitForExitAsync();
        if (_process.ExitCode != 0)
            throw new InvalidOperationException($"codex ended with {_process.ExitCode}: {await _output} {await _errors}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await Task.WhenAll(_output, _errors);
        _process.Dispose();
    }

    private static Process Start(string folder, string checkout, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(ExternalProgram.Above(Launcher)!, Launcher), .. arguments])
        {
            WorkingDirectory = checkout,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var path = Environment.GetEnvironmentVariable("PATH");
        // Nothing of whoever runs this: a slow shell profile would count as Codex's, whose commands are a login shell's.
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["HOME"] = Path.Combine(folder, "home");
        start.Environment["CODEX_HOME"] = Path.Combine(folder, "codex");
        // It puts the programs that start its sandbox into its home, but not when that lies below the folder for temporary files.
        start.Environment["TMPDIR"] = Path.Combine(folder, "tmp");
        start.Environment["BENCH_KEY"] = ModelKey;
        return Process.Start(start)!;
    }
}
