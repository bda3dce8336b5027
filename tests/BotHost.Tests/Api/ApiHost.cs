using System.Net.Http.Headers;
using System.Net;
using System.Text.Json.Nodes;
using System.Text;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Diagnosis;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Pages;
using CodingAgent.BotHost.Temporal;
using CodingAgent.BotHost.Tests.Dispatch;
using CodingAgent.Forges;
using CodingAgent.Mcp.Egress;
using CodingAgent.Storage;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.BotHost.Tests.Api;

/// <summary>The REST API on a real socket and a real database, with a forge and a Temporal that keep state in memory.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    public const string Key = "the-api-key";

    public static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The one repository, as the forge spells it.</summary>
    public static readonly RepoRef Repo = RepoRef.Parse("github:Octo/Hello");

    private readonly string _folder;
    private readonly SqliteDatabase _database;
    private WebApplication _app;
    private HttpClient _http;

    private ApiHost(string folder, SqliteDatabase database, WebApplication app, FakeForge forge, FakeTaskGateway gateway)
    {
        (_folder, _database, _app, Forge, Gateway) = (folder, database, app, forge, gateway);
        _http = ClientOf(app);
    }

    public FakeForge Forge { get; }

    public FakeTaskGateway Gateway { get; }

    public ApiKeys Keys => _app.Services.GetRequiredService<ApiKeys>();

    public ITaskProjection Tasks => _app.Services.GetRequiredService<ITaskProjection>();

    public Uri Address => _http.BaseAddress!;

    public ITaskLog Log => _app.Services.GetRequiredService<ITaskLog>();

    public TaskMilestones Milestones => _app.Services.GetRequiredService<TaskMilestones>();

    public ILinkStore Links => _app.Services.GetRequiredService<ILinkStore>();

    public static async Task<ApiHost> StartAsync(ServedRepositories? served = null, ILoggerProvider? log = null, TimeProvider? time = null, DashboardSettings? dashboard = null)
    {
        var folder = Directory.CreateTempSubdirectory("api-tests-").FullName;
        var database = await SqliteDatabase.OpenAsync(Path.Combine(folder, "bot.db"), default);
        var (forge, gateway) = (new FakeForge(Repo, () => Now), new FakeTaskGateway());
        forge.OpenIssue(12, "An issue", "Its text");
        forge.Branches["release/2.0"] = new string('b', 40);
        return new ApiHost(folder, database, await RunAsync(database, forge, gateway, served, log, time, dashboard), forge, gateway);
    }

    /// <summary>Stops the service and starts it anew, at another address, on the same data.</summary>
    public async Task RestartAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        _app = await RunAsync(_database, Forge, Gateway, null, null, null, null);
        _http = ClientOf(_app);
    }

    private static HttpClient ClientOf(WebApplication app) => new() { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };

    // What a look at the service finds.
    private static readonly Finding[] Looks = [new("forge", FindingLevel.Ok, "GitHub at https://forge.test, as ada"), new("model", FindingLevel.Problem, "gpt-x was refused: <b>no credit</b> for sk-model-key", "OPENAI_API_KEY")];

    // As the service reads them, for the page that shows them.
    private static readonly Dictionary<string, string?> Settings = new(StringComparer.Ordinal)
    {
        ["Forge:GitHub:Token"] = "ghp_forge-token",
        ["Forge:GitHub:WebhookSecret"] = "webhook-secret",
        ["Forge:GitLab:Url"] = "https://git.example.org/gitlab",
        ["Forge:GitLab:Token"] = "gitlab-token",
        ["Forge:GitLab:WebhookSecrets:0:For"] = "acme/shop",
        ["Forge:GitLab:WebhookSecrets:0:Secret"] = "gitlab-secret",
        ["Forge:GitLab:Repositories"] = "acme/*",
        ["OPENAI_API_KEY"] = "sk-model-key",
        ["Models:Default"] = "gpt-x",
        ["Models:Critic"] = "model-of-sk-model-key",
        ["Storage:KeyCommand"] = "vault read --token=hidden-in-a-line",
    };

    private static async Task<WebApplication> RunAsync(SqliteDatabase database, FakeForge forge, FakeTaskGateway gateway, ServedRepositories? served, ILoggerProvider? log, TimeProvider? time, DashboardSettings? dashboard)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(Settings);
        var settings = HostSettingsReader.Read(builder.Configuration);
        builder.Logging.ClearProviders().AddProvider(log ?? NullLoggerProvider.Instance);
        builder.Services.AddEmbeddedStorage(database, new PayloadCipher(new byte[PayloadCipher.KeySize]))
            .AddSingleton(time ?? TimeProvider.System).AddSingleton(dashboard ?? DashboardSettings.None).AddSingleton<IForge>(forge).AddSingleton<ITaskGateway>(gateway)
            .AddSingleton(served ?? new ServedRepositories(new Dictionary<ForgeKind, IReadOnlyList<string>> { [ForgeKind.GitHub] = [] })).AddSingleton<TaskAdmission>().AddSingleton(new Redaction(settings.Secrets))
            .AddSingleton(new ApiKeys(database, TimeProvider.System)).AddSingleton(new ApiSettings(Key, [HostRule.Parse("*.tracker.test")]))
            .AddSingleton<TaskSteering>().AddSingleton(new LinkSettings(new Uri("https://temporal.test"), "https://traces.test/{traceId}", "default"))
            .AddSingleton(settings).AddSingleton(new ServiceDiagnosis(() => [new Finding("web", FindingLevel.Ok, "UI at http://127.0.0.1/")], _ => Task.FromResult<IReadOnlyList<Finding>>(Looks), TimeProvider.System)).AddSingleton<IRunHistory>(new FakeRunHistory()).AddSingleton(new SessionKeys(database, new PayloadCipher(new byte[PayloadCipher.KeySize])))
            .AddApiAccess(Key).AddApiDocument().AddPages([], null);
        var app = builder.Build();
        app.UsePages();
        app.UseForgeSignIn();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapTaskApi();
        app.MapApiDocument();
        app.MapPages();
        await app.StartAsync();
        return app;
    }

    public Task<ApiReply> GetAsync(string path, string? key = Key) => SendAsync(HttpMethod.Get, path, null, key);

    /// <summary>What is not of the API itself.</summary>
    public async Task<HttpResponseMessage> GetRawAsync(string path) => await _http.GetAsync(path);

    /// <summary>Calls that are mapped, as <c>GET /tasks/{id}</c>.</summary>
    public IEnumerable<string> Calls => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} /{e.RoutePattern.RawText!.Trim('/')}"));

    /// <summary>Opens a stream of events; its headers are there.</summary>
    public Task<HttpResponseMessage> StreamAsync(string path, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        request.Headers.Accept.Add(new("text/event-stream"));
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public Task StopAsync() => _app.StopAsync();

    public Task<ApiReply> PostAsync(string path, string? body, string? key = Key, string contentType = "application/json") =>
        SendAsync(HttpMethod.Post, path, body is null ? null : new StringContent(body, Encoding.UTF8, contentType), key);

    /// <summary>Asks for a task, with the header Idempotency-Key where keys are given.</summary>
    public Task<ApiReply> CreateAsync(object body, params string[] keys)
    {
        var text = System.Text.Json.JsonSerializer.Serialize(body, System.Text.Json.JsonSerializerOptions.Web);
        return SendAsync(HttpMethod.Post, "/tasks", new StringContent(text, Encoding.UTF8, "application/json"), Key, keys);
    }

    public static string PathOf(TaskId id) => $"/tasks/{Uri.EscapeDataString(id.ToString())}";

    /// <summary>What the worker's activity writes.</summary>
    public async Task<TaskSummary> ProjectAsync(TaskId id, TaskState state, int? pull = null)
    {
        var summary = new TaskSummary(
            id, 1, "run-1", TaskKind.Implement, state, "a step", "", "a title", "rest-api", 12, pull, null, null, 10, 20, 0.5m, Now, Now);
        await Tasks.UpsertAsync(summary, default);
        return summary;
    }

    private async Task<ApiReply> SendAsync(HttpMethod method, string path, HttpContent? content, string? key, string[]? idempotencyKeys = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var one in idempotencyKeys ?? [])
            request.Headers.TryAddWithoutValidation("Idempotency-Key", one);
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        ApiContract.Hold(method, path, response, text);
        if (response.IsSuccessStatusCode && content is not null)
            ApiContract.Hold($"{method} {path}", ApiContract.Schema(path == "/tasks" ? "CreateTaskRequest" : "SignalRequest"), await content.ReadAsStringAsync());
        return new ApiReply(response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), response.Headers.Location?.OriginalString, response.Headers.RetryAfter is not null)
        {
            Link = response.Headers.TryGetValues("Link", out var links) ? links.Single() : null,
        };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Temporal's memory: one step that took two tries.</summary>
    private sealed class FakeRunHistory : IRunHistory
    {
        public Task<IReadOnlyList<StepRun>> ReadAsync(TaskId task, string runId, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<StepRun>>([new StepRun("PrepareWorkspace", Now, Now.AddSeconds(4), 1, false), new StepRun("RunAgent", Now.AddSeconds(5), Now.AddSeconds(40), 2, false)]);
    }

    internal sealed record ApiReply(HttpStatusCode Status, JsonNode? Body, string? Location, bool HasRetryAfter)
    {
        /// <summary>The header Link; null for none.</summary>
        public string? Link { get; init; }

        /// <summary>The line of a refusal; fails when it is missing or more than one.</summary>
        public string Line
        {
            get
            {
                var detail = Body?["detail"]?.GetValue<string>();
                detail.ShouldNotBeNullOrWhiteSpace($"{Status} has no words");
                detail.ShouldNotContain('\n');
                return detail;
            }
        }
    }
}
