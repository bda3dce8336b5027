namespace Temporalio.Extensions.Hosting;

/// <summary>Names a hosted worker among those of its host.</summary>
/// <param name="TaskQueue">Its queue.</param>
/// <param name="Version">Version of a versioned worker; always null here.</param>
/// <param name="VersionIsBuildId">Whether the version is a build id; always false here.</param>
public record TemporalWorkerServiceIdentifier(string TaskQueue, string? Version, bool VersionIsBuildId);
