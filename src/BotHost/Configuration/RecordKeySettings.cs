using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Where the keys of signed records are: the keys <c>Records:ROLE:*</c>, one set for each of <see cref="RecordRole"/>.</summary>
/// <param name="Roles">The places, by role.</param>
public sealed record RecordKeySettings(IReadOnlyDictionary<RecordRole, RecordKeySettings.Place> Roles)
{
    /// <summary>Reads them; no file is looked at.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="dataDirectory">The data folder.</param>
    public static RecordKeySettings Read(IConfiguration configuration, string dataDirectory) => new(Enum.GetValues<RecordRole>().ToDictionary(role => role, role =>
    {
        var file = HostSettingsReader.Optional(configuration, $"Records:{role}:KeyFile");
        return new Place(
            Path.GetFullPath(file ?? Path.Combine(dataDirectory, "records", $"{role.ToString().ToLowerInvariant()}.key")), file is null,
            HostSettingsReader.Optional(configuration, $"Records:{role}:PublicKeys"));
    }));

    /// <summary>The keys of one role.</summary>
    /// <param name="File">File of the private key, full path.</param>
    /// <param name="IsDefaultFile">Whether nobody named the file.</param>
    /// <param name="PublicKeys">Public keys, 64 hex digits each, for a process that does not have the private one; null for none.</param>
    public sealed record Place(string File, bool IsDefaultFile, string? PublicKeys);
}
