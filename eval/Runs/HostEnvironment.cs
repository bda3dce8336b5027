using CliWrap;
using CliWrap.Buffered;
using CodingAgent.Eval.Registries;

namespace CodingAgent.Eval.Runs;

/// <summary>What this machine has, and the environment in which repositories are tried outside the product.</summary>
internal static class HostEnvironment
{
    // Any will do: the store holds certificates that everybody may see.
    private const string StorePassword = "changeit";

    /// <summary>True when a program of this name is on the PATH.</summary>
    public static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Variables that lead package managers to this run's registries; Java's trust store is made where there is a Java.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ForTestsAsync(LocalRegistries registries, string scratch, CancellationToken ct)
    {
        var environment = new Dictionary<string, string>(OperatorSettings.ForPackageManagers(registries), StringComparer.Ordinal) { ["CI"] = "true" };
        if (!Has("keytool"))
            return environment;
        var result = await Cli.Wrap("keytool")
            .WithArguments([
                "-importcert", "-noprompt", "-alias", "eval", "-file", registries.AuthorityFile, "-keystore", registries.TrustStoreFile,
                "-storetype", "PKCS12", "-storepass", StorePassword])
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(ct);
        if (!result.IsSuccess)
            throw new EvalException($"keytool could not make a trust store: {result.StandardOutput.Trim()}");
        environment["MAVEN_OPTS"] =
            $"-Djavax.net.ssl.trustStore={registries.TrustStoreFile} -Djavax.net.ssl.trustStorePassword={StorePassword} -Dmaven.repo.local={Path.Combine(scratch, "maven")}";
        return environment;
    }
}
