namespace TemporalServer.Tests.Live;

[CollectionDefinition(nameof(LiveServer))]
public sealed class LiveCollection : ICollectionFixture<LiveServer>;
