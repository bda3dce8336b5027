using CodingAgent.Chaos;
using Xunit.Abstractions;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>A few points of the kill matrix; <c>./dev chaos</c> tries all of them.</summary>
public sealed class KillMatrixTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("implement", "", 4)]
    public Task WholeWay_KilledAtASeededSampleOfPoints_EndsAsUndisturbed(string name, string at, int kills) => KillAsync(name, at, kills);

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("upgrade", "Make", 4)]
    [InlineData("fix", "ProveTests", 4)]
    [InlineData("refactor", "Prove", 4)]
    public Task WholeWayOfOtherJobs_KilledAtASeededSampleOfPoints_EndsAsUndisturbed(string name, string at, int kills) => KillAsync(name, at, kills);

    private async Task KillAsync(string name, string at, int kills)
    {
        var job = ChaosJob.All.Single(j => j.Name == name);
        using var report = new StringWriter();
        await using var service = await ChaosService.StartAsync(job, CancellationToken.None);
        try
        {
            var matrix = new Matrix([service], job, report);
            await matrix.RehearseAsync(CancellationToken.None);
            await matrix.TryAsync(Sample.Of([.. matrix.Points.Where(p => p.ToString().Contains(at, StringComparison.Ordinal))], kills, seed: 20261125), killsPerRun: kills, firstRun: 1, CancellationToken.None);
            if (!matrix.Report())
            {
                service.KeepFiles();
                Assert.Fail($"{report}\nLogs of the service: {service.LogDirectory}");
            }

            matrix.Results.Values.ShouldContain(r => r.Outcome == Outcome.Same, "something was killed");
        }
        finally
        {
            output.WriteLine(report.ToString());
        }
    }
}
