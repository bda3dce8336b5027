namespace CodingAgent.Playground.Demo;

/// <summary>The story from beginning to end on a stage of its own; if so wished the stage is left to the person who watched it.</summary>
internal static class DemoCommand
{
    /// <summary>Plays it.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(DemoOptions options, CancellationToken ct)
    {
        var narrator = Narrator.OnConsole();
        narrator.Step("The demo begins. Ctrl+C ends it, and removes what it made");
        Stage? stage = null;
        string? left = null;
        var files = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
        try
        {
            var first = Path.Combine(files, "first");
            options.Sample.WriteTo(first, options.Forge);
            stage = await narrator.WaitAsync("forge and model to be up", Story.Limit, end => Stage.BuildAsync(StageOf(options, first), end), ct);
            var key = await stage.CreateKeyAsync("visitor", "operator", ct);
            foreach (var line in Addresses(stage, key, "   when the service is up").Split('\n'))
                narrator.Note(line);
            var passed = await new Story(stage, options.Sample.Ticket, narrator).RunAsync(ct);
            if (options.Keep)
                await KeepAsync(stage, options, key, Path.Combine(files, "second"), narrator, ct);
            return passed ? 0 : 1;
        }
        catch (StoryException e)
        {
            narrator.Bad(e.Message);
            if (stage?.Remains is { } remains)
                narrator.Note(remains);
            left = stage?.KeepFiles();
            return 1;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            if (stage?.Remains is { } remains)
                narrator.Note(remains);
            return 130;
        }
        finally
        {
            if (stage is not null)
                await stage.DisposeAsync();
            Directory.Delete(files, recursive: true);
            narrator.Step(left is null ? "Ended, and nothing of it is left" : $"Ended. For a look at what happened {left} is left, with the service's logs in its folder logs");
        }
    }

    private static StageOptions StageOf(DemoOptions options, string folder) => new()
    {
        RepositoryFolder = folder,
        Forge = options.Forge,
        RealKey = Environment.GetEnvironmentVariable("OPENAI_API_KEY"),
        Temporal = options.Temporal,
        TemporalNamespace = options.Namespace,
    };

    private static async Task KeepAsync(Stage stage, DemoOptions options, string key, string folder, Narrator narrator, CancellationToken ct)
    {
        var name = $"{stage.Name}-yours";
        options.Sample.WriteTo(folder, options.Forge);
        (await stage.AddRepositoryAsync(name, folder, ct)).Dispose();
        var issue = stage.Forge.OpenIssue(Stage.Owner, name, Stage.Person, options.Sample.Ticket.Title, options.Sample.Ticket.Body);
        narrator.Step("Everything keeps running until Ctrl+C");
        foreach (var line in Words(stage, name, issue, key).Split('\n'))
            narrator.Note(line);
        try
        {
            await Task.Delay(Timeout.Infinite, ct);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C.
        }
    }

    private static string Addresses(Stage stage, string key, string whenUp) => $"""
        Forge  {stage.Visitor.RepositoryPage}   as {Stage.Person}, who administers it: each form asks who acts, and for no password
        UI     {stage.ServiceUrl}{whenUp}
        Key    {key}   an operator's, for UI, REST and command line: codingagent key create visitor --role operator
        Logs   {stage.LogDirectory}
        """;

    private static string Words(Stage stage, string yours, int issue, string key) => $"""
        {Addresses(stage, key, "")}

        To try
        1. Be the person: add the label agent:implement at {stage.Forge.BaseUrl}/{Stage.Owner}/{yours}/issues/{issue}#act. The issue then has a status comment that leads to the task's page: sign in there with the key, and approve the plan when it comes.
        2. Watch it in a terminal: CODINGAGENT_URL={stage.ServiceUrl} CODINGAGENT_API_KEY={key} ./dev task list, and ./dev task watch with what it shows.
        3. Ask: comment /agent status, or /agent help, on any issue.
        """;
}
