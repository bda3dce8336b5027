using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tests.Policy;

public sealed class ManifestsTests
{
    [Theory]
    [InlineData("package.json", true, false)]
    [InlineData("web/package-lock.json", false, true)]
    [InlineData("npm-shrinkwrap.json", false, true)]
    [InlineData("bun.lockb", false, true)]
    [InlineData("src/App/App.csproj", true, false)]
    [InlineData("src/App/packages.lock.json", false, true)]
    [InlineData("Directory.Packages.props", true, false)]
    [InlineData("NuGet.Config", true, false)]
    [InlineData("requirements.txt", true, false)]
    [InlineData("requirements/dev.in", true, false)]
    [InlineData("dev-requirements.txt", true, false)]
    [InlineData("docs/notes.txt", false, false)]
    [InlineData("MANIFEST.in", false, false)]
    [InlineData("pyproject.toml", true, false)]
    [InlineData("uv.lock", false, true)]
    [InlineData("go.sum", false, true)]
    [InlineData("Cargo.toml", true, false)]
    [InlineData("cargo.toml", false, false)]
    [InlineData("app/buildscript-gradle.lockfile", false, true)]
    [InlineData("gradle/libs.versions.toml", true, false)]
    [InlineData(".csproj", false, false)]
    [InlineData("src/package.json/readme.md", false, false)]
    [InlineData("", false, false)]
    public void Path_IsToldApart(string path, bool manifest, bool locked)
    {
        Manifests.IsManifest(path).ShouldBe(manifest);
        Manifests.IsLock(path).ShouldBe(locked);
    }

    [Theory]
    [InlineData("package.json", "package-lock.json", true)]
    [InlineData("packages/a/package.json", "pnpm-lock.yaml", true)]
    [InlineData("package.json", "examples/one/package-lock.json", false)]
    [InlineData("web2/package.json", "web/yarn.lock", false)]
    [InlineData("crates/a/Cargo.toml", "Cargo.lock", true)]
    [InlineData("package.json", "Cargo.lock", false)]
    [InlineData("src/A/A.csproj", "tests/A.Tests/packages.lock.json", true)]
    [InlineData("Directory.Packages.props", "src/A/packages.lock.json", true)]
    [InlineData("requirements.in", "requirements.txt", true)]
    [InlineData("requirements/base.in", "requirements/dev.txt", true)]
    [InlineData("requirements.in", "docs/requirements.txt", false)]
    [InlineData("requirements.txt", "requirements.txt", false)]
    [InlineData("go.mod", "go.sum", true)]
    [InlineData("gradle/libs.versions.toml", "app/gradle.lockfile", true)]
    public void Manifest_ExplainsTheLocksWrittenFromIt(string manifest, string locked, bool expected) =>
        Manifests.Explains(manifest, locked).ShouldBe(expected);

    [Fact]
    public void ManifestsOf_NamesThem()
    {
        Manifests.ManifestsOf("web/Gemfile.lock").ShouldBe(["Gemfile", "gems.rb", "*.gemspec"]);
        Manifests.ManifestsOf("requirements.txt").ShouldBe(["*.in"]);
        Manifests.ManifestsOf("src/a.cs").ShouldBeEmpty();
    }
}
