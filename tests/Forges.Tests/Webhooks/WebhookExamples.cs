using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace CodingAgent.Forges.Tests.Webhooks;

/// <summary>
/// The payloads of the npm package @octokit/webhooks-examples. The package is found through CODINGAGENT_WEBHOOK_EXAMPLES (a
/// node_modules folder) or installed once with npm under this project's obj folder.
/// </summary>
internal static class WebhookExamples
{
    private static readonly Lazy<(string? Folder, string? WhyNot)> Package = new(Find);
    private static readonly Lazy<IReadOnlyList<WebhookExample>> Payloads = new(Read);

    public static string? WhyNot => Package.Value.WhyNot;

    public static IReadOnlyList<WebhookExample> All => Payloads.Value;

    public static IEnumerable<WebhookExample> Of(string eventName) => All.Where(example => example.EventName == eventName);

    private static List<WebhookExample> Read()
    {
        var examples = new List<WebhookExample>();
        foreach (var index in Directory.GetFiles(Package.Value.Folder!, "index.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var source = Path.GetFileName(Path.GetDirectoryName(index)!);
            using var document = JsonDocument.Parse(File.ReadAllBytes(index));
            foreach (var entry in document.RootElement.EnumerateArray())
            {
                var name = entry.GetProperty("name").GetString()!;
                foreach (var example in entry.GetProperty("examples").EnumerateArray())
                    examples.Add(new WebhookExample(source, name, Encoding.UTF8.GetBytes(example.GetRawText())));
            }
        }

        return examples;
    }

    private static (string?, string?) Find()
    {
        if (Environment.GetEnvironmentVariable("CODINGAGENT_WEBHOOK_EXAMPLES") is { Length: > 0 } given)
            return Check(given, $"CODINGAGENT_WEBHOOK_EXAMPLES={given} has no @octokit/webhooks-examples");
        var project = AppContext.BaseDirectory;
        while (project is not null && !File.Exists(Path.Combine(project, "Forges.Tests.csproj")))
            project = Path.GetDirectoryName(project);
        if (project is null)
            return (null, "the project folder with Webhooks/package-lock.json was not found above the test assembly");
        var target = Path.Combine(project, "obj", "webhook-examples");
        Directory.CreateDirectory(target);
        // Another test host may install at the same moment.
        using var turn = TakeTurn(Path.Combine(target, ".lock"));
        if (Check(Path.Combine(target, "node_modules"), "").Item1 is { } ready)
            return (ready, null);
        foreach (var file in (string[])["package.json", "package-lock.json", ".npmrc"])
            File.Copy(Path.Combine(project, "Webhooks", file), Path.Combine(target, file), overwrite: true);
        var failure = RunNpm(target);
        return Check(Path.Combine(target, "node_modules"), $"npm ci for @octokit/webhooks-examples failed: {failure}");
    }

    private static (string?, string?) Check(string nodeModules, string whyNot)
    {
        var folder = Path.Combine(nodeModules, "@octokit", "webhooks-examples");
        return File.Exists(Path.Combine(folder, "package.json")) ? (folder, null) : (null, whyNot);
    }

    private static FileStream TakeTurn(string path)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (deadline.Elapsed < TimeSpan.FromMinutes(2))
            {
                Thread.Yield();
            }
        }
    }

    private static string RunNpm(string folder)
    {
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            {
                WorkingDirectory = folder,
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            var errors = npm.StandardError.ReadToEndAsync();
            var output = npm.StandardOutput.ReadToEndAsync();
            if (!npm.WaitForExit(TimeSpan.FromMinutes(2)))
            {
                npm.Kill(entireProcessTree: true);
                return "no answer within two minutes";
            }

            return npm.ExitCode == 0 ? "" : $"exit code {npm.ExitCode}, {(errors.Result + output.Result).Split('\n').LastOrDefault(l => l.Contains("ERR!", StringComparison.Ordinal) || l.Contains("error", StringComparison.Ordinal))}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "npm is not installed";
        }
    }
}

internal sealed record WebhookExample(string Source, string EventName, byte[] Body)
{
    public string? Action
    {
        get
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.TryGetProperty("action", out var action) ? action.GetString() : null;
        }
    }
}

/// <summary>A fact over the example payloads; skipped with the reason where the package cannot be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ExamplesFactAttribute : FactAttribute
{
    public ExamplesFactAttribute()
    {
        if (WebhookExamples.WhyNot is not { } reason)
            return;
        Console.WriteLine($"Skipping webhook example tests: {reason}");
        Skip = reason;
    }
}
