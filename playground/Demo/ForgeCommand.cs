using System.Net.Sockets;
using System.Security.Cryptography;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Toolchains;
using CodingAgent.Playground.LocalForge;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Playground.Demo;

/// <summary>The forge and the scripted model by themselves, for a bot that is served in another terminal.</summary>
internal static class ForgeCommand
{
    private const string Owner = "acme", Person = "ada", Reader = "eve", Bot = "coding-agent-bot";
    private const string OnGitHub = "sample", OnGitLab = "sample-gitlab";

    /// <summary>Runs until it is stopped.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ForgeOptions options, CancellationToken ct)
    {
        var root = Directory.CreateTempSubdirectory("coding-agent-forge-").FullName;
        try
        {
            string modelKey = Secret(), webhookSecret = Secret();
            await using var forge = await LocalForgeServer.StartAsync(
                new LocalForgeOptions
                {
                    DataDirectory = Path.Combine(root, "forge"),
                    Port = options.Port,
                    Tls = options.Tls,
                    CertificateFile = options.Certificate,
                    CertificateKeyFile = options.Key,
                    CiSandbox = new BubblewrapSandbox(new BubblewrapOptions { Toolchains = HostToolchains.Installed(hostNuGetPackages: true) }, TimeProvider.System),
                },
                ct);
            await using var model = await ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = modelKey, Port = options.ModelPort }, ct);
            var tokens = new[] { Owner, Person, Reader, Bot }.ToDictionary(login => login, _ => Secret());
            foreach (var (login, token) in tokens)
                forge.CreateUser(login, token);
            foreach (var name in (string[])[OnGitHub, OnGitLab])
                await AddSampleAsync(forge, options.Sample, Path.Combine(root, name), name, ct);
            forge.AddWebhook(new Uri(options.Service, "webhooks/github"), webhookSecret);
            forge.AddGitLabWebhook(Owner, OnGitLab, new Uri(options.Service, "webhooks/gitlab"), webhookSecret);
            // What people sign in to the bot's pages by, as its own settings have it.
            var signIns = ((string[])["GitHub", "GitLab"]).ToDictionary(face => face, face =>
            {
                var (id, secret) = forge.CreateSignIn("Coding Agent", face == "GitLab", $"{options.Service.GetLeftPart(UriPartial.Authority)}/ui/sign-in/{face.ToLowerInvariant()}/back");
                return $"export Forge__{face}__OAuth__ClientId={id} Forge__{face}__OAuth__ClientSecret={secret}";
            });
            Console.WriteLine(Words(options, forge, model, tokens, signIns, modelKey, webhookSecret));
            await Task.Delay(Timeout.Infinite, ct);
            return 0;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            Console.WriteLine("Stopped; all of it is gone.");
            return 0;
        }
        catch (Exception e) when (e is IOException { InnerException: not null } or SocketException)
        {
            Console.Error.WriteLine($"forge: {e.Message} Choose other ports with --port and --model-port, or 0 for free ones.");
            return 1;
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"forge: {e.Message}");
            return 1;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task AddSampleAsync(LocalForgeServer forge, DemoSample sample, string folder, string name, CancellationToken ct)
    {
        sample.WriteTo(folder, name == OnGitLab ? DemoForge.GitLab : DemoForge.GitHub);
        await forge.CreateRepositoryAsync(Owner, name, folder, cancellationToken: ct);
        forge.SetAccess(Owner, name, Person, RepoAccess.Admin);
        forge.SetAccess(Owner, name, Bot, RepoAccess.Write);
        forge.OpenIssue(Owner, name, Person, sample.Ticket.Title, sample.Ticket.Body);
    }

    private static string Words(ForgeOptions options, LocalForgeServer forge, ScriptedModelServer model, Dictionary<string, string> tokens, Dictionary<string, string> signIns, string modelKey, string webhookSecret)
    {
        string Serve(string name) => $"./dev serve --urls {options.Service.GetLeftPart(UriPartial.Authority)} --data ./artifacts/forge-{name}";
        var trust = forge.CertificateFile is { } file ? $"""

            Trust      export SSL_CERT_FILE={file} GIT_SSL_CAINFO={file}
                       (gh and git; curl takes it as --cacert, Node as NODE_EXTRA_CA_CERTS. The bot is played without --tls.)
            gh         GH_HOST={new Uri(forge.BaseUrl).Authority} GH_ENTERPRISE_TOKEN={tokens[Person]} gh issue list -R {Owner}/{OnGitHub}
            """ : "";
        return $"""
            Pages      {forge.BaseUrl}/
            GitHub     {forge.BaseUrl}/{Owner}/{OnGitHub}    REST {forge.ApiUrl}
            GitLab     {forge.BaseUrl}/{Owner}/{OnGitLab}    REST {forge.GitLabApiUrl}
            Tokens     {string.Join("\n           ", tokens.Select(t => $"{t.Key,-18}{t.Value}   {RoleOf(t.Key)}"))}{trust}

            Serve the bot in another terminal, in this folder, with the scripted model

              export OPENAI_BASE_URL={model.BaseUrl} OPENAI_API_KEY={modelKey} Models__Default=scripted

            and on GitHub's face

              export Forge__GitHub__ApiUrl={forge.ApiUrl} Forge__GitHub__Token={tokens[Bot]} Forge__GitHub__WebhookSecret={webhookSecret}
              {signIns["GitHub"]}
              {Serve("github")}

            or on GitLab's

              export Forge__GitLab__Url={forge.BaseUrl} Forge__GitLab__Token={tokens[Bot]} Forge__GitLab__WebhookSecret={webhookSecret}
              {signIns["GitLab"]}
              {Serve("gitlab")}

            Its pages are at {options.Service.GetLeftPart(UriPartial.Authority)}/ui: sign in there with {Person}'s account.
            Then add the label agent:implement to the first issue, as {Person}:
              {forge.BaseUrl}/{Owner}/{OnGitHub}/issues/1    or    {forge.BaseUrl}/{Owner}/{OnGitLab}/issues/1

            The scripted model knows the sample's issue alone: for others leave OPENAI_BASE_URL out and name a real model.
            Ctrl+C ends it, and all of this is gone.
            """;
    }

    private static string RoleOf(string login) => login switch
    {
        Owner => "owns the repositories",
        Person => "administrator",
        Bot => "may push: the bot's",
        _ => "may read",
    };

    private static string Secret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
}
