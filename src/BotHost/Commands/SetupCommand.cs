using System.CommandLine;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Keys;
using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.BotHost.Setup;
using CodingAgent.Forges;
using CodingAgent.Forges.GitHub;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.BotHost.Commands;

/// <summary>
/// <c>codingagent setup github</c>: has GitHub make the App, and keeps its credentials for <c>serve</c>. A command of its own, so that a service
/// which lost its settings says so instead of offering itself to whoever comes by.
/// </summary>
internal static class SetupCommand
{
    public static Command Create()
    {
        var github = new Command("github", "Makes the GitHub App: shows the address of a page that does it, and keeps the App's credentials, sealed, in the data folder.");
        var options = new ServiceOptions(github);
        var address = new Option<string>("--address") { Description = "Where GitHub reaches this service, e.g. https://agent.example.com.", Required = true };
        var organization = new Option<string?>("--organization") { Description = "The organisation that is to own the App; without it, whoever makes it." };
        var name = new Option<string>("--name") { Description = "What the App is to be called.", DefaultValueFactory = _ => "Coding Agent" };
        var replace = new Option<bool>("--replace") { Description = "Takes the place of an App that was made before." };
        github.Add(address);
        github.Add(organization);
        github.Add(name);
        github.Add(replace);
        github.SetAction((parsed, ct) => RunAsync(
            () => options.NewBuilder(parsed), parsed.GetValue(address)!, parsed.GetValue(organization), parsed.GetValue(name)!, parsed.GetValue(replace), ct));
        return new Command("setup", "Prepares the service for a forge.") { github };
    }

    private static async Task<int> RunAsync(Func<WebApplicationBuilder> newBuilder, string address, string? organization, string name, bool replaces, CancellationToken cancellationToken)
    {
        try
        {
            var builder = newBuilder();
            var configuration = builder.Configuration;
            var data = Path.GetFullPath(HostSettingsReader.Optional(configuration, "DataDirectory") ?? "data");
            var settings = Settings(configuration, address, organization, name);
            if (AppCredentialsReader.Names.FirstOrDefault(n => HostSettingsReader.Optional(configuration, n) is not null) is { } set)
                throw new ConfigurationException($"{set} is set, and 'serve' would use that: remove it first.");
            if (File.Exists(StoredApp.PathIn(data)) && !replaces)
                throw new ConfigurationException($"There is an App already ({StoredApp.PathIn(data)}): 'codingagent doctor' says which; --replace makes another one in its place.");
            DataFolder.Prepare(data);
            var keys = await StorageKeyring.ReadAsync(StorageKeySettings.Read(configuration, data), cancellationToken);
            foreach (var note in keys.Notes)
                Console.WriteLine(note);
            return await ServeAsync(builder, settings, data, keys.Cipher, cancellationToken);
        }
        catch (Exception e) when (e is ConfigurationException or StorageException or IOException or UnauthorizedAccessException or InvalidDataException or AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"codingagent: {e.Message.ReplaceLineEndings(" ")}");
            return 2;
        }
    }

    private static async Task<int> ServeAsync(WebApplicationBuilder builder, SetupSettings settings, string data, PayloadCipher cipher, CancellationToken cancellationToken)
    {
        var urls = HostSettingsReader.Optional(builder.Configuration, "Urls") ?? "http://127.0.0.1:8080";
        var done = new TaskCompletionSource<CreatedApp>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var pages = new SetupPages(
            settings,
            (code, ct) => AppManifest.ConvertAsync(settings.GitHub, code, TimeProvider.System, NullLogger.Instance, ct),
            app =>
            {
                new StoredApp(settings.GitHub.ApiUrl.AbsoluteUri, app.Credentials.Id, app.Slug, app.WebUrl, app.Credentials.PrivateKey, app.WebhookSecret, app.ClientId, app.ClientSecret) { PublicUrl = settings.PublicUrl.GetLeftPart(UriPartial.Authority) }.Save(data, cipher);
                done.TrySetResult(app);
            });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(urls);
        await using var app = builder.Build();
        pages.Map(app);
        await app.StartAsync(cancellationToken);
        // What listens everywhere is opened on the machine itself.
        pages.Origins = [.. app.Urls.Select(u => u.Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal).Replace("//[::]:", "//127.0.0.1:", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal), .. pages.Origins];
        Console.WriteLine("Open one of these, and make the App there. Whoever has the address can do it, once:");
        foreach (var link in pages.Links)
            Console.WriteLine($"  {link}");
        try
        {
            using var told = CancellationTokenSource.CreateLinkedTokenSource(app.Lifetime.ApplicationStopping, cancellationToken);
            var made = await done.Task.WaitAsync(told.Token);
            Console.WriteLine($"The App {made.Slug} is made; its credentials are kept, sealed, in {StoredApp.PathIn(data)}.");
            Console.WriteLine($"Install it: {SetupPages.InstallAddress(made)}");
            Console.WriteLine("Then start the service: codingagent serve");
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("No App was made.");
            return 1;
        }
        finally
        {
            // The last page is on its way: stopping waits for it.
            await app.StopAsync(CancellationToken.None);
        }
    }

    private static SetupSettings Settings(IConfiguration configuration, string address, string? organization, string name)
    {
        var github = GitHubSettings.ReadApi(configuration);
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0 || url.PathAndQuery != "/")
            throw new ConfigurationException($"--address is '{address}'; write scheme and host by which GitHub reaches this service, without a path, e.g. https://agent.example.com.");
        if (url.Scheme != Uri.UriSchemeHttps && !url.IsLoopback)
            throw new ConfigurationException("--address must be https: what people write, and the code for the App's key, would travel in the clear.");
        if (organization is not null && !RepoRef.TryParse($"github:{organization}/x", out _))
            throw new ConfigurationException($"--organization is '{organization}', which is no organisation's login.");
        return new SetupSettings(github, url, GitHubWebhook.Place, SignInForge.BackOf(ForgeKind.GitHub), organization, name);
    }
}
