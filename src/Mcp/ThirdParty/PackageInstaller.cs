using System.Text.Json.Nodes;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>What is different from one source of packages to another. Whatever it does happens in the sandbox; here are only its commands and files.</summary>
internal abstract class PackageInstaller
{
    /// <summary>The one for a source.</summary>
    public static PackageInstaller Of(PackageSource source) => source switch
    {
        PackageSource.Npm => new NpmInstaller(),
        PackageSource.PyPI => new PyPIInstaller(),
        _ => new NuGetInstaller(),
    };

    /// <summary>Its key in <see cref="Egress.RegistryHosts.ByEcosystem"/>.</summary>
    public abstract string Registries { get; }

    /// <summary>The folder below the installed one whose files are frozen.</summary>
    public abstract string Content { get; }

    /// <summary>Commands that install, in order. Each is asked for when the one before has run, and may write files for the next.</summary>
    /// <param name="work">Folder they run in.</param>
    /// <param name="package">What to install.</param>
    /// <param name="approved">Dependencies that were approved; null before that.</param>
    /// <exception cref="ThirdPartyException">What is found is nothing to install.</exception>
    public abstract IEnumerable<string> Steps(string work, ServerPackage package, JsonObject? approved);

    /// <summary>The digest of the artifact that was installed, in the form of the source; null when it cannot be told.</summary>
    public abstract string? DigestOf(string folder, ServerPackage package);

    /// <summary>The dependencies of what was installed, itself included.</summary>
    public abstract JsonObject DependenciesOf(string folder);

    /// <summary>Names and versions of such dependencies.</summary>
    public abstract IEnumerable<(string Name, string Version)> PackagesOf(JsonObject dependencies);

    /// <summary>How a program of the package is started.</summary>
    /// <param name="shown">Where the folder is shown.</param>
    /// <param name="program">Name of the program.</param>
    public abstract ServerProgram Program(string shown, string program);
}

/// <summary>How a server is started.</summary>
/// <param name="Arguments">Program and first arguments.</param>
/// <param name="Environment">Variables.</param>
internal sealed record ServerProgram(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment);
