using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Tests.Detection;

/// <summary>Outputs as tools print them: which are the environment's fault, and which are the code's.</summary>
public sealed class CannotRunTests
{
    [Theory]
    [InlineData("jest", 127, "\n> a@1.0.0 test\n> jest\n\nsh: 1: jest: not found\n", CannotRunKind.Program, "jest")]
    [InlineData("mvn test", 127, "/bin/sh: 1: mvn: not found", CannotRunKind.Program, "mvn")]
    [InlineData("mvn test", 127, "bash: line 1: mvn: command not found\n", CannotRunKind.Program, "mvn")]
    [InlineData(". venv/bin/activate && python -m pytest", 1, "/bin/bash: line 1: /home/agent/venv/bin/activate: No such file or directory\n", CannotRunKind.Packages, "/home/agent/venv/bin/activate")]
    [InlineData(". .venv/bin/activate && pytest", 2, "/bin/sh: 1: .: cannot open .venv/bin/activate: No such file\n", CannotRunKind.Packages, ".venv/bin/activate")]
    [InlineData("./build.sh", 127, "/usr/bin/env: ‘ruby’: No such file or directory\n", CannotRunKind.Program, "ruby")]
    [InlineData("./build.sh", 126, "/bin/sh: 1: ./build.sh: Permission denied\n", CannotRunKind.Program, "cannot be executed")]
    [InlineData("./t", 127, "./t: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file or directory", CannotRunKind.Program, "libpq.so.5")]
    [InlineData("./t", 1, "./t: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./t)", CannotRunKind.Program, "GLIBC_2.38")]
    [InlineData("dotnet test", 145, "The command could not be loaded, possibly because:\n  * You intended to execute a .NET SDK command:\n      A compatible .NET SDK was not found.\n\nRequested SDK version: 8.0.404\nglobal.json file: /workspace/global.json\n", CannotRunKind.Sdk, "")]
    [InlineData("dotnet test", 1, "A compatible SDK version for global.json version: [2.2.105] from [/workspace/global.json] was not found", CannotRunKind.Sdk, "2.2.105")]
    [InlineData("dotnet test", 1, "/usr/sdk/x.targets(265,5): error NETSDK1045: The current .NET SDK does not support targeting .NET 11.0.  Either target .NET 10.0 or lower, or use a version of the .NET SDK that supports .NET 11.0. [/workspace/a.csproj]", CannotRunKind.Sdk, ".NET 11.0")]
    [InlineData("dotnet test", 1, "error NETSDK1147: To build this project, the following workloads must be installed: android [/workspace/a.csproj]", CannotRunKind.Sdk, "android")]
    [InlineData("dotnet test", 1, "error MSB3644: The reference assemblies for .NETFramework,Version=v4.7.2 were not found.", CannotRunKind.Sdk, "v4.7.2")]
    [InlineData("dotnet test", 1, "Testhost process exited with error: You must install or update .NET to run this application.\n\nApp: /workspace/t.dll\nArchitecture: x64\nFramework: 'Microsoft.NETCore.App', version '8.0.0' (x64)\n", CannotRunKind.Sdk, "8.0.0")]
    [InlineData("dotnet test", 1, "/workspace/a.csproj : error NU1301: Unable to load the service index for source https://api.nuget.org/v3/index.json.", CannotRunKind.Packages, "NU1301")]
    [InlineData("dotnet test", 1, "/workspace/a.csproj : error NU1101: Unable to find package Foo. No packages exist with this id in source(s): x", CannotRunKind.Packages, "sources have no package Foo")]
    [InlineData("dotnet restore", 1, "/w/a.csproj : error NU1102: Unable to find package xunit.core with version (= 2.6.2)\n/w/a.csproj : error NU1102:   - Found 9 version(s) in nuget.org", CannotRunKind.Packages, "sources have no package xunit.core with version (= 2.6.2)")]
    [InlineData("dotnet restore", 1, "/w/a.csproj : error NU1103: Unable to find a stable package A.B-c with version (>= 1.0.0)", CannotRunKind.Packages, "sources have no package A.B-c with version (>= 1.0.0)")]
    [InlineData("dotnet test", 1, "/w/a.csproj : error NU1301: Unable to load the service index", CannotRunKind.Packages, "NU1301")]
    [InlineData("dotnet test --no-restore", 1, "error NETSDK1004: Assets file '/workspace/obj/project.assets.json' not found. Run a NuGet package restore to generate this file.", CannotRunKind.Packages, "NETSDK1004")]
    [InlineData("npm ci", 1, "npm ERR! code EAI_AGAIN\nnpm ERR! syscall getaddrinfo\nnpm ERR! errno EAI_AGAIN\nnpm ERR! request to https://registry.npmjs.org/jest failed", CannotRunKind.Packages, "EAI_AGAIN")]
    [InlineData("npx jest", 1, "npm error code ENOTCACHED\nnpm error request to https://registry.npmjs.org/jest failed: cache mode is 'only-if-cached' but no cached response is available.", CannotRunKind.Packages, "ENOTCACHED")]
    [InlineData("npm run lint", 1, "npm error Missing script: \"lint\"\nnpm error\nnpm error To see a list of scripts, run:\nnpm error   npm run", CannotRunKind.Script, "lint")]
    [InlineData("npm test", 1, "Error: Cannot find module '/workspace/node_modules/jest/bin/jest.js'\n    at Module._resolveFilename", CannotRunKind.Packages, "jest")]
    [InlineData("yarn test", 127, "/bin/sh: 1: jest: not found\nerror Command failed with exit code 127.", CannotRunKind.Program, "jest")]
    [InlineData("yarn vitest", 1, "error Command \"vitest\" not found.", CannotRunKind.Packages, "vitest")]
    [InlineData("pnpm exec vitest", 254, " ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL  Command \"vitest\" not found", CannotRunKind.Packages, "vitest")]
    [InlineData("yarn test", 1, "Usage Error: The project in /workspace/package.json doesn't seem to have been installed - running an install there might help", CannotRunKind.Packages, "")]
    [InlineData("python -m pytest", 1, "/usr/bin/python3: No module named pytest\n", CannotRunKind.Packages, "pytest")]
    [InlineData("python -m pytest", 5, "collected 0 items\n\n============================ no tests ran in 0.01s ============================\n", CannotRunKind.NoTests, "no tests")]
    [InlineData("pip install x", 1, "ERROR: Could not find a version that satisfies the requirement flask (from versions: none)\nERROR: No matching distribution found for flask", CannotRunKind.Packages, "flask")]
    [InlineData("cargo test --offline", 101, "error: no matching package named `capstone` found\nlocation searched: registry `crates-io`\nAs a reminder, you're using offline mode (--offline) which can sometimes cause surprising resolution failures", CannotRunKind.Packages, "crates")]
    [InlineData("cargo test --offline", 101, "error: failed to download `bitflags v1.3.2`\n\nCaused by:\n  attempting to make an HTTP request, but --offline was specified", CannotRunKind.Packages, "crates")]
    [InlineData("cargo test", 101, "error: package `foo v0.1.0` cannot be built because it requires rustc 1.91 or newer, while the currently active rustc version is 1.90.0", CannotRunKind.Sdk, "1.91")]
    [InlineData("cargo nextest run", 101, "error: no such command: `nextest`", CannotRunKind.Program, "nextest")]
    [InlineData("mvn -o test", 1, "[ERROR] Failed to execute goal on project a: Could not resolve dependencies for project x:a:jar:1: Cannot access central (https://repo.maven.apache.org/maven2) in offline mode and the artifact junit:junit:jar:4.13.2 has not been downloaded from it before. -> [Help 1]", CannotRunKind.Packages, "junit:junit:jar:4.13.2")]
    [InlineData("mvn test", 1, "[ERROR] No compiler is provided in this environment. Perhaps you are running on a JRE rather than a JDK?", CannotRunKind.Sdk, "JDK")]
    [InlineData("mvn test", 1, "[ERROR] Fatal error compiling: error: release version 25 not supported -> [Help 1]", CannotRunKind.Sdk, "25")]
    [InlineData("mvn test", 1, "Unable to locate a Java Runtime.", CannotRunKind.Sdk, "JDK")]
    [InlineData("sh ./gradlew --offline test", 1, "> Could not resolve org.junit:junit:5.\n   > No cached version of org.junit:junit:5 available for offline mode.", CannotRunKind.Packages, "org.junit:junit:5")]
    [InlineData("sh ./gradlew test", 1, "Exception in thread \"main\" java.net.UnknownHostException: services.gradle.org", CannotRunKind.Packages, "services.gradle.org")]
    [InlineData("go test ./...", 1, "go: github.com/a/b@v0.1.0: module lookup disabled by GOPROXY=off", CannotRunKind.Packages, "github.com/a/b@v0.1.0")]
    [InlineData("go test ./...", 1, "go: go.mod requires go >= 1.25 (running go 1.24.1; GOTOOLCHAIN=local)", CannotRunKind.Sdk, "1.25")]
    [InlineData("bundle exec rspec", 127, "bundler: command not found: rspec\nInstall missing gem executables with `bundle install`", CannotRunKind.Packages, "rspec")]
    [InlineData("bundle exec rspec", 7, "Could not find rake-13.0.6 in locally installed gems\nRun `bundle install` to install missing gems.", CannotRunKind.Packages, "rake-13.0.6")]
    [InlineData("bundle exec rspec", 18, "Your Ruby version is 3.1.2, but your Gemfile specified 3.3.0", CannotRunKind.Sdk, "3.3.0")]
    [InlineData("vendor/bin/phpunit", 1, "Could not open input file: vendor/bin/phpunit", CannotRunKind.Packages, "vendor/bin/phpunit")]
    [InlineData("composer install", 2, "  - Root composer.json requires php >=8.4 but your php version (8.3.0) does not satisfy that requirement.", CannotRunKind.Sdk, "php")]
    [InlineData("make test", 2, "make: *** No rule to make target 'test'.  Stop.", CannotRunKind.Script, "test")]
    [InlineData("cmake .", 1, "CMake Error at CMakeLists.txt:1 (cmake_minimum_required):\n  CMake 3.30 or higher is required.  You are running version 3.25.1", CannotRunKind.Sdk, "3.30")]
    [InlineData("cmake .", 1, "CMake Error: CMake was unable to find a build program\nNo CMAKE_CXX_COMPILER could be found.", CannotRunKind.Program, "CXX")]
    [InlineData("meson setup b", 1, "meson.build:5:0: ERROR: Dependency \"glib-2.0\" not found, tried pkgconfig and cmake", CannotRunKind.Packages, "glib-2.0")]
    [InlineData("npx jest", 1, "No tests found, exiting with code 1\nRun with `--passWithNoTests` to exit with code 0", CannotRunKind.NoTests, "no tests")]
    public void EnvironmentsFault_IsToldInWords(string command, int exitCode, string output, CannotRunKind kind, string word)
    {
        var reason = CannotRun.Classify(command, exitCode, output);
        reason.ShouldNotBeNull();
        reason.Kind.ShouldBe(kind);
        reason.Words.ShouldStartWith($"`{command}` cannot run here: ");
        reason.Words.ShouldContain(word);
        reason.Words.ShouldNotContain("  ");
        reason.Words.ShouldNotContain("{0}");
    }

