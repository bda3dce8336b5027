using System.Diagnostics;
using System.Text.Json;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.Workflows.Sweeps;

/// <summary>
/// A look at an issue or pull request as a delivery of our own: so it waits its turn behind what the forge told about the same, and is tried again as that is.
/// No forge can send one, because no webhook takes an event of such a name.
/// </summary>
public static class SweptDelivery
{
    /// <summary>The event's name.</summary>
    public const string EventName = "sweep:subject";

    private static readonly Actor Nobody = new("ghost", 0, ActorKind.Other);

    /// <summary>The delivery.</summary>
    /// <param name="repo">Repository.</param>
    /// <param name="on">What is looked at.</param>
    /// <param name="since">Since when something may have passed unheard.</param>
    /// <param name="sweep">Names the sweep.</param>
    /// <param name="now">The time.</param>
    public static InboxDelivery Of(RepoRef repo, Subject on, DateTimeOffset since, string sweep, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(repo);
        var look = new Look($"{repo}", on.Number, on.IsPull, since, sweep);
        return new InboxDelivery($"sweep:{sweep}:{repo}{(on.IsPull ? '!' : '#')}{on.Number}".ToLowerInvariant(), repo.Forge, EventName, JsonSerializer.SerializeToUtf8Bytes(look), now) { TraceParent = Activity.Current?.Id };
    }

    /// <summary>The look a delivery is; null for one of a forge.</summary>
    public static MappedDelivery? Map(InboxDelivery delivery)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        if (delivery.EventName != EventName)
            return null;
        return JsonSerializer.Deserialize<Look>(delivery.Body.Span) is { } look && RepoRef.TryParse(look.Repo, out var repo)
            ? new MappedDelivery.Event(new ForgeEvent.SubjectChanged(delivery.Id, repo, Nobody, look.Number, look.IsPull, look.Since))
            : new MappedDelivery.Unreadable($"{EventName}: it is not a look of ours");
    }

    private sealed record Look(string Repo, int Number, bool IsPull, DateTimeOffset Since, string Sweep);
}
