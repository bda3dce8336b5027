using Temporalio.Client;
using Temporalio.Extensions.Hosting;
using Temporalio.Extensions.OpenTelemetry;
using Temporalio.Testing;

namespace Temporalio.Tests.Surface;

/// <summary>
/// Code on this library must move to the official package unchanged, so what the library shows is what the official one shows. A failure
/// names the line that has to change in official.txt, or the member that has to change in the library.
/// </summary>
public sealed class OfficialSurfaceTests
{
    private static readonly OfficialList Official = OfficialList.Load();

    private static readonly Dictionary<string, (string Shape, HashSet<string> Members)> Ours = PublicSurface
        .Of([typeof(TemporalClient).Assembly, typeof(WorkflowEnvironment).Assembly, typeof(TracingInterceptor).Assembly, typeof(TemporalWorkerService).Assembly])
        .Where(t => !IsGenerated(t.Key))
        .ToDictionary();

    [Fact]
    public void Everything_WeShow_IsOfficial()
    {
        Ours.Keys.Except(Official.Ours.Keys).ShouldBeEmpty("types that are not official, or are listed as left out");
        foreach (var (name, (shape, members)) in Ours)
        {
            $"{name}|{shape}".ShouldBe($"{name}|{Official.Ours[name].Shape}");
            members.Except(Official.Ours[name].Members).ShouldBeEmpty($"members of {name} that are not official in this shape");
        }
    }

    [Fact]
    public void Everything_ListedAsOurs_IsThere()
    {
        Official.Ours.Keys.Except(Ours.Keys).ShouldBeEmpty("types that are gone");
        foreach (var (name, (_, members)) in Official.Ours)
        {
            members.Except(Ours[name].Members).ShouldBeEmpty($"members of {name} that are gone or have changed");
        }
    }

    [Fact]
    public void Nothing_LeftOut_IsThere()
    {
        var there = Ours.Keys.Concat(Ours.SelectMany(t => t.Value.Members.Select(m => $"{t.Key}: {m}")));
        there.Intersect(Official.LeftOut).ShouldBeEmpty("offered by now: drop the mark in official.txt");
        Official.UsedReasons.ShouldBe(Official.Reasons, ignoreOrder: true);
        Official.LeftOut.Count.ShouldBeGreaterThan(400);
    }

    /// <summary>The payload message is generated, there as here, with more members than the rest of the list together.</summary>
    private static bool IsGenerated(string type) => type.StartsWith("Temporalio.Api.Common.V1.", StringComparison.Ordinal);
}
