using System.Net;
using System.Net.Http.Headers;
using CodingAgent.BotHost.Tests.Commands;

namespace CodingAgent.BotHost.Tests.Composition;

public sealed class TelemetryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Metrics_WithTheKey_HoldOursAndThoseOfTemporalsCore()
    {
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
