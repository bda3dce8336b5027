namespace CodingAgent.Mcp.Egress;

/// <summary>
/// Where each ecosystem's packages publicly come from: what its set-up may reach when the policy says nothing else. The one table of the product.
/// Of places that take uploads only those stand here that nothing can be fetched without; a code host only where packages lie nowhere else.
/// </summary>
public static class RegistryHosts
{
    /// <summary>Hosts by ecosystem, as <see cref="HostRule.Parse"/> reads them.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ByEcosystem { get; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        // https://learn.microsoft.com/nuget/api/overview: index and packages. www.nuget.org takes uploads, and restoring never asks it.
        ["dotnet"] = ["api.nuget.org", "globalcdn.nuget.org"],
        // https://docs.npmjs.com/cli/using-npm/registry
        ["node"] = ["registry.npmjs.org"],
        // https://classic.yarnpkg.com/docs/cli/config; Yarn's own releases, which corepack fetches.
        ["yarn"] = ["registry.npmjs.org", "registry.yarnpkg.com", "repo.yarnpkg.com"],
        // https://docs.pypi.org/api: index and files.
        ["python"] = ["pypi.org", "files.pythonhosted.org"],
        // https://doc.rust-lang.org/cargo/reference/registries.html: the sparse index, its files, and the API that names them.
        ["rust"] = ["index.crates.io", "static.crates.io", "crates.io"],
        // https://go.dev/ref/mod#environment-variables: GOPROXY and GOSUMDB as they come.
        ["go"] = ["proxy.golang.org", "sum.golang.org"],
        // https://maven.apache.org/guides/introduction/introduction-to-repositories.html; the second name is the old one, still in many builds.
        ["maven"] = ["repo.maven.apache.org", "repo1.maven.org"],
        // https://docs.gradle.org/current/userguide/gradle_wrapper.html and plugins.html; distributions and plugins come from the last four.
        ["gradle"] = ["repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org", "downloads.gradle.org", "plugins-artifacts.gradle.org"],
        // https://guides.rubygems.org/rubygems-org-api: gems and the compact index.
        ["ruby"] = ["rubygems.org", "index.rubygems.org"],
        // https://getcomposer.org/doc/05-repositories.md: metadata; the archives lie on GitHub, which Composer asks by its API.
        ["php"] = ["repo.packagist.org", "api.github.com", "codeload.github.com"],
        // https://cmake.org/cmake/help/latest/module/FetchContent.html: sources and releases, on GitHub nearly always.
        ["cmake"] = ["github.com", "codeload.github.com", "objects.githubusercontent.com", "release-assets.githubusercontent.com"],
        // https://mesonbuild.com/Wrapdb-projects.html: patches of the database, archives of the projects themselves.
        ["meson"] = ["wrapdb.mesonbuild.com", "github.com", "codeload.github.com", "objects.githubusercontent.com"],
    };
}
