using CodingAgent.BotHost.Web;
using CodingAgent.Storage;
using CodingAgent.Workflows.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace CodingAgent.Bench;

/// <summary>From a signed delivery on a loopback connection to the 202 that says it is on disk.</summary>
internal static class WebhookBench
{
    public const string Name = "webhook";

    public static async Task<Comparison> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-bench-").FullName;
        try
        {
            using var database = await SqliteDatabase.OpenAsync(Path.Combine(folder, "ours.db"), CancellationToken.None);
            using var bare = new BareInbox(Path.Combine(folder, "bare.db"));
            await using var ours = await WebServer.StartAsync(
                services => services.AddSingleton<IInbox>(new Inbox(database)).AddGitHubWebhooks(new GitHubWebhookOptions(Delivery.Secret)),
                app => app.MapGitHubWebhooks());
            await using var theirs = await WebServer.StartAsync(_ => { }, bare.Map);
            var comparison = new Comparison(Name, $"signed delivery ({Delivery.Size} bytes) to durable 202", "bare endpoint, one durable insert", Limit: 3);
            await comparison.MeasureAsync(
                () => Delivery.SendAsync(ours.Client), () => Delivery.SendAsync(theirs.Client), warmUp: 200, rounds: 2000, TimeSpan.FromSeconds(15));
            return comparison;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
