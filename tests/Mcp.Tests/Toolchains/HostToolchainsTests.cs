using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Toolchains;

namespace CodingAgent.Mcp.Tests.Toolchains;

public sealed class HostToolchainsTests
{
    private const string Script = "#!/usr/bin/env bash\nexec pyenv exec \"$@\"\n";

    [Theory]
    [InlineData(null, true)]
    [InlineData("/home/op/.pyenv/versions/web/pyvenv.cfg", false)]
    [InlineData("/home/op/.pyenv/versions/2.7.18/bin/python2", false)]
    [InlineData("/home/op/.pyenv/versions/notes.txt", false)]
    public void PythonVersions_WithNothingElseInTheirFolder_AreShownByOneMount(string? beside, bool isOne)
    {
        using var host = new MadeUpHost();
        host.Program("/home/op/.pyenv/versions/3.11.7/bin/python3").Program("/home/op/.pyenv/versions/3.13.0/bin/python3");
        if (beside is not null)
            host.File(beside, "x");
        var python = Find(host, "python");
        python.Binds.Select(b => b.HostPath).ShouldBe(isOne ? ["/home/op/.pyenv/versions"] : ["/home/op/.pyenv/versions/3.13.0", "/home/op/.pyenv/versions/3.11.7"]);
        python.PathFolders.ShouldContain("/home/op/.pyenv/versions/3.11.7/bin");
    }

    [Fact]
    public void Python_ShimsOfAVersionManager_AreLeftForTheVersionsThemselves()
    {
        using var host = new MadeUpHost();
        host.Variables["PATH"] = "/home/op/.pyenv/shims:/usr/bin";
        host.File("/home/op/.pyenv/shims/python3", Script).File("/home/op/.pyenv/version", "3.11.7\n").Program("/usr/bin/python3", "Python 3.9.2");
        foreach (var version in new[] { "2.7.18", "3.8.18", "3.11.7", "3.13.0" })
            host.Program($"/home/op/.pyenv/versions/{version}/bin/python3");
        host.Program("/home/op/.pyenv/versions/web/bin/python3").File("/home/op/.pyenv/versions/web/pyvenv.cfg");

        var python = Find(host, "python");

        python.Programs["python3"].ShouldBe(["3.11.7", "3.13.0", "3.8.18", "3.9.2"]);
        python.Binds.Select(b => b.HostPath).ShouldBe(["/home/op/.pyenv/versions/3.11.7", "/home/op/.pyenv/versions/3.13.0", "/home/op/.pyenv/versions/3.8.18"]);
        python.PathFolders.ShouldBe(
        [
            "/home/agent/venv/bin", "/home/agent/.local/bin", "/home/op/.pyenv/versions/3.11.7/bin", "/home/op/.pyenv/versions/3.13.0/bin", "/home/op/.pyenv/versions/3.8.18/bin", "/opt/tools/bin",
        ]);
    }

    [Fact]
    public void Python_OfTheSystem_StaysFirstWhereThePathFindsIt()
    {
        using var host = new MadeUpHost();
        host.Program("/usr/bin/python3", "Python 3.12.3").Program("/home/op/.pyenv/versions/3.9.1/bin/python3");
        var python = Find(host, "python");
        python.Programs["python3"].ShouldBe(["3.12.3", "3.9.1"]);
        python.PathFolders.Index().First(f => f.Item == "/usr/bin").Index.ShouldBeLessThan(python.PathFolders.Index().First(f => f.Item.Contains(".pyenv", StringComparison.Ordinal)).Index);
    }

