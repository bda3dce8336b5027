using System.Diagnostics;
using System.Net;
using System.Text;
using CodingAgent.Storage;
using Dapper;

namespace CodingAgent.BotHost.Tests.Commands;

/// <summary>The service between its first delivery and its first work: held there by a sandbox program that does not come back.</summary>
public sealed class ServeStartTests : IDisposable
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        """{"action":"opened","issue":{"number":12},"repository":{"full_name":"octo/hello"},"sender":{"login":"mona","id":1,"type":"User"}}""");

    private readonly ChildProgram _program = new();

    public ServeStartTests()
    {
        var fifo = Path.Combine(_program.Folder, "held");
        Run("mkfifo", fifo);
        var bin = Directory.CreateDirectory(Path.Combine(_program.Folder, "bin")).FullName;
        var bwrap = Path.Combine(bin, "bwrap");
        File.WriteAllText(bwrap, $"#!/bin/sh\nread line < '{fifo}'\necho 'no namespaces here' >&2\nexit 1\n");
        Run("chmod", "u+x", bwrap);
        _program.Environment["PATH"] = $"{bin}:{_program.Environment["PATH"]}";
    }

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Serve_WorkNotStartedYet_TakesDeliveriesAndSaysThatItStarts()
    {
        using var service = _program.Start("serve", "--urls", "http://127.0.0.1:0", "--data", "data");
        using var http = new HttpClient { BaseAddress = new Uri(await service.LineAfterAsync("Now listening on: ")) };

        (await _program.DeliverAsync(http, "one", Body)).ShouldBe(HttpStatusCode.Accepted);
        (await http.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var path in new[] { "/health/ready", "/api/tasks/github:octo/hello/issue/12" })
        {
            using var answer = await http.GetAsync(path);
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, path);
            answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
            (await answer.Content.ReadAsStringAsync()).ShouldContain("starting");
        }

        // Now the machine turns out to be unfit: as clear an end as before it listened.
        await File.WriteAllTextAsync(Path.Combine(_program.Folder, "held"), "go\n");
        var end = await service.EndAsync();
        end.ExitCode.ShouldBe(2);
        end.Error.ShouldHaveSingleItem().ShouldStartWith("codingagent: ");
        end.Output.ShouldNotContain(line => line.Contains("   at ", StringComparison.Ordinal));

        // What it answered is on disk, for the life in which it can work.
        using var database = await SqliteDatabase.OpenAsync(Path.Combine(_program.Folder, "data", "bot.db"), default);
        await using var reader = database.OpenReader();
        reader.QuerySingle<(string Id, string? Outcome)>("SELECT id, outcome FROM inbox").ShouldBe(("one", null));
    }

    [Fact]
    public async Task Serve_Started_SaysOnceWithWhatItWorksAndWhereToLook()
    {
        using var service = _program.Start("serve", "--role", "web", "--urls", "http://0.0.0.0:0", "--data", "data");
        var looks = await service.LineAfterAsync("web: UI at ");
        var port = new Uri((await service.LineAfterAsync("Now listening on: ")).Trim()).Port;
        service.Terminate();
        await service.EndAsync();

        looks.Trim().ShouldBe($"http://localhost:{port}/, REST at http://localhost:{port}/tasks with its description at http://localhost:{port}/scalar, metrics at http://localhost:{port}/metrics, health at http://localhost:{port}/health/ready");
        var lines = service.Output.Split('\n');
        foreach (var fact in (string[])["temporal: the embedded server at 127.0.0.1:", "forge: GitHub at http://127.0.0.1:9/api/v3, as the account of Forge:GitHub:Token; not tried", $":{port}/metrics"])
            lines.Count(l => l.Contains(fact, StringComparison.Ordinal)).ShouldBe(1, fact);
        service.Output.ShouldNotContain("hunter2");
        service.Output.ShouldNotContain("Content root");
    }

    private static void Run(string program, params string[] arguments)
    {
        using var running = Process.Start(program, arguments);
        running.WaitForExit();
    }
}
