using CodingAgent.BotHost.Configuration;

namespace CodingAgent.BotHost.Diagnosis;

/// <summary>What a service that has started says of itself: with what it works, and where people look. Nothing is asked for it.</summary>
internal static class StartFacts
{
    /// <summary>A line each.</summary>
    /// <param name="settings">Settings.</param>
    /// <param name="temporal">Where Temporal is.</param>
    /// <param name="addresses">Where web listens.</param>
    public static IEnumerable<Finding> Of(HostSettings settings, string temporal, IEnumerable<string> addresses)
    {
        // Where forge and models are tried, what they answer tells it.
        if (!settings.DiagnosesAtStart)
        {
            if (settings.GitHub is { } gitHub)
                yield return Fact("forge", $"GitHub at {gitHub.Api.ApiUrl}, as {(gitHub.App is { } app ? $"the App {app.Id}" : "the account of Forge:GitHub:Token")}; not tried (Doctor:AtStart)");
            if (settings.GitLab is { } gitLab)
                yield return Fact("forge", $"GitLab at {gitLab.Site.Url}, as the account of Forge:GitLab:Token; not tried (Doctor:AtStart)");
            if (settings.IsWorker)
                yield return Fact("model", $"{string.Join(", ", ModelProbe.Configured(settings.Flow).Select(m => $"{m.Model} ({m.Roles})"))} at {settings.OpenAi.BaseUrl}; not tried (Doctor:AtStart)");
        }

        yield return Fact("temporal", settings.TemporalAddress is null
            ? $"the embedded server at {temporal}, its database in {settings.DataDirectory}"
            : $"{temporal}, namespace {settings.TemporalNamespace}");
        if (settings.IsWeb && addresses.Select(Reachable).FirstOrDefault() is { } root)
            yield return Fact("web", $"UI at {root}/, REST at {root}/tasks with its description at {root}/scalar, metrics at {root}/metrics, health at {root}/health/ready");
    }

    private static Finding Fact(string area, string text) => new(area, FindingLevel.Ok, text);

    // All addresses of this machine are no address to go to.
    private static string Reachable(string address) => address.TrimEnd('/').Replace("//[::]", "//localhost", StringComparison.Ordinal).Replace("//0.0.0.0", "//localhost", StringComparison.Ordinal);
}