    [Fact]
    public void Python_ToolsOfAHome_AreShownOneByOne()
    {
        using var host = new MadeUpHost();
        host.Program("/usr/bin/python3", "Python 3.12.3").Program("/home/op/.local/bin/uv", "uv 0.8.2 (x)")
            .File("/home/op/.local/share/pipx/venvs/poetry/pyvenv.cfg").File("/home/op/.local/share/pipx/venvs/poetry/bin/poetry", "#!/home/op/.local/share/pipx/venvs/poetry/bin/python\n")
            .Link("/home/op/.local/bin/poetry", "/home/op/.local/share/pipx/venvs/poetry/bin/poetry").File("/home/op/.local/bin/tox", "#!/home/op/bin/python\n");
        var python = Find(host, "python");
        python.Binds.ShouldBe(
        [
            new SandboxBind("/home/op/.local/bin/uv", "/opt/tools/bin/uv"), new SandboxBind("/home/op/.local/share/pipx/venvs/poetry", "/home/op/.local/share/pipx/venvs/poetry"),
            new SandboxBind("/home/op/.local/share/pipx/venvs/poetry/bin/poetry", "/opt/tools/bin/poetry"),
        ]);
        python.Programs["uv"].ShouldBe(["0.8.2"]);
        python.Programs.ContainsKey("tox").ShouldBeFalse("its interpreter would not be there");
    }

    [Fact]
    public void Rust_IsTheToolchainRustupChose_WithoutRustupAndWithoutCredentials()
    {
        using var host = new MadeUpHost();
        host.Variables["PATH"] = "/home/op/.cargo/bin:/usr/bin";
        host.Program("/home/op/.cargo/bin/cargo").File("/home/op/.cargo/credentials.toml", "[registry]\ntoken = \"x\"").File("/home/op/.rustup/settings.toml", "version = \"12\"\ndefault_toolchain = \"nightly-x86_64-unknown-linux-gnu\"\n")
            .Program("/home/op/.rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/cargo").Program("/home/op/.rustup/toolchains/nightly-x86_64-unknown-linux-gnu/bin/cargo")
            .Program("/home/op/.rustup/toolchains/nightly-x86_64-unknown-linux-gnu/bin/rustc", "rustc 1.92.0-nightly (abc)");
        var rust = Find(host, "rust");
        rust.Binds.ShouldBe([new SandboxBind("/home/op/.rustup/toolchains/nightly-x86_64-unknown-linux-gnu", "/home/op/.rustup/toolchains/nightly-x86_64-unknown-linux-gnu")]);
        rust.Programs["cargo"].ShouldBe(["1.92.0", "nightly"]);
        rust.Environment["CARGO_HOME"].ShouldBe("/home/agent/.cargo");
        rust.OfflineEnvironment["CARGO_NET_OFFLINE"].ShouldBe("true");
    }

    [Theory]
    [InlineData("/home/op/.nvm/versions/node/v20.1.0/bin", "/home/op/.nvm/versions/node/v20.1.0")] // The service's PATH names one.
    [InlineData("/usr/bin", "/home/op/.nvm/versions/node/v22.3.0")] // It names none: the newest.
    [InlineData("/home/op/.volta/bin", "/home/op/.nvm/versions/node/v22.3.0")] // It names a program that starts the real one.
    public void Node_OfAVersionManager_IsFound(string path, string expected)
    {
        using var host = new MadeUpHost();
        host.Variables["PATH"] = path;
        host.Program("/home/op/.nvm/versions/node/v20.1.0/bin/node").Program("/home/op/.nvm/versions/node/v22.3.0/bin/node").Program("/home/op/.nvm/versions/node/v9.9.0/bin/node")
            .Program("/home/op/.volta/bin/volta-shim").Link("/home/op/.volta/bin/node", "volta-shim");
        var node = Find(host, "node");
        node.Binds.Single().HostPath.ShouldBe(expected);
        node.PathFolders.ShouldContain(expected + "/bin");
    }

    [Fact]
    public void Node_OfTheSystem_NeedsNoBind_AndCorepacksShimsAreNoManagers()
    {
        using var host = new MadeUpHost();
        host.Program("/usr/bin/node", "v22.1.0").Link("/usr/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js").File("/usr/lib/node_modules/npm/bin/npm-cli.js").File("/usr/lib/node_modules/npm/package.json", "{\"version\":\"10.7.0\"}")
            .Link("/usr/bin/pnpm", "../lib/node_modules/corepack/dist/pnpm.js").File("/usr/lib/node_modules/corepack/dist/pnpm.js");
        var node = Find(host, "node");
        node.Binds.ShouldBeEmpty();
        node.Programs["npm"].ShouldBe(["10.7.0"]);
        node.Programs.ContainsKey("pnpm").ShouldBeFalse();
    }

