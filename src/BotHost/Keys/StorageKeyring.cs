using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using CodingAgent.BotHost.Configuration;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Keys;

/// <summary>The storage keys of this process.</summary>
/// <param name="Cipher">Seals with the first key, opens with all.</param>
/// <param name="Notes">What a person should know of where they came from.</param>
/// <param name="Secrets">The keys as text, for masking.</param>
public sealed record StorageKeyring(PayloadCipher Cipher, IReadOnlyList<string> Notes, IReadOnlyList<string> Secrets)
{
    // More than any key file: a command that pours out something else is stopped.
    private const int MostCharacters = 64 * 1024;

    private const string What = "the storage key";

    // Settings of this service, secrets among them: none of the command's business, which has its own variables.
    private static readonly string[] OwnVariables = ["Forge__", "Api__", "Models__", "OPENAI_", "Temporal__", "Storage__", "Egress__"];

    /// <summary>Reads them from the configured source. The default file is made when it is not there; one that was named is not.</summary>
    /// <exception cref="StorageException">There are none, or they cannot be read; one line.</exception>
    public static async Task<StorageKeyring> ReadAsync(StorageKeySettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var (text, note) = settings.Text is { } given ? (given, null)
            : settings.Command is { } command ? (await RunAsync(command, settings.Patience, cancellationToken), null)
            : settings.IsDefaultFile ? SecretFile.ReadOrCreate(settings.File, What)
            : SecretFile.Read(settings.File, What);
        var keys = StorageKeys.Parse(text, settings.Source);
        return new StorageKeyring(
            new PayloadCipher(keys), note is null ? [] : [note], [.. keys.SelectMany(k => (string[])[Convert.ToHexStringLower(k), Convert.ToHexString(k)])]);
    }

    // What the command says besides is not shown: it may hold what a log must not.
    private static async Task<string> RunAsync(string command, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        var start = new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(n => OwnVariables.Any(own => n.StartsWith(own, StringComparison.OrdinalIgnoreCase))).ToList())
            start.Environment.Remove(name);
        try
        {
            using var process = Process.Start(start)!;
            try
            {
                process.StandardInput.Close();
                var error = process.StandardError.BaseStream.CopyToAsync(Stream.Null, limit.Token);
                var text = await ReadAsync(process.StandardOutput, limit.Token) ?? throw Failed($"writes more than {MostCharacters} characters");
                await error;
                await process.WaitForExitAsync(limit.Token);
                return process.ExitCode == 0 ? text : throw Failed($"ended with exit code {process.ExitCode}");
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed($"did not end within {patience.TotalSeconds:0} s (Storage:KeyCommandTimeout)");
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw Failed($"cannot be run: {e.Message}");
        }

        static StorageException Failed(string how) =>
            new($"The command of Storage:KeyCommand {how}; run it by hand as this service's user to see why. Its output must be the storage keys and nothing else.");
    }

    private static async Task<string?> ReadAsync(StreamReader output, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        int read;
        while ((read = await output.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (text.Append(buffer, 0, read).Length > MostCharacters)
                return null;
        }

        return text.ToString();
    }
}
