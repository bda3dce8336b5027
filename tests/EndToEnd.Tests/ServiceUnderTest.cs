using System.Net.Http.Headers;
using CodingAgent.Mcp.Tests.Sandboxes;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.LocalForge.Hooks;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>One stage with the service running on it, shared by the tests of a class; each test has a repository of its own.</summary>
public class ServiceUnderTest : IAsyncLifetime
{
    private readonly HttpClient _rest = new();
    private BotProcess? _service;
    private ForgeValve? _valve;

    /// <summary>Changes that the model plays, each in a repository of its own.</summary>
    protected virtual IReadOnlyList<ReferenceChange> References => [];

    internal Stage Stage { get; private set; } = null!;

    /// <summary>The wire between service and forge.</summary>
    internal ForgeValve Valve => _valve!;

    /// <summary>The service's REST API, with its key.</summary>
    internal HttpClient Rest => _rest;

    /// <inheritdoc/>
    public virtual async Task InitializeAsync()
    {
        var folder = WriteSample(new Dictionary<string, string>(StringComparer.Ordinal));
        Stage = await Stage.BuildAsync(new StageOptions { RepositoryFolder = folder, References = References }, CancellationToken.None);
        Directory.Delete(folder, recursive: true);
        _valve = new ForgeValve(new Uri(Stage.Forge.ApiUrl));
        Stage.Settings["Forge__GitHub__ApiUrl"] = _valve.ApiUrl.AbsoluteUri;
        // What came of each delivery.
        Stage.Settings["Logging__LogLevel__CodingAgent.BotHost.Dispatch"] = "Debug";
        // Where there is an Engine, repositories may ask for containers of it.
        Stage.Settings["Sandbox__DockerSocket"] = TestEngine.Socket;
        Stage.Settings["Sandbox__BuildNetwork"] = "none";
        Set(Stage.Settings);
        _rest.BaseAddress = Stage.ServiceUrl;
        _rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Stage.ApiKey);
        await StartServiceAsync();
    }

    /// <inheritdoc/>
    public virtual async Task DisposeAsync()
    {
        _rest.Dispose();
        await Stage.DisposeAsync();
        await Valve.DisposeAsync();
    }

    /// <summary>More settings.</summary>
    protected virtual void Set(IDictionary<string, string> settings)
    {
    }

    internal async Task StartServiceAsync() => _service = await Stage.StartServiceAsync("all", CancellationToken.None);

    /// <summary>SIGKILL; the process is gone when the call returns, before anything is awaited.</summary>
    internal Task KillServiceAsync() => _service!.KillAsync();

    /// <summary>A new repository with the sample's files, some of them replaced.</summary>
    internal async Task<TestRepository> OpenRepositoryAsync(string name, params (string Path, string Text)[] files)
    {
        var folder = WriteSample(files.ToDictionary(f => f.Path, f => f.Text, StringComparer.Ordinal));
        try
        {
            return new TestRepository(this, await Stage.AddRepositoryAsync(name, folder, CancellationToken.None), name);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What the service says became of the last delivery of this kind by this person about this repository.</summary>
    internal async Task<string> OutcomeOfAsync(string eventName, string repository, string sender, string containing)
    {
        WebhookDelivery? delivery = null;
        await Eventually.HoldsAsync($"a delivery {eventName} by {sender}", () =>
            (delivery = Stage.Forge.Deliveries.LastOrDefault(d => d.Event == eventName
                && d.Payload.Contains($"\"full_name\":\"{Stage.Owner}/{repository}\"", StringComparison.Ordinal)
                && d.Payload.Contains($"\"login\":\"{sender}\"", StringComparison.Ordinal)
                && d.Payload.Contains(containing, StringComparison.Ordinal))) is not null);
        return await Eventually.FindAsync($"the outcome of {eventName} {delivery!.Guid}", async () =>
            (await LogAsync()).Split('\n').LastOrDefault(l => l.Contains($"Delivery {delivery.Guid} ({eventName}): ", StringComparison.Ordinal)));
    }

    /// <summary>Everything the service has logged.</summary>
    internal async Task<string> LogAsync()
    {
        using var reader = new StreamReader(new FileStream(Path.Combine(Stage.LogDirectory, "all.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return await reader.ReadToEndAsync();
    }

    private static string WriteSample(Dictionary<string, string> replaced)
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
        ShellSample.WriteTo(folder);
        foreach (var (path, text) in replaced)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            File.WriteAllText(Path.Combine(folder, path), text);
        }

        return folder;
    }
}
