using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Tests.Detection;

/// <summary>Packages that a change adds or moves, what is known of them, and lock files that nobody's package manager wrote.</summary>
public sealed class PackageTests
{
    private const string Lock = """{ "packages": { "": {}, "node_modules/a": { "version": "1.0.0", "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz", "integrity": "sha512-AAAA" } } }""";

    [Theory]
    [InlineData("package.json", """{ "dependencies": { "left-pad": "^1.3.0" }, "devDependencies": { "@types/node": "~20.1" } }""", "npm left-pad 1.3.0, npm @types/node 20.1")]
    [InlineData("package-lock.json", Lock, "npm a 1.0.0 locked")]
    [InlineData("package-lock.json", """{ "dependencies": { "b": { "version": "2.0.0" } } }""", "npm b 2.0.0 locked")]
    [InlineData("yarn.lock", "\"@a/b@^1.0.0\", \"@a/b@^1.1.0\":\n  version \"1.2.3\"\n  resolved \"x\"\n", "npm @a/b 1.2.3 locked")]
    [InlineData("yarn.lock", "\"a@npm:^1.0.0\":\n  version: 1.2.3\n", "npm a 1.2.3 locked")]
    [InlineData("pnpm-lock.yaml", "packages:\n\n  '@a/b@1.2.3':\n    resolution: {integrity: x}\n  c@2.0.0(react@18):\n", "npm @a/b 1.2.3 locked, npm c 2.0.0 locked")]
    [InlineData("src/A.csproj", """<Project><ItemGroup><PackageReference Include="Polly" Version="8.1.0"/><PackageReference Include="X"><Version>2.0</Version></PackageReference></ItemGroup></Project>""", "NuGet Polly 8.1.0, NuGet X 2.0")]
    [InlineData("Directory.Packages.props", """<Project><ItemGroup><PackageVersion Include="Polly" Version="[8.1.0]"/></ItemGroup></Project>""", "NuGet Polly 8.1.0")]
    [InlineData("packages.lock.json", """{ "version": 1, "dependencies": { "net10.0": { "Polly": { "type": "Direct", "resolved": "8.1.0" }, "own": { "type": "Project" } } } }""", "NuGet Polly 8.1.0 locked")]
    [InlineData("requirements.txt", "# c\nrequests[socks]==2.31.0 ; python_version > '3'\nFlask_Login>=0.6\n-r other.txt\n--hash=sha256:x\n", "PyPI requests 2.31.0, PyPI flask-login 0.6")]
    [InlineData("pyproject.toml", "[project]\nname = 'x'\ndependencies = ['httpx>=0.27', 'rich']\n[tool.poetry.dependencies]\npython = '^3.12'\ndjango = '^5.0'\n[tool.poetry.group.dev.dependencies]\npytest = { version = '8.0' }\n", "PyPI httpx 0.27, PyPI rich , PyPI django 5.0, PyPI pytest 8.0")]
    [InlineData("poetry.lock", "[[package]]\nname = 'Jinja2'\nversion = '3.1.4'\n", "PyPI jinja2 3.1.4 locked")]
    [InlineData("go.mod", "module x.y/z\n\ngo 1.22\n\nrequire github.com/a/b v1.2.3\nrequire (\n\tgolang.org/x/net v0.1.0\n\tgopkg.in/c.v3 v3.0.1 // indirect\n)\n", "Go github.com/a/b v1.2.3, Go golang.org/x/net v0.1.0, Go gopkg.in/c.v3 v3.0.1 locked")]
    [InlineData("go.sum", "github.com/a/b v1.2.3 h1:x=\ngithub.com/a/b v1.2.3/go.mod h1:y=\n", "Go github.com/a/b v1.2.3 locked")]
    [InlineData("pom.xml", "<project><dependencies><dependency><groupId>org.a</groupId><artifactId>b</artifactId><version>1.0</version></dependency></dependencies></project>", "Maven org.a:b 1.0")]
    [InlineData("build.gradle.kts", "dependencies { implementation(\"org.a:b:1.0\") }", "Maven org.a:b 1.0")]
    [InlineData("Cargo.toml", "[dependencies]\nserde = { version = '1.0.200' }\nrand = '0.8'\n[dev-dependencies]\nx = { package = 'y', version = '2' }\n", "crates.io serde 1.0.200, crates.io rand 0.8, crates.io y 2")]
    [InlineData("Cargo.lock", "[[package]]\nname = \"serde\"\nversion = \"1.0.200\"\nsource = \"registry+https://x\"\nchecksum = \"ab\"\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n", "crates.io serde 1.0.200 locked, crates.io own 0.1.0 locked")]
    [InlineData("package.json", "{ broken", "")]
    [InlineData("src/A.cs", "class A;", "")]
    public void Packages_OfAFile_AreRead(string path, string text, string expected) =>
        string.Join(", ", Packages.Of(path, text).Select(p => $"{p.Ecosystem} {p.Name} {p.Version}{(p.IsLocked ? " locked" : "")}")).ShouldBe(expected);

