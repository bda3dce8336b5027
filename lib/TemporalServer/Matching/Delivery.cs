using Google.Protobuf;

namespace TemporalServer.Matching;

/// <summary>A task on its way to a worker.</summary>
/// <param name="Response">The response of the poll.</param>
/// <param name="Durable">Ends when the start of the task is on disk; only then may the response leave.</param>
internal sealed record Delivery(IMessage Response, Task Durable);
