using System.Diagnostics;
using System.Net;
using System.Text;
using CodingAgent.Storage;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace CodingAgent.BotHost.Tests.Commands;

/// <summary>What another user of the machine finds of a running service: a port, and a folder.</summary>
public sealed class ServePrivateTests : IDisposable
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        """{"action":"opened","issue":{"number":12,"body":"very secret words"},"repository":{"full_name":"octo/hello"},"sender":{"login":"mona","id":1,"type":"User"}}""");

    private readonly ChildProgram _program = new();
    private readonly int _port = ChildProgram.FreePort();

    private string Data => Path.Combine(_program.Folder, "data");

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Temporal_WithoutTheKeyOfTheDataFolder_TellsNobodyAnything()
    {
        using var service = await StartAsync();
        var key = (await File.ReadAllTextAsync(Path.Combine(Data, "temporal.key"))).Trim();

        foreach (var given in (string?[])[null, "guess", key[..^1]])
        {
            var stranger = TemporalClient.CreateLazy(new($"127.0.0.1:{_port}") { ApiKey = given, Tls = new() { Disabled = true } });
            (await Should.ThrowAsync<RpcException>(() => stranger.CountWorkflowsAsync("WorkflowType = 'CodingTaskWorkflow'"))).Code.ShouldBe(RpcException.StatusCode.Unauthenticated);
            (await Should.ThrowAsync<RpcException>(() => stranger.GetWorkflowHandle("any").SignalAsync("Notify", []))).Code.ShouldBe(RpcException.StatusCode.Unauthenticated);
        }

        var owner = TemporalClient.CreateLazy(new($"127.0.0.1:{_port}") { ApiKey = key, Tls = new() { Disabled = true } });
        (await owner.CountWorkflowsAsync("WorkflowType = 'CodingTaskWorkflow'")).Count.ShouldBe(0);

        var process = $"/proc/{service.Id}";
        (await File.ReadAllTextAsync($"{process}/cmdline")).ShouldNotContain(key);
        (await File.ReadAllTextAsync($"{process}/environ")).ShouldNotContain(key);
        service.Terminate();
        await service.EndAsync();
        service.Output.ShouldNotContain(key);
    }

    [Fact]
    public async Task Temporal_StartedAgain_KeepsItsKeyAndAllowedWithout_AsksForNone()
    {
        using (var first = await StartAsync())
            first.Kill();
        var key = await File.ReadAllTextAsync(Path.Combine(Data, "temporal.key"));
        using (var second = await StartAsync())
            second.Kill();
        (await File.ReadAllTextAsync(Path.Combine(Data, "temporal.key"))).ShouldBe(key);

        _program.Environment["Temporal__AllowUnauthenticated"] = "true";
        using var open = await StartAsync();
        (await TemporalClient.CreateLazy(new($"127.0.0.1:{_port}")).CountWorkflowsAsync("WorkflowType = 'CodingTaskWorkflow'")).Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("two lines of text that are long enough\nbut no key at all")]
    public async Task Temporal_KeyFileThatHoldsNoKey_StopsStartUpWithOneLine(string text)
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "temporal.key"), text);

        var result = await _program.RunAsync("serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", "data");

        result.ExitCode.ShouldBe(2);
        result.Error.ShouldHaveSingleItem().ShouldContain(Path.Combine(Data, "temporal.key"));
    }

    [Fact]
    public async Task Data_UnderAnOpenUmask_IsPrivateAndHoldsNoWordsInTheClear()
    {
        _program.Environment["Logging__LogLevel__Default"] = "Debug";
        using var service = await StartAsync(umask: "000");
        using var http = new HttpClient { BaseAddress = new Uri(await service.LineAfterAsync("Now listening on: ")) };
        (await _program.DeliverAsync(http, "one", Body)).ShouldBe(HttpStatusCode.Accepted);
        await service.LineAfterAsync("Delivery one");

        Find(Data, "-perm", "/077").ShouldBeEmpty();
        Find(Data, "-name", "*.db*").Length.ShouldBeGreaterThanOrEqualTo(7, "two databases with their -wal and -shm, and a lock");
        service.Kill();
        await service.EndAsync();
        foreach (var file in Directory.GetFiles(Data))
            Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)).ShouldNotContain("very secret words", Case.Sensitive, file);
    }

    [Fact]
    public async Task Data_OpenFromAnEarlierLife_IsClosedAndSaidAndDoctorSawIt()
    {
        using (var before = await StartAsync())
        {
            before.Kill();
            await before.EndAsync();
        }

        Directory.CreateDirectory(Path.Combine(Data, "git", "mirrors", "one"));
        await File.WriteAllTextAsync(Path.Combine(Data, "git", "mirrors", "one", "packed-refs"), "");
        Run("chmod", "-R", "a+rX", Data);
        var key = Path.Combine(Data, "storage.key");

        var doctor = await _program.RunAsync("doctor", "--offline", "--role", "web", "--data", "data");
        doctor.Output.ShouldContain(line => line.StartsWith("data:", StringComparison.Ordinal) && line.Contains("PROBLEM: others have rights to", StringComparison.Ordinal));
        doctor.ExitCode.ShouldBe(1);
        Find(Data, "-perm", "/077").ShouldNotBeEmpty("doctor looks and changes nothing");

        using var service = await StartAsync();
        service.Output.ShouldContain($"Others had rights to {Data}");
        Find(Data, "-perm", "/077").ShouldBeEmpty();
        service.Output.ShouldNotContain((await File.ReadAllTextAsync(key)).Trim());
        (await _program.RunAsync("doctor", "--offline", "--role", "web", "--data", "data")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Data_OfSomebodyElse_StopsStartUpWithOneLine()
    {
        // Where tests run without rights, a folder of root's own does.
        var folder = Environment.UserName == "root" ? Data : "/usr";
        if (folder == Data)
        {
            Directory.CreateDirectory(Data);
            Run("chown", "64400", Data);
        }

        var result = await _program.RunAsync("serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", folder);
        result.ExitCode.ShouldBe(2);
        result.Error.ShouldHaveSingleItem().ShouldContain("belongs to user");
        var keys = await _program.RunAsync("keys", "rotate", "--data", folder);
        keys.Error.ShouldHaveSingleItem().ShouldContain("belongs to user");
    }

    [Fact]
    public async Task Keys_FromRotationToRetirement_KeepEverythingReadable()
    {
        // Workflows of its own would have histories of their own.
        _program.Environment["Sweep__Every"] = "none";
        using (var service = await StartAsync())
        {
            using var http = new HttpClient { BaseAddress = new Uri(await service.LineAfterAsync("Now listening on: ")) };
            (await _program.DeliverAsync(http, "unreadable", "{\"issue\":{\"number\":\"no number\"}}"u8.ToArray())).ShouldBe(HttpStatusCode.Accepted);
            await service.LineAfterAsync("cannot be read");
            service.Kill();
            await service.EndAsync();
        }

        var first = StorageKeys.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "storage.key")), "file").Single();
        (await KeysAsync("list")).ShouldHaveSingleItem().ShouldBe($"key {new PayloadCipher(first).WritingKeyId}: seals; sealed 2 values of the database and 0 parts of histories");
        (await KeysAsync("retire")).ShouldHaveSingleItem().ShouldContain("No key can go");

        (await KeysAsync("rotate")).ShouldHaveSingleItem().ShouldNotContain(Convert.ToHexStringLower(first));
        var both = StorageKeys.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "storage.key")), "file");
        both.Count.ShouldBe(2);
        both[1].ShouldBe(first);
        Find(Data, "-perm", "/077").ShouldBeEmpty();
        (await KeysAsync("list"))[1].ShouldContain("still needed");
        (await KeysAsync("retire")).ShouldHaveSingleItem().ShouldContain("No key can go");
        var doctor = await _program.RunAsync("doctor", "--offline", "--role", "web", "--data", "data");
        doctor.Output.ShouldContain(line => line.StartsWith("keys:", StringComparison.Ordinal) && line.Contains($"key {new PayloadCipher(first).WritingKeyId}: still needed", StringComparison.Ordinal));

        (await KeysAsync("reseal")).ShouldHaveSingleItem().ShouldStartWith("2 values are sealed anew");
        (await KeysAsync("list"))[1].ShouldContain("not needed any more");
        (await KeysAsync("retire")).ShouldHaveSingleItem().ShouldContain(new PayloadCipher(first).WritingKeyId);
        StorageKeys.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "storage.key")), "file").Single().ShouldBe(both[0]);
        using var again = await StartAsync();
        await again.LineAfterAsync("cannot be read");
    }

    [Fact]
    public async Task Keys_TheOneThatSealedIsGone_StopsStartUpWithItsId()
    {
        using (var service = await StartAsync())
        {
            service.Kill();
            await service.EndAsync();
        }

        var file = Path.Combine(Data, "storage.key");
        var id = new PayloadCipher(StorageKeys.Parse(await File.ReadAllTextAsync(file), "file")).WritingKeyId;
        await File.WriteAllTextAsync(file, SecretFile.NewSecret());

        var result = await _program.RunAsync("serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", "data");

        result.ExitCode.ShouldBe(2);
        result.Error.ShouldHaveSingleItem().ShouldContain(id);
    }

    [Fact]
    public async Task TemporalServer_Alone_AsksForTheKeyOfItsFile()
    {
        using var server = _program.Start("temporal-server", "--port", "0", "--db", Path.Combine("data", "temporal.db"));
        var path = (await server.LineAfterAsync("API key in ")).Split(": callers")[0];
        path.ShouldBe(Path.Combine(Data, "temporal.key"));
        var address = await server.LineAfterAsync("Temporal server listening on ");
        var stranger = TemporalClient.CreateLazy(new(address));
        (await Should.ThrowAsync<RpcException>(() => stranger.CountWorkflowsAsync("WorkflowType = 'CodingTaskWorkflow'"))).Code.ShouldBe(RpcException.StatusCode.Unauthenticated);
        var key = (await File.ReadAllTextAsync(path)).Trim();
        var owner = TemporalClient.CreateLazy(new(address) { ApiKey = key, Tls = new() { Disabled = true } });
        (await owner.CountWorkflowsAsync("WorkflowType = 'CodingTaskWorkflow'")).Count.ShouldBe(0);
        Find(Data, "-perm", "/077").ShouldBeEmpty();
        server.Output.ShouldNotContain(key);
    }

    private async Task<ChildProgram.RunningChild> StartAsync(string? umask = null)
    {
        string[] arguments = ["serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", "data", "--temporal-port", $"{_port}"];
        var service = umask is null ? _program.Start(arguments) : _program.StartUnder($"umask {umask}", arguments);
        using var http = new HttpClient { BaseAddress = new Uri(await service.LineAfterAsync("Now listening on: ")) };
        while ((await http.GetAsync("/health/ready")).StatusCode != HttpStatusCode.OK)
        {
            service.HasExited.ShouldBeFalse(service.Output);
            await Task.Delay(50);
        }

        return service;
    }

    private async Task<string[]> KeysAsync(string verb)
    {
        var result = await _program.RunAsync("keys", verb, "--data", "data");
        result.Error.ShouldBeEmpty();
        result.ExitCode.ShouldBe(0);
        return result.Output;
    }

    private static string[] Find(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("find", [folder, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var find = Process.Start(start)!;
        var found = find.StandardOutput.ReadToEnd();
        find.WaitForExit();
        return found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var running = Process.Start(program, arguments);
        running.WaitForExit();
        running.ExitCode.ShouldBe(0);
    }
}
