namespace Temporalio.Testing;

/// <summary>How a local test server is run.</summary>
public class DevServerOptions : ICloneable
{
    /// <summary>Database file; in memory only when null.</summary>
    public string? DatabaseFilename { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
