using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge;

namespace CodingAgent.LocalForge.Tests;

/// <summary>A forge with a repository <c>acme/shop</c>: ada owns it, eve may only read, bot may push.</summary>
public class Playground : IAsyncLifetime
{
    public const string Repo = "/repos/acme/shop";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("localforge-");
    private HttpClient _http = null!;

    public LocalForgeServer Forge { get; private set; } = null!;

    /// <summary>Whether the forge is served over TLS.</summary>
    protected virtual bool Tls => false;

    public async Task InitializeAsync()
    {
        Forge = await LocalForgeServer.StartAsync(
            new LocalForgeOptions
            {
                DataDirectory = Path.Combine(_folder.FullName, "forge"),
                AllowUnsandboxedCi = true,
                Tls = Tls,
                WebhookRetryDelay = TimeSpan.FromMilliseconds(100),
            },
            CancellationToken.None);
        _http = Forge.CertificateFile is { } file ? Trusting(file) : new HttpClient();
        Forge.CreateUser("acme", "token-acme");
        Forge.CreateUser("ada", "token-ada");
        Forge.CreateUser("bot", "token-bot");
        Forge.CreateUser("eve", "token-eve");
        Forge.CreateUser("robo[bot]", "token-robo[bot]", AccountKind.Bot);
        await Forge.CreateRepositoryAsync("acme", "shop", Seed(("README.md", "# Shop\n"), ("src/pay.txt", "one\ntwo\nthree\n")));
        Forge.SetAccess("acme", "shop", "ada", RepoAccess.Maintain);
        Forge.SetAccess("acme", "shop", "bot", RepoAccess.Write);
        Forge.SetAccess("acme", "shop", "robo[bot]", RepoAccess.Write);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await Forge.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>A client that trusts one certificate and no other.</summary>
    public static HttpClient Trusting(string certificateFile)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(certificateFile));
        return new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } });
    }

    /// <summary>A folder holding these files.</summary>
    public string Seed(params (string Path, string Text)[] files)
    {
        var folder = NewFolder();
        foreach (var (path, text) in files)
        {
            var full = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }

        return folder;
    }

    public string NewFolder() => _folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;

    public string CloneUrl(string login, string repo = "acme/shop") => Forge.BaseUrl.Replace("://", $"://{login}:token-{login}@", StringComparison.Ordinal) + $"/{repo}.git";

    /// <summary>What a clone is told so that git trusts the forge, then and later.</summary>
    public string[] GitTrust => Forge.CertificateFile is { } file ? ["--config", $"http.sslCAInfo={file}"] : [];

    /// <summary>Clones, commits files on a branch and pushes it as this person.</summary>
    public async Task<string> PushAsync(string login, string branch, string message, params (string Path, string? Text)[] files)
    {
        var folder = NewFolder();
        await Tools.GitAsync(folder, ["clone", "--quiet", .. GitTrust, CloneUrl(login), "."]);
        var exists = (await Tools.TryGitAsync(folder, "checkout", "--quiet", branch)).ExitCode == 0;
        if (!exists)
            await Tools.GitAsync(folder, "checkout", "--quiet", "-b", branch);
        await CommitAsync(folder, message, files);
        await Tools.GitAsync(folder, "push", "--quiet", "origin", branch);
        return await Tools.GitAsync(folder, "rev-parse", "HEAD");
    }

    public static async Task CommitAsync(string folder, string message, params (string Path, string? Text)[] files)
    {
        foreach (var (path, text) in files)
        {
            var full = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            if (text is null)
                File.Delete(full);
            else
                await File.WriteAllTextAsync(full, text);
        }

        await Tools.GitAsync(folder, "add", "--all");
        await Tools.GitAsync(folder, "commit", "--quiet", "-m", message);
    }

    /// <summary>One REST call as a person; the JSON of the answer.</summary>
    public async Task<JsonNode> CallAsync(string login, HttpMethod method, string path, object? body = null, int expect = 0)
    {
        using var response = await SendAsync(login, method, path, body);
        var text = await response.Content.ReadAsStringAsync();
        if (expect == 0)
            response.IsSuccessStatusCode.ShouldBeTrue($"{method} {path} -> {(int)response.StatusCode} {text}");
        else
            ((int)response.StatusCode).ShouldBe(expect, text);
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    public Task<JsonNode> GetAsync(string login, string path, int expect = 0) => CallAsync(login, HttpMethod.Get, path, null, expect);

    public Task<JsonNode> PostAsync(string login, string path, object body, int expect = 0) => CallAsync(login, HttpMethod.Post, path, body, expect);

    public async Task<HttpResponseMessage> SendAsync(string? login, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path.StartsWith('/') ? Forge.ApiUrl + path : path);
        if (login is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "token-" + login);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        return await _http.SendAsync(request);
    }

    public async Task<string> PageAsync(string path) => await _http.GetStringAsync(new Uri(Forge.BaseUrl + path));

    /// <summary>A branch with a change to the file, and a pull request for it.</summary>
    public async Task<int> OpenPullAsync(string login, string branch, string text = "one\n2\nthree\n", bool draft = false)
    {
        await PushAsync(login, branch, "change", ("src/pay.txt", text));
        var pull = await PostAsync(login, Repo + "/pulls", new { title = "Change", head = branch, @base = "main", body = "Why", draft });
        return (int)pull["number"]!;
    }

    /// <summary>Asks again until the answer is as wanted.</summary>
    public static async Task<T> EventuallyAsync<T>(Func<Task<T>> ask, Func<T, bool> wanted)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (true)
        {
            var answer = await ask();
            if (wanted(answer))
                return answer;
            if (DateTime.UtcNow > deadline)
                throw new TimeoutException($"Still not as wanted after 30 seconds: {answer}");
            await Task.Delay(25);
        }
    }
}
