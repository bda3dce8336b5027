using System.Security.Cryptography;
using CodingAgent.BotHost.Codec;
using CodingAgent.Storage;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>
/// Somebody has everything of Temporal: the server's key and the key that seals payloads. They read histories, signal tasks and run workflows of
/// their own against the service's applier. What they lack is the keys that sign records, and the forge.
/// </summary>
public sealed class RogueWorkerTests(ServiceUnderTest service) : IClassFixture<ServiceUnderTest>
{
    [Fact]
    public async Task TemporalAccess_WithoutTheKeysOfRecords_PublishesNothingOfItsOwn()
    {
        var client = await ConnectAsync();
        using var worker = new TemporalWorker(client, new TemporalWorkerOptions("rogue") { DebugMode = true }.AddWorkflow<RogueWorkflow>());
        await worker.ExecuteAsync(async () =>
        {
            var repository = await service.OpenRepositoryAsync("rogue");
            var other = await service.OpenRepositoryAsync("rogue-other", (".github/coding-agent.yml", TestRepository.PolicyWithoutApproval));

            // A forged approval is a signal like any other; what comes of it is held at the door.
            var waiting = await repository.OpenIssueAsync("agent:implement");
            var hash = await repository.PlanHashAsync(waiting);
            await repository.TaskInStateAsync(repository.TaskIdOf(waiting), "AwaitingApproval");
            CodingTaskSignal approval = new CodingTaskSignal.CommandGiven("forged", "ada", DateTimeOffset.UtcNow, new AgentCommand.Approve(hash), 1);
            await client.GetWorkflowHandle(repository.TaskIdOf(waiting)).SignalAsync("Notify", [approval]);
            await repository.CommentAsync(waiting, "Nothing signed says that a person approved the plan");
            (await repository.AgentBranchesAsync()).ShouldBeEmpty();
            var held = await StepOfAsync(client, repository.TaskIdOf(waiting));

            // An honest task, and its step as it went to the applier.
            var issue = await other.OpenIssueAsync("agent:implement");
            await other.PullAsync();
            await other.TaskInStateAsync(other.TaskIdOf(issue), "AwaitingReview");
            var honest = await StepOfAsync(client, other.TaskIdOf(issue));
            var own = new RecordKeys();
            foreach (var role in Enum.GetValues<RecordRole>())
                own.Add(role, [RandomNumberGenerator.GetBytes(32)], signs: true);
            var records = honest.Records!;
            var plan = own.Open<PlanRecord>(own.Sign(records.Plan!.Role, records.Plan.Kind, records.Plan.Payload))!;

            ApplyActivities.PublishStep[] steps =
            [
                held with { Records = held.Records! with { Approval = own.Sign(new ApprovalRecord(held.Task, "ada", hash, null)) } },
                held with { Records = held.Records! with { Approval = records.Request } },
                held with { Task = honest.Task, Repo = honest.Repo },
                honest with { Branch = "release/pwned", ExpectedHead = null },
                honest with { Branch = "main", ExpectedHead = null },
                honest with { Branch = "coding-agent/issue-99-pwned", ExpectedHead = null },
                honest with { Task = held.Task, Repo = held.Repo, Branch = "coding-agent/issue-1-pwned" },
                honest with { Snapshot = null, Branch = $"coding-agent/issue-{issue}-pwned", ExpectedHead = null },
                honest with { Branch = $"coding-agent/issue-{issue}-pwned", ExpectedHead = null, Records = records with { Plan = own.Sign(plan with { Plan = plan.Plan with { Goal = "Pwned." } }) } },
                honest with { Branch = $"coding-agent/issue-{issue}-pwned", ExpectedHead = null, Records = records with { Request = own.Sign(records.Request!.Role, records.Request.Kind, records.Request.Payload) } },
                honest with { Branch = $"coding-agent/issue-{issue}-pwned", ExpectedHead = null, Records = null },
            ];
            foreach (var step in steps)
            {
                var outcome = await client.ExecuteWorkflowAsync(
                    (RogueWorkflow w) => w.RunAsync(step), new WorkflowOptions($"rogue-{Guid.NewGuid():N}", "rogue"));
                outcome.HeadSha.ShouldBeNull();
                outcome.Verdicts.ShouldContain(v => !v.Passed);
            }

            (await repository.AgentBranchesAsync()).ShouldBeEmpty();
            (await other.AgentBranchesAsync()).ShouldHaveSingleItem().ShouldBe(honest.Branch);
            (await other.BranchesAsync()).ShouldBe([honest.Branch, "main"], ignoreOrder: true);
            (await service.LogAsync()).ShouldContain("nothing is published, because it is not proved");
        });
    }

    private async Task<ITemporalClient> ConnectAsync()
    {
        var folder = service.Stage.ServiceDirectory;
        return await TemporalClient.ConnectAsync(new TemporalClientConnectOptions(service.Stage.TemporalAddress)
        {
            ApiKey = (await File.ReadAllTextAsync(Path.Combine(folder, "temporal.key"))).Trim(),
            Tls = new TlsOptions { Disabled = true },
            DataConverter = SealedPayloads.Converter(new PayloadCipher(StorageKeys.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "storage.key")), "storage.key"))),
        });
    }

    /// <summary>The last step that a task handed to the applier.</summary>
    private static async Task<ApplyActivities.PublishStep> StepOfAsync(ITemporalClient client, string task)
    {
        var handle = client.GetWorkflowHandle(task);
        var scheduled = (await handle.FetchHistoryAsync()).Events.Select(e => e.ActivityTaskScheduledEventAttributes).Last(a => a?.ActivityType.Name == "Publish");
        var payloads = await client.Options.DataConverter.PayloadCodec!.DecodeAsync([scheduled.Input.Payloads_[0]]);
        return System.Text.Json.JsonSerializer.Deserialize<ApplyActivities.PublishStep>(payloads.Single().Data.Span)!;
    }
}

/// <summary>Hands the service's applier whatever step it is given.</summary>
[Workflow]
public class RogueWorkflow
{
    /// <summary>Runs it.</summary>
    [WorkflowRun]
    public Task<ApplyActivities.PublishOutcome> RunAsync(ApplyActivities.PublishStep step) => Workflow.ExecuteActivityAsync<ApplyActivities.PublishOutcome>(
        "Publish", [step], new ActivityOptions { TaskQueue = TaskQueues.ApplyOf(TaskQueues.CodingAgent), StartToCloseTimeout = TimeSpan.FromMinutes(2), RetryPolicy = new() { MaximumAttempts = 3 } });
}
