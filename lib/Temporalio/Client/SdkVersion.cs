namespace Temporalio.Client;

/// <summary>What this SDK calls itself on the wire: the interface it stands in for and the version it follows.</summary>
internal static class SdkVersion
{
    public const string Name = "temporal-dotnet";
    public const string Version = "1.18.0";
}