    [Fact]
    public void Java_OneThatCompilesComesFirst_AndSettingsStayHome()
    {
        using var host = new MadeUpHost();
        host.Program("/usr/lib/jvm/jre-17/bin/java").Link("/usr/bin/java", "/usr/lib/jvm/jre-17/bin/java").File("/usr/lib/jvm/jre-17/release", "JAVA_VERSION=\"17.0.15\"\n")
            .Program("/usr/lib/jvm/jdk-25/bin/java").Program("/usr/lib/jvm/jdk-25/bin/javac").File("/usr/lib/jvm/jdk-25/release", "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"25.0.1\"\n")
            .File("/etc/java-17-openjdk/net.properties").File("/etc/maven/settings.xml", "<password>x</password>").File("/etc/maven/m2.conf").File("/home/op/.m2/settings.xml", "<password>x</password>")
            .File("/usr/share/maven/bin/mvn").File("/usr/share/maven/lib/maven-core-3.8.7.jar").Link("/usr/bin/mvn", "../share/maven/bin/mvn");
        var java = Find(host, "java");
        java.Environment["JAVA_HOME"].ShouldBe("/usr/lib/jvm/jdk-25");
        java.Programs["java"].ShouldBe(["25.0.1"]);
        java.Programs["mvn"].ShouldBe(["3.8.7"]);
        java.Binds.Select(b => b.HostPath).ShouldBe(["/etc/java-17-openjdk", "/etc/maven/m2.conf"], ignoreOrder: true);
    }

    [Fact]
    public void DotNet_SeveralSdksAndRuntimes_AreNamedNewestFirst_AndNoPackagesOfTheHostAreShown()
    {
        using var host = new MadeUpHost();
        host.Program("/usr/lib/dotnet/dotnet").File("/usr/lib/dotnet/sdk/8.0.404/x").File("/usr/lib/dotnet/sdk/10.0.100/x").File("/usr/lib/dotnet/sdk/NuGetFallbackFolder/x").File("/usr/lib/dotnet/shared/Microsoft.NETCore.App/8.0.11/x").File("/home/op/.nuget/packages/a/1/x");
        var dotnet = Find(host, "dotnet");
        dotnet.Programs["dotnet"].ShouldBe(["10.0.100", "8.0.404"]);
        dotnet.Programs["dotnet-runtime"].ShouldBe(["8.0.11"]);
        dotnet.Binds.ShouldBeEmpty();
        dotnet.Environment["NUGET_PACKAGES"].ShouldBe("/home/agent/.nuget/packages");
        dotnet.Environment["DOTNET_ROLL_FORWARD"].ShouldBe("Major");
        dotnet.Environment.ContainsKey("NUGET_FALLBACK_PACKAGES").ShouldBeFalse();
        DotNetToolchain.Find(host.View, new ToolchainOptions { HostNuGetPackages = true })!.Binds.ShouldBe([new SandboxBind("/home/op/.nuget/packages", "/opt/nuget-packages")]);
    }

    [Fact]
    public void Go_VersionAndRoot()
    {
        using var host = new MadeUpHost();
        host.Program("/usr/local/go/bin/go").File("/usr/local/go/VERSION", "go1.24.1\ntime 2025\n").File("/usr/local/go/src/x.go");
        var go = Find(host, "go");
        go.Programs["go"].ShouldBe(["1.24.1"]);
        go.OfflineEnvironment["GOPROXY"].ShouldBe("off");
        go.PathFolders[0].ShouldBe("/usr/local/go/bin");
    }

