using Temporalio.Api.Update.V1;

namespace TemporalServer.Machine;

/// <summary>An update that is not in the history yet; it lives in memory and its caller asks again when the server stops.</summary>
internal sealed record PendingUpdate(Request Request, UpdateStage Stage);
