using System.Net;
using System.Net.Http.Headers;
using CodingAgent.BotHost.Tests.Commands;
using CodingAgent.BotHost.Tests.Observability;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Tests.Composition;

public sealed class TelemetryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Metrics_WithTheKey_HoldOursAndThoseOfTemporalsCore()
    {
        await LeaveAMergedTaskAsync();
        var url = new Uri($"http://127.0.0.1:{ChildProgram.FreePort()}");
        using var service = _program.Start("serve", "--role", "web", "--data", "data", "--urls", url.ToString());
        using var http = new HttpClient { BaseAddress = url };
        await UntilReadyAsync(http, service);

        using var refused = await http.GetAsync(new Uri("metrics", UriKind.Relative));
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("Send an API key");

        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _program.Environment["Api__Key"]);
        var metrics = await http.GetStringAsync(new Uri("metrics", UriKind.Relative));
        // Being ready took a call to Temporal and a request to us.
        metrics.ShouldContain("temporal_request");
        metrics.ShouldContain("http_server_request_duration_seconds");
        metrics.ShouldContain("dotnet_");
        metrics.ShouldNotContain("hunter2");
        // Counted as soon as work starts, which need not be before it is ready.
        while (!metrics.Contains("coding_agent_tasks_ended_total{", StringComparison.Ordinal) || !metrics.Contains("coding_agent_disk_pressure{", StringComparison.Ordinal))
        {
            service.HasExited.ShouldBeFalse(service.Output);
            await Task.Delay(50);
            metrics = await http.GetStringAsync(new Uri("metrics", UriKind.Relative));
        }

        // What an earlier life has done counts on, and every name of ours is one that dashboard and alerts may ask for.
        string Line(params string[] parts) => metrics.Split('\n').Single(l => !l.StartsWith('#') && parts.All(p => l.Contains(p, StringComparison.Ordinal))).Split(' ')[1];
        Line("coding_agent_tasks_ended_total{", "kind=\"implement\"", "outcome=\"merged\"", "pull=\"true\"").ShouldBe("1");
        Line("coding_agent_pull_lead_time_seconds_bucket{", "until=\"merged\"", "le=\"2700\"").ShouldBe("1");
        Line("coding_agent_pull_lead_time_seconds_bucket{", "until=\"merged\"", "le=\"2400\"").ShouldBe("0");
        Line("coding_agent_tasks_open{", "state=\"planning\"").ShouldBe("0");
        Line("coding_agent_disk_pressure{").ShouldBe("0");
        metrics.Split('\n').Where(l => l.StartsWith("coding_agent_", StringComparison.Ordinal)).Select(l => l[..l.IndexOf('{')]).Distinct(StringComparer.Ordinal).ShouldBeSubsetOf(ServedMetrics.Names);
    }

    private async Task LeaveAMergedTaskAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_program.Folder, "data"));
        using var database = await SqliteDatabase.OpenAsync(Path.Combine(folder.FullName, "bot.db"), default);
        var start = DateTimeOffset.Parse("2026-11-22T10:00:00Z");
        var merged = new TaskSummary(
            TaskId.ForIssue(RepoRef.Parse("github:octo/hello"), 12), 1, "r", TaskKind.Implement, TaskState.Merged, "", "", "t", "mona", 12, 34, null, null, 0, 0, 0, start, start.AddMinutes(44))
        {
            PullIsDraft = false,
        };
        await new TaskProjection(database).UpsertAsync(merged, default);
    }

    private static async Task UntilReadyAsync(HttpClient http, ChildProgram.RunningChild service)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            service.HasExited.ShouldBeFalse(service.Output);
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Patience, service.Output);
            try
            {
                using var ready = await http.GetAsync(new Uri("health/ready", UriKind.Relative));
                if (ready.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50);
        }
    }
}
