namespace TemporalServer.Matching;

/// <summary>Names a queue that workers poll.</summary>
internal readonly record struct QueueKey(string Namespace, string Name, TaskQueueType Type);
