using CodingAgent.Agents.Sessions;

namespace CodingAgent.Agents.Tests.Fakes;

/// <summary>One session in memory, one item a run, and a switch that makes it fail.</summary>
internal sealed class MemorySessions : IAgentSessions
{
    private readonly List<SessionItem> _items = [];

    public bool Broken { get; set; }

    public Task<IReadOnlyList<SessionItem>> GetAsync(string session, int? most, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<SessionItem>>([.. _items.TakeLast(most ?? int.MaxValue)]);

    public Task AddAsync(string session, string runId, IReadOnlyList<string> items, CancellationToken cancellationToken)
    {
        if (Broken)
            throw new IOException("no disk");
        var item = new SessionItem(runId, items.Single());
        var at = _items.FindIndex(i => i.RunId == runId);
        if (at < 0)
            _items.Add(item);
        else
            _items[at] = item;
        return Task.CompletedTask;
    }

    public Task<SessionItem?> PopAsync(string session, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ClearAsync(string session, CancellationToken cancellationToken) => throw new NotSupportedException();
}
