namespace CodingAgent.BotHost.Configuration;

/// <summary>A setting of the service as the guide tells it.</summary>
/// <param name="Name">Its name. A part in angle brackets is free: the model in <c>Models:Prices:&lt;model&gt;:Input</c>.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Default">What counts where it is not set, in Markdown; a value, in backticks alone, is what could be set as well.</param>
/// <param name="Meaning">What it does, in Markdown.</param>
public sealed record Setting(string Name, SettingKind Kind, string Default, string Meaning)
{
    /// <summary>The option of <c>serve</c> that stands for it; null for none.</summary>
    public string? Option { get; init; }

    /// <summary>All it may be, where it is a <see cref="SettingKind.Choice"/>.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Whether it must not be shown.</summary>
    public bool IsSecret => Kind is SettingKind.Secret or SettingKind.Secrets;

    /// <summary>Whether a configuration's key is this setting, or an entry of it where it is a list.</summary>
    /// <param name="key">The key.</param>
    public bool Is(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var (name, parts) = (Name.Split(':'), key.Split(':'));
        return (parts.Length == name.Length || (Kind is SettingKind.List or SettingKind.Secrets && parts.Length == name.Length + 1))
            && name.Zip(parts).All(p => IsFree(p.First) ? p.Second.Length > 0 : p.First.Equals(p.Second, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether a part of a name is free.</summary>
    /// <param name="part">The part.</param>
    internal static bool IsFree(string part) => part.StartsWith('<');
}

/// <summary>What a <see cref="Setting"/> holds.</summary>
public enum SettingKind
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>Texts: one with commas between them, or a list.</summary>
    List,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary>A number.</summary>
    Number,

    /// <summary>Whole seconds.</summary>
    Seconds,

    /// <summary>A whole number with its unit, e.g. <c>30d</c>, or <c>none</c>.</summary>
    Duration,

    /// <summary>A whole number with its unit, e.g. <c>4GB</c>, or <c>none</c>.</summary>
    Size,

    /// <summary>Path of a file.</summary>
    File,

    /// <summary>Path of a folder.</summary>
    Folder,

    /// <summary>An http or https address.</summary>
    Address,

    /// <summary>What must not be shown.</summary>
    Secret,

    /// <summary>Likewise; one, or while it is being changed a list.</summary>
    Secrets,
}
