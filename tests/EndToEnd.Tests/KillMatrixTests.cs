using CodingAgent.Chaos;
using Xunit.Abstractions;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>A few points of the kill matrix; <c>./dev chaos</c> tries all of them.</summary>
public sealed class KillMatrixTests(ITestOutputHelper output)
{
    [Fact]
    public async Task WholeWay_KilledAtASeededSampleOfPoints_EndsAsUndisturbed()
    {
        using var report = new StringWriter();
        await using var service = await ChaosService.StartAsync(CancellationToken.None);
        try
        {
            var matrix = new Matrix([service], report);
            await matrix.RehearseAsync(CancellationToken.None);
            await matrix.TryAsync(Sample.Of(matrix.Points, count: 4, seed: 20261125), killsPerRun: 4, firstRun: 1, CancellationToken.None);
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