    [Theory]
    [InlineData("JAVA_HOME", "/home/op")]
    [InlineData("JAVA_HOME", "/home")]
    [InlineData("GOROOT", "/home/op")]
    [InlineData("DOTNET_ROOT", "/home/op")]
    [InlineData("DOTNET_ROOT", "/opt")]
    public void AVariableThatNamesAHome_ShowsNothingOfIt(string variable, string folder)
    {
        using var host = new MadeUpHost();
        host.Variables[variable] = folder;
        host.Program($"{folder}/bin/java").Program($"{folder}/bin/javac").Program($"{folder}/bin/go").File($"{folder}/src/x").Program($"{folder}/dotnet").File($"{folder}/sdk/10.0.100/x");
        HostToolchains.Find(host.View, new ToolchainOptions()).SelectMany(t => t.Binds).ShouldBeEmpty();
    }

    [Fact]
    public void RichHome_ShowsNothingThatHoldsCredentials()
    {
        using var host = new MadeUpHost();
        string[] secrets = [".cargo/credentials.toml", ".cargo/credentials", ".npmrc", ".m2/settings.xml", ".nuget/NuGet/NuGet.Config", ".pypirc", ".config/pip/pip.conf", ".netrc", ".gem/credentials", ".composer/auth.json", ".gradle/gradle.properties", ".ssh/id_rsa", ".git-credentials"];
        foreach (var secret in secrets)
            host.File($"/home/op/{secret}", "x");
        host.Program("/home/op/.rustup/toolchains/stable-x/bin/cargo").Program("/home/op/.cargo/bin/uv").Program("/home/op/.nvm/versions/node/v22.0.0/bin/node").Program("/home/op/.pyenv/versions/3.12.0/bin/python3")
            .Program("/home/op/.rbenv/versions/3.3.0/bin/ruby").Program("/home/op/.sdkman/candidates/java/21/bin/java").Program("/home/op/.sdkman/candidates/gradle/current/bin/gradle").Program("/home/op/sdk/go1.24.0/bin/go").File("/home/op/sdk/go1.24.0/src/x")
            .Program("/home/op/.dotnet/dotnet").File("/home/op/.dotnet/sdk/10.0.100/x").Program("/home/op/.bun/bin/bun");
        var binds = HostToolchains.Find(host.View, new ToolchainOptions()).SelectMany(t => t.Binds).Select(b => b.HostPath).ToArray();
        binds.Length.ShouldBeGreaterThan(8);
        foreach (var bind in binds)
            secrets.ShouldNotContain(s => $"/home/op/{s}" == bind || $"/home/op/{s}".StartsWith(bind + "/", StringComparison.Ordinal), bind);
    }

    [Fact]
    public void NothingInstalled_IsNoError()
    {
        using var host = new MadeUpHost();
        HostToolchains.Find(host.View, new ToolchainOptions()).ShouldBeEmpty();
    }

    [Fact]
    public void Fingerprint_ChangesWithAVersion_NotWithTheOrder()
    {
        static SandboxToolchain Tool(string name, string version) => new(name, [], new Dictionary<string, string>(), []) { Programs = new Dictionary<string, IReadOnlyList<string>> { [name] = [version] } };
        var one = HostToolchains.Fingerprint([Tool("a", "1"), Tool("b", "2")]);
        HostToolchains.Fingerprint([Tool("b", "2"), Tool("a", "1")]).ShouldBe(one);
        HostToolchains.Fingerprint([Tool("a", "1"), Tool("b", "3")]).ShouldNotBe(one);
    }

    [Fact]
    public void Words_OneLineForEach() =>
        HostToolchains.Words([new("python", [], new Dictionary<string, string>(), []) { Programs = new Dictionary<string, IReadOnlyList<string>> { ["uv"] = [], ["python3"] = ["3.12.1", "3.9.0"] } }])
            .ShouldBe(["python: python3 3.12.1, 3.9.0; uv"]);

    private static SandboxToolchain Find(MadeUpHost host, string name) => HostToolchains.Find(host.View, new ToolchainOptions()).Single(t => t.Name == name);
}