    [Theory]
    [InlineData("dotnet test", 0, "bash: foo: command not found")]
    [InlineData("dotnet test", 1, "Failed!  - Failed:     1, Passed:     9, Skipped:     0, Total:    10")]
    [InlineData("dotnet test", 1, "/workspace/A.cs(3,5): error CS0103: The name 'x' does not exist in the current context")]
    [InlineData("pytest", 1, "E   AssertionError: assert 'sh: 1: foo: not found' == ''\n1 failed in 0.03s")]
    [InlineData("pytest", 2, "ImportError while importing test module '/workspace/tests/test_a.py'.\nE   ModuleNotFoundError: No module named 'pkg.new'\n!!!!! Interrupted: 1 error during collection !!!!!")]
    [InlineData("npm test", 1, "FAIL src/a.test.ts\n  ● Test suite failed to run\n    Cannot find module './b' from 'src/a.test.ts'")]
    [InlineData("npm test", 1, "npm error Test failed.  See above for more details.")]
    [InlineData("cargo test --offline", 101, "error[E0425]: cannot find function `x` in this scope\nerror: could not compile `a` (lib test) due to 1 previous error")]
    [InlineData("cargo test --offline", 101, "test result: FAILED. 3 passed; 1 failed; 0 ignored")]
    [InlineData("go test ./...", 1, "--- FAIL: TestA (0.00s)\nFAIL\nFAIL\tx/pkg\t0.002s")]
    [InlineData("mvn -o test", 1, "[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 0\n[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.2.5:test")]
    [InlineData("make test", 2, "not ok 3 - prints a line\nmake: *** [Makefile:4: test] Error 1")]
    [InlineData("make test", 2, "a.c:1:10: fatal error: mine.h: No such file or directory")]
    [InlineData("make test", 137, "Killed")]
    public void CodesFault_IsNoReason(string command, int exitCode, string output) => CannotRun.Classify(command, exitCode, output).ShouldBeNull();

    [Fact]
    public void HugeHostileOutput_IsQuick()
    {
        foreach (var text in new[] { new string('a', 5_000_000), string.Concat(Enumerable.Repeat("You must install or update .NET to run this application\n", 50_000)), new string(' ', 1_000_000) + ":", string.Concat(Enumerable.Repeat("a: ", 100_000)) })
            _ = CannotRun.Classify("x", 1, text);
        CannotRun.Classify("x\ny`z", 127, "").ShouldNotBeNull().Words.ShouldBe("`x y'z` cannot run here: a program is not installed.");
    }
}
