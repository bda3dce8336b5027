using System.Diagnostics;

namespace CodingAgent.EndToEnd.Tests;

/// <summary><c>./dev</c> while it restores and builds: held there by a dotnet that does not end before it is told to.</summary>
public sealed class DevScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dev-script-").FullName;

    public DevScriptTests()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "CodingAgent.sln")))
            root = Path.GetDirectoryName(root)!;
        File.Copy(Path.Combine(root, "dev"), Path.Combine(_folder, "dev"));
        Directory.CreateDirectory(Path.Combine(_folder, "playground", "Demo", "Sample", "tests", "PaymentClient.Tests"));
        // Programs that the script wants are there; none of them is run.
        foreach (var program in (string[])["git", "bwrap", "socat", "ctags"])
            Write(program, "exit 1");
        Write("dotnet", $"""
            case "$1 ${"{BUILD:-ends}"}" in
              "restore "*) echo "$2" >> restored; case "$2" in playground/*) read line < '{_folder}/held' ;; *) [ -d "$2" ] ;; esac ;;
              "build breaks") echo 'Broken.cs(1,2): error CS1002: ; expected'; exit 1 ;;
              *.dll*) echo "played with $2 $3" ;;
            esac
            """);
        using var prepare = Process.Start("sh", ["-c", "chmod u+x \"$1\"/bin/* && mkfifo \"$1/held\"", "sh", _folder]);
        prepare.WaitForExit();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Demo_Piped_TellsWhatItDoesWhileItDoesIt()
    {
        using var script = Start("bash", "dev", "demo", "--forge", "gitlab");

        (await script.StandardError.ReadLineAsync()).ShouldBe("dev: looks for what it needs, restores and builds; that takes minutes the first time");
        (await script.StandardError.ReadLineAsync()).ShouldBe("dev: restoring packages");
        await GoOnAsync();
        var rest = await script.StandardError.ReadToEndAsync();
        rest.ShouldMatch(@"\A(dev: restoring packages: \d+ s so far\n)*dev: restoring packages: done, \d+ s\ndev: building Demo.csproj\n(dev: building Demo.csproj: \d+ s so far\n)*dev: building Demo.csproj: done, \d+ s\n\z");
        (await script.StandardOutput.ReadToEndAsync()).ShouldBe("played with --forge gitlab\n");
        // The forge's CI, which has no network, builds the sample from packages that are there already.
        (await File.ReadAllLinesAsync(Path.Combine(_folder, "restored"))).ShouldBe(["playground/Demo/Demo.csproj", "artifacts/sample/tests/PaymentClient.Tests"]);
        await script.WaitForExitAsync();
        script.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("TERM=xterm", true)]
    [InlineData("TERM=dumb", false)]
    [InlineData("TERM=xterm NO_COLOR=1", false)]
    public async Task Demo_OnATerminal_DrawsTheTimeWhereItMay(string settings, bool isDrawn)
    {
        using var script = Start("script", "-qec", $"env {settings} bash dev demo", "/dev/null");
        if (isDrawn)
        {
            while ((await script.StandardOutput.ReadLineAsync())?.Trim() != "dev: restoring packages")
            {
                // What it says before.
            }

            // The one tick.
            var drawn = new char[8];
            await script.StandardOutput.ReadBlockAsync(drawn);
            new string(drawn).ShouldBe("\r\u001b[Kdev:");
        }

        await GoOnAsync();
        var rest = await script.StandardOutput.ReadToEndAsync();
        rest.Contains('\u001b', StringComparison.Ordinal).ShouldBe(isDrawn);
        rest.ShouldContain("dev: building Demo.csproj: done,");
        await script.WaitForExitAsync();
        script.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Demo_BuildFails_ShowsItsErrorAndEnds()
    {
        using var script = Start("env", "BUILD=breaks", "bash", "dev", "demo");
        await GoOnAsync();

        var lines = (await script.StandardError.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[^2..].ShouldBe(["dev: building Demo.csproj", "Broken.cs(1,2): error CS1002: ; expected"]);
        (await script.StandardOutput.ReadToEndAsync()).ShouldBeEmpty();
        await script.WaitForExitAsync();
        script.ExitCode.ShouldBe(1);
    }

    // Waits for the one who reads.
    private Task GoOnAsync() => File.WriteAllTextAsync(Path.Combine(_folder, "held"), "go\n");

    private void Write(string program, string lines) =>
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName, program), $"#!/bin/bash\n{lines}\n");

    private Process Start(params string[] line)
    {
        var start = new ProcessStartInfo(line[0], line[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        start.Environment["PATH"] = $"{_folder}/bin:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["SHELL"] = "/bin/bash";
        start.Environment.Remove("CI");
        start.Environment.Remove("NO_COLOR");
        return Process.Start(start)!;
    }
}