    [Fact]
    public void LockFile_LongerThanDetectionReads_IsReadAllTheSame()
    {
        var many = string.Join(",", Enumerable.Range(0, 20_000).Select(i => $"\"node_modules/p{i}\": {{ \"version\": \"1.0.{i}\", \"integrity\": \"sha512-{i}\" }}"));
        var text = $"{{ \"packages\": {{ {many} }} }}";
        text.Length.ShouldBeGreaterThan(1 << 20);
        Packages.Of("package-lock.json", text).Count.ShouldBe(20_000);
    }

    [Theory]
    [InlineData("Cargo.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"ab\"\n", "ab", "cd")]
    [InlineData("packages.lock.json", """{ "dependencies": { "net10.0": { "A": { "type": "Direct", "resolved": "1.0.0", "contentHash": "ab" } } } }""", "\"ab\"", "\"cd\"")]
    public void LockFile_WithOtherContentForAVersion_IsTold(string path, string text, string hash, string other) =>
        PackageChanges.Oddities(path, text, text.Replace(hash, other, StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldStartWith("wants other content for the same version of ");

    [Fact]
    public void Changes_TellNewMovedAndNeeded_WithTheVersionThatTheLockFileChose()
    {
        var changes = PackageChanges.Of(
        [
            ("package.json", """{ "dependencies": { "a": "^1.0.0" } }""", """{ "dependencies": { "a": "^2.0.0", "b": "^1.0.0" } }"""),
            ("package-lock.json", Lock, """{ "packages": { "node_modules/a": { "version": "2.3.1" }, "node_modules/b": { "version": "1.9.0" }, "node_modules/c": { "version": "0.1.0" } } }"""),
        ]);
        changes.Select(c => $"{c.Name} {c.From ?? "new"} {c.To} {(c.IsDirect ? "direct" : "needed")} {c.Path}").ShouldBe(["a 1.0.0 2.3.1 direct package.json", "b new 1.9.0 direct package.json", "c new 0.1.0 needed package-lock.json"]);
        PackageChanges.Of([("package.json", """{ "dependencies": { "a": "1.0.0" } }""", """{ "scripts": {}, "dependencies": { "a": "1.0.0" } }""")]).ShouldBeEmpty();
        PackageChanges.Of([("package.json", """{ "dependencies": { "a": "1.0.0" } }""", "{}")]).ShouldBeEmpty("what goes brings nothing");
    }

    [Theory]
    [InlineData("https://registry.npmjs.org/a/-/a-1.0.0.tgz", "sha512-AAAA", "")]
    [InlineData("https://evil.example/a-1.0.0.tgz", "sha512-AAAA", "takes packages from evil.example")]
    [InlineData("http://registry.npmjs.org/a/-/a-1.0.0.tgz", "sha512-AAAA", "takes packages from http://registry.npmjs.org")]
    [InlineData("git+ssh://git@github.com/evil/a.git#0123", "sha512-AAAA", "takes packages from git+ssh://github.com/evil/a")]
    [InlineData("https://registry.npmjs.org/a/-/a-1.0.0.tgz", "sha512-BBBB", "wants other content for the same version of a")]
    public void LockFile_OfNoPackageManager_IsTold(string resolved, string integrity, string expected) => string.Join("; ", PackageChanges.Oddities(
        "package-lock.json", Lock, Lock.Replace("https://registry.npmjs.org/a/-/a-1.0.0.tgz", resolved, StringComparison.Ordinal).Replace("sha512-AAAA", integrity, StringComparison.Ordinal))).ShouldBe(expected);

    [Theory]
    [InlineData("yarn.lock", "a@^1:\n  version \"1.0.0\"\n  resolved \"https://registry.yarnpkg.com/a/-/a-1.0.0.tgz#x\"\n", "")]
    [InlineData("yarn.lock", "a@^1:\n  version \"1.0.0\"\n  resolved \"https://mirror.example/a/-/a-1.0.0.tgz#x\"\n", "takes packages from mirror.example")]
    [InlineData("Cargo.lock", "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n", "")]
    [InlineData("Cargo.lock", "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"git+https://github.com/evil/a?rev=1#1\"\n", "takes packages from git+https://github.com/evil/a")]
    [InlineData("uv.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://pypi.org/simple\" }\n", "")]
    [InlineData("uv.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://evil.example/simple\" }\n", "takes packages from evil.example")]
    public void LockFile_ThatIsNew_TakesPackagesFromWhereAllDo(string path, string text, string expected) => string.Join("; ", PackageChanges.Oddities(path, "", text)).ShouldBe(expected);

    [Theory]
    [InlineData("1.2.3", "1.2.3", 0)]
    [InlineData("1.2", "1.2.0", 0)]
    [InlineData("1.2.10", "1.2.9", 1)]
    [InlineData("v1.10.0", "1.9.9", 1)]
    [InlineData("1.0.0-rc.1", "1.0.0", -1)]
    [InlineData("1.0.0-rc.2", "1.0.0-rc.10", -1)]
    [InlineData("1.0.0a1", "1.0.0", -1)]
    [InlineData("1.0.post1", "1.0", 1)]
    [InlineData("1.0-RELEASE", "1.0-SNAPSHOT", 1)]
    [InlineData("1.0.0+build", "1.0.0", 0)]
    [InlineData("20240101", "3", 1)]
    [InlineData("99999999999999999999999", "9", 1)]
    public void Versions_AreOrderedByNumber(string one, string other, int order)
    {
        Math.Sign(VersionOrder.Compare(one, other)).ShouldBe(order);
        Math.Sign(VersionOrder.Compare(other, one)).ShouldBe(-order);
    }

    [Fact]
    public void Advisories_OfAFolder_AreKnownByVersion()
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-osv-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "npm"));
            File.WriteAllText(Path.Combine(folder.FullName, "npm", "GHSA-1.json"), """{ "id": "GHSA-1", "affected": [ { "package": { "ecosystem": "npm", "name": "a" }, "ranges": [ { "type": "SEMVER", "events": [ { "introduced": "0" }, { "fixed": "1.2.0" }, { "introduced": "2.0.0" }, { "last_affected": "2.1.0" } ] } ] } ] }""");
            File.WriteAllText(Path.Combine(folder.FullName, "PYSEC-2.json"), """{ "id": "PYSEC-2", "affected": [ { "package": { "ecosystem": "PyPI", "name": "Some.Thing" }, "versions": ["1.0"] } ] }""");
            File.WriteAllText(Path.Combine(folder.FullName, "gone.json"), """{ "id": "GHSA-3", "withdrawn": "2024-01-01T00:00:00Z", "affected": [ { "package": { "ecosystem": "npm", "name": "a" }, "versions": ["9.0.0"] } ] }""");
            File.WriteAllText(Path.Combine(folder.FullName, "releases.json"), """{ "releases": { "npm": { "a": { "3.0.0": "2026-11-20T00:00:00Z" } } } }""");
            File.WriteAllText(Path.Combine(folder.FullName, "broken.json"), "{ no");
            var known = AdvisoryFolder.Read(folder.FullName);
            known.IsKnown.ShouldBeTrue();
            string On(string version) => string.Join(",", known.On("npm", "a", version));
            (On("1.1.9"), On("1.2.0"), On("2.0.5"), On("2.1.0"), On("2.1.1"), On("9.0.0"), On("")).ShouldBe(("GHSA-1", "", "GHSA-1", "GHSA-1", "", "", ""));
            known.On("PyPI", "some-thing", "1.0").ShouldBe(["PYSEC-2"]);
            known.ReleasedAt("npm", "a", "3.0.0").ShouldBe(new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero));
            Advisories.None.IsKnown.ShouldBeFalse();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
