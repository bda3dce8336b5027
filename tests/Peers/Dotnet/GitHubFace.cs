using System.Security.Cryptography;
using System.Text.Json;
using CodingAgent.Playground.LocalForge;

namespace CodingAgent.Peers.Dotnet;

/// <summary>The forge that is held against GitHub's own description: a repository with CI, its people, an app that is installed, and a webhook that nobody hears.</summary>
internal static class GitHubFace
{
    private const string Workflow = """
        name: ci
        on: [push, pull_request, workflow_dispatch]
        jobs:
          unit:
            steps:
              - run: grep -q three src/pay.txt
          flaky:
            steps:
              - run: 'test "$GITHUB_RUN_ATTEMPT" = 2'
        """;

    /// <summary>Tells its address, its routes and its app as a line of JSON, and runs it until the input closes.</summary>
    public static async Task RunAsync(TextReader input, TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("peers-github-");
        try
        {
            var seed = folder.CreateSubdirectory("seed");
            seed.CreateSubdirectory("src");
            seed.CreateSubdirectory(".github/workflows");
            await File.WriteAllTextAsync(Path.Combine(seed.FullName, "src", "pay.txt"), "one\ntwo\nthree\nfour\nfive\n");
            await File.WriteAllTextAsync(Path.Combine(seed.FullName, ".github", "workflows", "ci.yml"), Workflow);
            File.CreateSymbolicLink(Path.Combine(seed.FullName, "link"), "src/pay.txt");
            await using var forge = await LocalForgeServer.StartAsync(
                new LocalForgeOptions { DataDirectory = Path.Combine(folder.FullName, "forge"), AllowUnsandboxedCi = true, WebhookRetryDelay = TimeSpan.FromMinutes(10) }, CancellationToken.None);
            foreach (var login in (string[])["acme", "ada", "bot", "eve"])
                forge.CreateUser(login, "token-" + login);
            forge.CreateUser("robo[bot]", "token-robo", AccountKind.Bot);
            await forge.CreateRepositoryAsync("acme", "shop", seed.FullName);
            forge.SetAccess("acme", "shop", "ada", RepoAccess.Admin);
            forge.SetAccess("acme", "shop", "bot", RepoAccess.Write);
            forge.SetAccess("acme", "shop", "robo[bot]", RepoAccess.Write);
            forge.AddRule("acme", "shop", "release", "required_signatures");
            using var key = RSA.Create(2048);
            var app = forge.CreateApp("acme", "robin", key.ExportRSAPublicKeyPem());
            forge.InstallApp("robin", "acme");
            forge.AddWebhook(new Uri("http://127.0.0.1:9/hook"), "not heard");
            await output.WriteLineAsync(JsonSerializer.Serialize(new { url = forge.BaseUrl, routes = forge.GitHubRoutes, app, key = key.ExportPkcs8PrivateKeyPem() }));
            await Task.Run(input.ReadToEnd);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
