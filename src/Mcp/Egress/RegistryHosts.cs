namespace CodingAgent.Mcp.Egress;

/// <summary>The public registries of each ecosystem: what a set-up run may reach when nobody says otherwise. Code hosts are not among them: they take uploads.</summary>
public static class RegistryHosts
{
    /// <summary>Host rules by ecosystem.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ByEcosystem { get; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        // https://learn.microsoft.com/nuget/api/overview: index and packages; the other resources of the index lie below nuget.org.
        ["dotnet"] = ["api.nuget.org", "*.nuget.org"],
        // https://docs.npmjs.com/cli/using-npm/registry; https://classic.yarnpkg.com/docs/cli/config; Yarn's own releases, which corepack fetches.
        ["node"] = ["registry.npmjs.org", "registry.yarnpkg.com", "repo.yarnpkg.com"],
        // https://docs.pypi.org/api: index and files.
        ["python"] = ["pypi.org", "files.pythonhosted.org"],
        // https://doc.rust-lang.org/cargo/reference/registries.html: the sparse index, its files, and the API that names them.
        ["rust"] = ["index.crates.io", "static.crates.io", "crates.io"],
        // https://go.dev/ref/mod#environment-variables: GOPROXY and GOSUMDB as they come.
        ["go"] = ["proxy.golang.org", "sum.golang.org"],
        // https://maven.apache.org/guides/introduction/introduction-to-repositories.html; the second name is the old one, still in many builds.
        ["maven"] = ["repo.maven.apache.org", "repo1.maven.org"],
        // https://docs.gradle.org/current/userguide/gradle_wrapper.html and plugins.html; distributions and plugins come from the last two.
        ["gradle"] = ["repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org", "downloads.gradle.org", "plugins-artifacts.gradle.org"],
        // https://guides.rubygems.org/rubygems-org-api: gems and the compact index.
        ["ruby"] = ["rubygems.org", "index.rubygems.org"],
        // https://getcomposer.org/doc/05-repositories.md: metadata only; the archives lie on code hosts, which policy must name.
        ["php"] = ["repo.packagist.org", "packagist.org"],
    };

    /// <summary>Rules for some ecosystems and some more hosts.</summary>
    /// <param name="ecosystems">Keys of <see cref="ByEcosystem"/>; others open nothing.</param>
    /// <param name="more">Hosts that policy or <see cref="Settings.HostPackageSettings"/> name, as <see cref="HostRule.Parse"/> reads them.</param>
    /// <exception cref="FormatException">One of <paramref name="more"/> is no rule.</exception>
    public static IReadOnlyList<HostRule> For(IEnumerable<string> ecosystems, IEnumerable<string> more) =>
        [.. ecosystems.SelectMany(e => ByEcosystem.GetValueOrDefault(e, [])).Concat(more).Select(HostRule.Parse).Distinct()];
}
