using System.Globalization;
using System.Text;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>Runs the workflows of pushed commits, one job after the other, and reports each job as a check run.</summary>
internal sealed class CiRunner(World world, Actions actions, CiQueue queue, StepRunner steps, Account app, string scratch, Action<string>? log)
{
    private const string WorkflowFolder = ".github/workflows";
    private const int KeptOutput = 6000;

    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var source in queue.Reader.ReadAllAsync(stopping))
                await HandleAsync(source, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task HandleAsync(CiJobSource source, CancellationToken stopping)
    {
        try
        {
            foreach (var (path, text) in await ReadWorkflowsAsync(source, stopping))
            {
                WorkflowFile workflow;
                try
                {
                    workflow = WorkflowFile.Parse(path, text);
                }
                catch (WorkflowFormatException e)
                {
                    var broken = await OpenAsync(source, [path], stopping);
                    await FinishAsync(source.Repo, broken[0], "failure", "Invalid workflow file", e.Message, stopping);
                    continue;
                }

                if (workflow.StartsOn(source.Event, source.FilterBranch))
                    await RunWorkflowAsync(source, workflow, stopping);
            }
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            log?.Invoke($"ci {source.Repo.FullName} {source.Sha[..7]} broke: {e.Message}");
        }
    }

    private async Task<List<(string Path, string Text)>> ReadWorkflowsAsync(CiJobSource source, CancellationToken stopping)
    {
        var files = new List<(string, string)>();
        await InGateAsync(async () =>
        {
            var entries = await source.Repo.Git.ListAsync(source.Sha, WorkflowFolder) ?? [];
            foreach (var entry in entries.Where(e => e.Type == "blob" && (e.Path.EndsWith(".yml", StringComparison.Ordinal) || e.Path.EndsWith(".yaml", StringComparison.Ordinal))))
                files.Add((entry.Path, Encoding.UTF8.GetString(await source.Repo.Git.BlobAsync(entry.Sha))));
        }, stopping);
        return files;
    }

    private async Task RunWorkflowAsync(CiJobSource source, WorkflowFile workflow, CancellationToken stopping)
    {
        var runs = await OpenAsync(source, workflow.Jobs.Select(j => j.Name), stopping);
        var conclusions = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (job, run) in workflow.Jobs.Zip(runs))
        {
            if (job.Needs.FirstOrDefault(n => conclusions.GetValueOrDefault(n) != "success") is { } missing)
            {
                conclusions[job.Id] = "skipped";
                await FinishAsync(source.Repo, run, "skipped", $"Needs '{missing}'", $"Job '{missing}' did not succeed before this one.", stopping);
                continue;
            }

            await InGateAsync(() =>
            {
                (run.Status, run.StartedAt) = ("in_progress", world.Now);
                actions.RefreshSuite(source.Repo, run.Suite);
                return Task.CompletedTask;
            }, stopping);
            var (conclusion, title, summary) = await RunJobAsync(source, job, stopping);
            conclusions[job.Id] = conclusion;
            await FinishAsync(source.Repo, run, conclusion, title, summary, stopping);
        }
    }

    private async Task<List<CheckRun>> OpenAsync(CiJobSource source, IEnumerable<string> names, CancellationToken stopping)
    {
        var runs = new List<CheckRun>();
        await InGateAsync(() =>
        {
            var suite = actions.OpenSuite(source.Repo, app, source.Sha, source.HeadBranch);
            runs.AddRange(names.Select(n => actions.OpenCheck(source.Repo, suite, n)));
            foreach (var run in runs)
                actions.TellCheck(source.Repo, run, "created");
            return Task.CompletedTask;
        }, stopping);
        return runs;
    }

    private async Task FinishAsync(Repo repo, CheckRun run, string conclusion, string title, string summary, CancellationToken stopping)
    {
        log?.Invoke($"ci {repo.FullName} {run.Suite.HeadSha[..7]} {run.Name}: {conclusion} ({title})");
        await InGateAsync(() =>
        {
            run.StartedAt ??= world.Now;
            (run.Status, run.Conclusion, run.CompletedAt, run.Title, run.Summary) = ("completed", conclusion, world.Now, title, summary);
            actions.TellCheck(repo, run, "completed");
            actions.RefreshSuite(repo, run.Suite);
            return Task.CompletedTask;
        }, stopping);
    }

    private async Task<(string Conclusion, string Title, string Summary)> RunJobAsync(CiJobSource source, WorkflowJob job, CancellationToken stopping)
    {
        var folder = Path.Combine(scratch, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        try
        {
            await source.Repo.Git.CheckoutAsync(source.Sha, folder);
            await steps.HandOverAsync(folder);
            var environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["CI"] = "true",
                ["GITHUB_SHA"] = source.Sha,
                ["GITHUB_REPOSITORY"] = source.Repo.FullName,
                ["GITHUB_EVENT_NAME"] = source.Event,
                ["GITHUB_REF_NAME"] = source.HeadBranch,
                ["GITHUB_BASE_REF"] = source.Event == "pull_request" ? source.FilterBranch : "",
            };
            var report = new StringBuilder();
            foreach (var step in job.Steps)
            {
                var result = await steps.RunAsync(step, folder, environment, stopping);
                report.Append(CultureInfo.InvariantCulture, $"{(result.Succeeded ? "✓" : "✗")} {step.Name} ({result.Duration.TotalSeconds:0.0} s)\n\n");
                if (result.Succeeded)
                    continue;
                report.Append(Fenced(result.StandardOutput + result.StandardError));
                return result.Outcome == SandboxOutcome.TimedOut
                    ? ("timed_out", $"Step '{step.Name}' ran out of time", report.ToString())
                    : ("failure", $"Step '{step.Name}' failed with exit code {result.ExitCode}", report.ToString());
            }

            return ("success", $"{job.Steps.Count} steps passed", report.ToString());
        }
        catch (SandboxUnavailableException e)
        {
            return ("failure", "No CI sandbox", e.Message);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // A check that stays pending for ever is worse than a wrong red one.
            return ("failure", "The runner broke", Fenced(e.Message));
        }
        finally
        {
            Discard(folder);
        }
    }

    private void Discard(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log?.Invoke($"ci could not remove {folder}: {e.Message}");
        }
    }

    // The end of the output in a fence that nothing in it can close.
    private static string Fenced(string output)
    {
        var clean = new string(output.Where(c => c is '\n' or '\t' || !char.IsControl(c)).ToArray());
        var tail = clean.Length <= KeptOutput ? clean : "…" + clean[^KeptOutput..];
        var fence = new string('`', Math.Max(3, tail.Split('\n').Max(l => l.TakeWhile(c => c is '`' or ' ').Count(c => c == '`')) + 1));
        return $"{fence}text\n{tail.TrimEnd()}\n{fence}\n";
    }

    private async Task InGateAsync(Func<Task> change, CancellationToken stopping)
    {
        await world.Gate.WaitAsync(stopping);
        try
        {
            await change();
        }
        finally
        {
            world.Gate.Release();
        }
    }
}
