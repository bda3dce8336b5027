using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using CodingAgent.Playground.LocalForge;
using Xunit.Abstractions;

namespace CodingAgent.BotHost.Tests.Commands;

/// <summary>A data folder on a disk of its own that fills up and empties again, under a running service.</summary>
public sealed class ServeFullDiskTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ChildProgram _program = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("full-disk-").FullName;
    private LocalForgeServer _forge = null!;

    public async Task InitializeAsync()
    {
        _forge = await LocalForgeServer.StartAsync(new LocalForgeOptions { DataDirectory = _folder }, default);
        _forge.CreateUser("acme", "acme-token");
        _forge.CreateUser("bot", "ghp_hunter2");
        var content = Directory.CreateDirectory(Path.Combine(_folder, "content")).FullName;
        await File.WriteAllTextAsync(Path.Combine(content, "README.md"), "# Shop\n");
        await _forge.CreateRepositoryAsync("acme", "shop", content);
        _forge.SetAccess("acme", "shop", "bot", RepoAccess.Write);
        _program.Environment["Forge__GitHub__ApiUrl"] = _forge.ApiUrl;
        _program.Environment["Disk__NewWork"] = "1MB";
        _program.Environment["Disk__Reserve"] = "none";
        Directory.CreateDirectory(Path.Combine(_program.Folder, "data"));
    }

    public async Task DisposeAsync()
    {
        await _forge.DisposeAsync();
        _program.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Disk_FullAndEmptiedAgain_IsUnreadyWithTheReasonAndThenGoesOn()
    {
        using var service = _program.StartOnSmallDisk("data", megabytes: 24, "serve", "--role", "web", "--urls", "http://127.0.0.1:0", "--data", "data");
        if (service is null)
        {
            output.WriteLine("Skipped: no file system can be mounted here.");
            return;
        }

        using var http = new HttpClient { BaseAddress = new Uri(await service.LineAfterAsync("Now listening on: ")) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "api-hunter2");
        await UntilAsync(async () => (await http.GetAsync("/health/ready")).IsSuccessStatusCode);
        (await CreateAsync(http, "before")).ShouldBe(HttpStatusCode.Accepted);

        // Where the child sees its disk.
        var filler = $"/proc/{service.Id}/root{_program.Folder}/data/filler";
        Fill(filler);
        var number = 0;
        await UntilAsync(async () =>
        {
            await CreateAsync(http, $"while-full-{number++}");
            return (await http.GetAsync("/health/ready")).StatusCode == HttpStatusCode.ServiceUnavailable;
        });
        (await (await http.GetAsync("/health/ready")).Content.ReadAsStringAsync()).ShouldContain("cannot");

        File.Delete(filler);
        await UntilAsync(async () => (await http.GetAsync("/health/ready")).IsSuccessStatusCode);
        // New work waits until the disk was looked at again.
        await UntilAsync(async () => await CreateAsync(http, "after") == HttpStatusCode.Accepted);
        service.HasExited.ShouldBeFalse();
    }

    private static async Task<HttpStatusCode> CreateAsync(HttpClient http, string key)
    {
        using var answer = await http.PostAsJsonAsync("/tasks", new { repo = "acme/shop", goal = new string('g', 30_000), idempotencyKey = key });
        return answer.StatusCode;
    }

    // To the last byte.
    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        for (var size = 1 << 20; size >= 1; size /= 2)
        {
            try
            {
                while (true)
                    file.Write(new byte[size]);
            }
            catch (IOException)
            {
                // No room for so much; for less, perhaps.
            }
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            (TimeProvider.System.GetElapsedTime(start) < Patience).ShouldBeTrue("it did not come");
            await Task.Delay(200);
        }
    }
}
