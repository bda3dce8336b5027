namespace TemporalServer.Storage;

/// <summary>What one transaction writes of one schedule.</summary>
/// <param name="Seq">Its place in the order of creation.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="ScheduleId">Its id.</param>
/// <param name="Paused">For lists.</param>
/// <param name="SearchAttributes">For lists, as JSON.</param>
/// <param name="State">The state, serialized while nobody could change it.</param>
internal sealed record ScheduleWrite(long Seq, string Namespace, string ScheduleId, bool Paused, string SearchAttributes, byte[] State);
