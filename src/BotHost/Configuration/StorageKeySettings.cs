namespace CodingAgent.BotHost.Configuration;

/// <summary>Where the keys come from that seal what is kept: the keys <c>Storage:*</c>. One source; the file unless another is named.</summary>
/// <param name="File">The key file, full path; made at the first start where it is the default one.</param>
/// <param name="IsDefaultFile">Whether nobody named the file.</param>
/// <param name="Text">The keys themselves; null for another source.</param>
/// <param name="Command">Shell line whose output is the keys; null for another source.</param>
/// <param name="Patience">How long the command may take.</param>
public sealed record StorageKeySettings(string File, bool IsDefaultFile, string? Text, string? Command, TimeSpan Patience)
{
    private const string KeyFile = "Storage:KeyFile";
    private const string KeyText = "Storage:Keys";
    private const string KeyCommand = "Storage:KeyCommand";

    /// <summary>Reads and checks them; no file is looked at.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="dataDirectory">The data folder.</param>
    /// <exception cref="ConfigurationException">A key is malformed, or two sources are named.</exception>
    public static StorageKeySettings Read(IConfiguration configuration, string dataDirectory)
    {
        var (file, text, command) = (HostSettingsReader.Optional(configuration, KeyFile), HostSettingsReader.Optional(configuration, KeyText), HostSettingsReader.Optional(configuration, KeyCommand));
        if (((string?[])[file, text, command]).Count(s => s is not null) > 1)
            throw new ConfigurationException($"More than one of {KeyFile}, {KeyText} and {KeyCommand} is set; keep the one the storage keys come from.");
        return new StorageKeySettings(
            Path.GetFullPath(file ?? Path.Combine(dataDirectory, "storage.key")), file is null, text, command,
            HostSettingsReader.Seconds(configuration, "Storage:KeyCommandTimeout", 10, 1, 300));
    }

    /// <summary>The source in words, without a secret.</summary>
    public string Source => Text is not null ? KeyText : Command is not null ? KeyCommand : File;

    /// <summary>Masked: settings hold secrets.</summary>
    public override string ToString() => $"StorageKeySettings({Source})";
}
