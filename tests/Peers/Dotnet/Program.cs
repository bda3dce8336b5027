// The .NET side of the runs across languages; started by temporal/cross.test.mjs, words/words.test.mjs, gitlab/gitlab.test.mjs and github/github.test.mjs:
//   worker ADDRESS QUEUE OTHER_QUEUE      runs until its input closes
//   client ADDRESS OTHER_QUEUE SCENARIO…  one line a scenario: "ok NAME", or "not ok NAME: why"
//   forge                                 a LocalForge with GitLab's face; its address on the first line, until the input closes
//   github                                a LocalForge with GitHub's face; what there is to know of it on the first line, as JSON
//   github-task API BRANCH                what the product asks of GitHub in the life of a task: prints its pull request, and waits for the id of a review comment
//   words                                 comments, titles and commits with hostile text, a line of JSON each
using CodingAgent.Peers.Dotnet;
using Temporalio.Client;
using Temporalio.Worker;

if (args is ["words"])
{
    Words.Write(Console.Out);
    return 0;
}

if (args is ["forge"])
{
    await Forge.RunAsync(Console.In, Console.Out);
    return 0;
}

if (args is ["github"])
{
    await GitHubFace.RunAsync(Console.In, Console.Out);
    return 0;
}

if (args is ["github-task", var api, var branch])
{
    await GitHubTask.RunAsync(new Uri(api), branch, Console.In, Console.Out);
    return 0;
}

if (args is not [var mode, var address, var queue, ..])
{
    await Console.Error.WriteLineAsync("usage: worker ADDRESS QUEUE OTHER_QUEUE | client ADDRESS OTHER_QUEUE SCENARIO... | forge | github | github-task API BRANCH | words");
    return 2;
}

var client = await TemporalClient.ConnectAsync(new(address));
switch (mode)
{
    case "worker":
        TypeScript.Queue = args[3];
        var options = new TemporalWorkerOptions(queue) { DebugMode = true }
            .AddAllActivities<Activities>(null)
            .AddWorkflow<OrderWorkflow>()
            .AddWorkflow<FailingWorkflow>()
            .AddWorkflow<CancellableWorkflow>()
            .AddWorkflow<AttributesWorkflow>()
            .AddWorkflow<CountingWorkflow>()
            .AddWorkflow<EncodingsWorkflow>()
            .AddWorkflow<ParentWorkflow>();
        using (var worker = new TemporalWorker(client, options))
        {
            await worker.ExecuteAsync(async () =>
            {
                await Console.Out.WriteLineAsync("worker ready");
                // On another thread: the console's reader blocks the one it is called on, and the worker starts on this one.
                await Task.Run(Console.In.ReadToEnd);
            });
        }

        return 0;
    case "client":
        return await Scenarios.RunAsync(client, queue, args[3..]) ? 0 : 1;
    default:
        await Console.Error.WriteLineAsync($"'{mode}' is neither worker nor client");
        return 2;
}
