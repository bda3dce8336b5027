using System.Globalization;
using System.Text;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>Runs the workflows of pushed commits, one job after the other, and reports each job as a check run.</summary>
internal sealed class CiRunner(World world, Actions actions, CiQueue queue, StepRunner steps, Account app, string scratch, bool summarizes, Action<string>? log)
{
    public const string WorkflowFolder = ".github/workflows";
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
                    workflow = path == GitLabCiFile.Path ? GitLabCiFile.Parse(text) : WorkflowFile.Parse(path, text);
                }
                catch (WorkflowFormatException e)
                {
                    if (path == GitLabCiFile.Path && source.Event != "push")
                        continue;
                    var broken = await OpenAsync(source, path, path, [new WorkflowJob(path, path, [], [])], stopping, path == GitLabCiFile.Path ? e.Message : null);
                    await FinishAsync(source.Repo, broken[0], new JobEnd("failure", "Invalid workflow file", e.Message, ""), stopping);
                    await EndRunAsync(source.Repo, broken[0].Run!, stopping);
                    continue;
                }

                if (workflow.StartsOn(source.Event, source.FilterBranch))
                    await RunWorkflowAsync(source, path, workflow, stopping);
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
            if (await source.Repo.Git.EntryAsync(source.Sha, GitLabCiFile.Path) is { Type: "blob" } pipeline && source.OnlyPath is null or GitLabCiFile.Path)
                files.Add((pipeline.Path, Encoding.UTF8.GetString(await source.Repo.Git.BlobAsync(pipeline.Sha))));
            foreach (var entry in entries.Where(e => source.OnlyPath is null || e.Path == source.OnlyPath).Where(e => e.Type == "blob" && (e.Path.EndsWith(".yml", StringComparison.Ordinal) || e.Path.EndsWith(".yaml", StringComparison.Ordinal))))
                files.Add((entry.Path, Encoding.UTF8.GetString(await source.Repo.Git.BlobAsync(entry.Sha))));
        }, stopping);
        return files;
    }

    private async Task RunWorkflowAsync(CiJobSource source, string path, WorkflowFile workflow, CancellationToken stopping)
    {
        IReadOnlyList<CheckRun> runs = source.Again is { } again ? await JobsAsync(source.Repo, again, stopping) : await OpenAsync(source, workflow.Name, path, workflow.Jobs, stopping);
        var run = runs[0].Run!;
        // What an earlier try has done stays done.
        var conclusions = workflow.Jobs.Zip(runs).Where(j => j.Second.Attempt < run.Attempt).ToDictionary(j => j.First.Id, j => Towards(j.First, j.Second.Conclusion ?? ""), StringComparer.Ordinal);
        foreach (var (job, check) in workflow.Jobs.Zip(runs).Where(j => j.Second.Attempt == run.Attempt))
        {
            if (job.Needs.Any(n => conclusions.GetValueOrDefault(n) == "action_required"))
            {
                // What comes after a manual job that holds the pipeline up has not begun, and nobody says that it was left out.
                conclusions[job.Id] = "action_required";
                continue;
            }

            if (job.IsManual && job.Needs.All(n => conclusions.GetValueOrDefault(n) == "success"))
            {
                conclusions[job.Id] = Towards(job, "action_required");
                await FinishAsync(source.Repo, check, new JobEnd("action_required", "Manual", "Somebody has to start it.", null), stopping);
                continue;
            }

            if (!job.Always && job.Needs.FirstOrDefault(n => conclusions.GetValueOrDefault(n) != "success") is { } missing)
            {
                conclusions[job.Id] = "skipped";
                await FinishAsync(source.Repo, check, new JobEnd("skipped", $"Needs '{missing}'", $"Job '{missing}' did not succeed before this one.", null), stopping);
                continue;
            }

            if (run.IsCancelled)
            {
                conclusions[job.Id] = "cancelled";
                await FinishAsync(source.Repo, check, new JobEnd("cancelled", "Cancelled", "", null), stopping);
                continue;
            }

            await InGateAsync(() =>
            {
                (check.Status, check.StartedAt) = ("in_progress", world.Now);
                actions.RefreshSuite(source.Repo, check.Suite);
                actions.TellJob(source.Repo, check);
                if (run.Status != "in_progress")
                {
                    run.Status = "in_progress";
                    actions.TellRun(source.Repo, run, "in_progress");
                }

                return Task.CompletedTask;
            }, stopping);
            var end = await RunJobAsync(source, run, job, stopping);
            conclusions[job.Id] = Towards(job, end.Conclusion);
            await FinishAsync(source.Repo, check, end, stopping);
        }

        await EndRunAsync(source.Repo, run, stopping);
    }

    // What became of a job, as far as the jobs after it care.
    private static string Towards(WorkflowJob job, string conclusion) => job.AllowFailure ? "success" : conclusion;

    private async Task<IReadOnlyList<CheckRun>> JobsAsync(Repo repo, WorkflowRun run, CancellationToken stopping)
    {
        IReadOnlyList<CheckRun> jobs = [];
        await InGateAsync(() =>
        {
            // In the order of the file, which is the order in which the first try opened them.
            var order = repo.Checks.Where(c => c.Run == run && c.Attempt == 1).Select(c => c.Name).ToList();
            jobs = [.. Actions.JobsOf(repo, run).OrderBy(j => order.IndexOf(j.Name))];
            return Task.CompletedTask;
        }, stopping);
        return jobs;
    }

    private async Task<List<CheckRun>> OpenAsync(CiJobSource source, string name, string path, IEnumerable<WorkflowJob> jobs, CancellationToken stopping, string? yamlErrors = null)
    {
        var runs = new List<CheckRun>();
        await InGateAsync(async () =>
        {
            await source.Repo.CommitAsync(source.Sha);
            var suite = actions.OpenSuite(source.Repo, app, source.Sha, source.HeadBranch);
            var run = actions.OpenRun(source.Repo, suite, name, path, source.Event, source.FilterBranch);
            run.YamlErrors = yamlErrors;
            runs.AddRange(jobs.Select(j => actions.OpenCheck(source.Repo, suite, j.Name, run, j)));
            foreach (var check in runs)
                actions.TellCheck(source.Repo, check, "created");
            actions.TellPipeline(source.Repo, run);
        }, stopping);
        return runs;
    }

    private async Task FinishAsync(Repo repo, CheckRun run, JobEnd end, CancellationToken stopping)
    {
        log?.Invoke($"ci {repo.FullName} {run.Suite.HeadSha[..7]} {run.Name}: {end.Conclusion} ({end.Title})");
        await InGateAsync(() =>
        {
            run.StartedAt ??= world.Now;
            (run.Status, run.Conclusion, run.CompletedAt, run.Log) = ("completed", end.Conclusion, world.Now, end.Log);
            if (summarizes)
                (run.Title, run.Summary) = (end.Title, end.Summary);
            if (end.Conclusion is "failure" or "timed_out")
                run.Annotations.Add(new Annotation(".github", 1, "failure", "", end.Title));
            actions.TellCheck(repo, run, "completed");
            actions.TellJob(repo, run);
            actions.RefreshSuite(repo, run.Suite);
            return Task.CompletedTask;
        }, stopping);
    }

    private Task EndRunAsync(Repo repo, WorkflowRun run, CancellationToken stopping) => InGateAsync(() =>
    {
        var jobs = Actions.JobsOf(repo, run);
        run.Status = "completed";
        run.Suite.UpdatedAt = world.Now;
        run.Conclusion = run.IsCancelled ? "cancelled"
            : jobs.Any(j => !j.AllowFailure && j.Conclusion is not (null or "success" or "neutral" or "skipped" or "action_required")) ? "failure"
            : jobs.Any(j => !j.AllowFailure && j.Conclusion == "action_required") ? "action_required" : "success";
        actions.TellRun(repo, run, "completed");
        return Task.CompletedTask;
    }, stopping);

    private async Task<JobEnd> RunJobAsync(CiJobSource source, WorkflowRun run, WorkflowJob job, CancellationToken stopping)
    {
        var folder = Path.Combine(scratch, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        run.EndStep = ending.Cancel;
        var printed = new StringBuilder();
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
                ["GITHUB_RUN_ATTEMPT"] = run.Attempt.ToString(CultureInfo.InvariantCulture),
                ["GITHUB_REF_NAME"] = source.HeadBranch,
                ["GITHUB_BASE_REF"] = source.Event == "pull_request" ? source.FilterBranch : "",
            };
            if (run.Path == GitLabCiFile.Path)
                return await RunScriptAsync(source, run, job.Steps[0], folder, printed, ending.Token);
            var report = new StringBuilder();
            foreach (var step in job.Steps)
            {
                Print(printed, $"##[group]Run {step.Name}\n{step.Run.TrimEnd()}\n##[endgroup]");
                var result = await steps.RunAsync(step, folder, environment, ending.Token);
                Print(printed, (result.StandardOutput + result.StandardError).TrimEnd());
                report.Append(CultureInfo.InvariantCulture, $"{(result.Succeeded ? "✓" : "✗")} {step.Name} ({result.Duration.TotalSeconds:0.0} s)\n\n");
                if (result.Succeeded)
                    continue;
                report.Append(Fenced(result.StandardOutput + result.StandardError));
                Print(printed, $"##[error]Process completed with exit code {result.ExitCode}.");
                return result.Outcome == SandboxOutcome.TimedOut
                    ? new JobEnd("timed_out", $"Step '{step.Name}' ran out of time", report.ToString(), printed.ToString())
                    : new JobEnd("failure", $"Step '{step.Name}' failed with exit code {result.ExitCode}", report.ToString(), printed.ToString());
            }

            return new JobEnd("success", $"{job.Steps.Count} steps passed", report.ToString(), printed.ToString());
        }
        catch (OperationCanceledException) when (run.IsCancelled && !stopping.IsCancellationRequested)
        {
            Print(printed, "##[error]The operation was canceled.");
            return new JobEnd("cancelled", "Cancelled", "", printed.ToString());
        }
        catch (SandboxUnavailableException e)
        {
            return new JobEnd("failure", "No CI sandbox", e.Message, printed.ToString());
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // A check that stays pending for ever is worse than a wrong red one.
            return new JobEnd("failure", "The runner broke", Fenced(e.Message), printed.ToString());
        }
        finally
        {
            run.EndStep = null;
            Discard(folder);
        }
    }

    // A job of GitLab's: its own variables, and a log with sections and colours in place of times.
    private async Task<JobEnd> RunScriptAsync(CiJobSource source, WorkflowRun run, WorkflowStep script, string folder, StringBuilder printed, CancellationToken ending)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CI"] = "true",
            ["GITLAB_CI"] = "true",
            ["CI_COMMIT_SHA"] = source.Sha,
            ["CI_COMMIT_REF_NAME"] = source.HeadBranch,
            ["CI_COMMIT_BRANCH"] = source.HeadBranch,
            ["CI_DEFAULT_BRANCH"] = source.Repo.DefaultBranch,
            ["CI_PROJECT_PATH"] = source.Repo.FullName,
            ["CI_PIPELINE_ID"] = run.Id.ToString(CultureInfo.InvariantCulture),
            ["CI_PIPELINE_SOURCE"] = source.Event == "workflow_dispatch" ? "api" : source.Event,
            ["CI_PIPELINE_ATTEMPT"] = run.Attempt.ToString(CultureInfo.InvariantCulture),
        };
        var second = world.Now.ToUnixTimeSeconds();
        printed.Append(CultureInfo.InvariantCulture, $"Running with gitlab-runner 18.6.0 (localforge)\nsection_start:{second}:step_script\r\u001b[0K\u001b[0K\u001b[36;1mExecuting \"step_script\" stage of the job script\u001b[0;m\n");
        var result = await steps.RunAsync(script, folder, environment, ending);
        printed.Append((result.StandardOutput + result.StandardError).TrimEnd()).Append('\n');
        printed.Append(CultureInfo.InvariantCulture, $"section_end:{world.Now.ToUnixTimeSeconds()}:step_script\r\u001b[0K");
        if (result.Succeeded)
        {
            printed.Append("\u001b[32;1mJob succeeded\u001b[0;m\n");
            return new JobEnd("success", "Job succeeded", "", printed.ToString());
        }

        var isLate = result.Outcome == SandboxOutcome.TimedOut;
        printed.Append(CultureInfo.InvariantCulture, $"\u001b[31;1mERROR: Job failed: {(isLate ? "execution took longer than it may" : $"exit code {result.ExitCode}")}\n\u001b[0;m");
        return new JobEnd(isLate ? "timed_out" : "failure", $"Script failed with exit code {result.ExitCode}", Fenced(result.StandardOutput + result.StandardError), printed.ToString());
    }

    // A log as the runner of GitHub writes it: every line with its time.
    private void Print(StringBuilder log, string text)
    {
        foreach (var line in text.Length == 0 ? [] : text.Split('\n'))
            log.Append(CultureInfo.InvariantCulture, $"{world.Now:yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'} {line.TrimEnd('\r')}\n");
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

    /// <summary>How a job ended; a log only where it began.</summary>
    private sealed record JobEnd(string Conclusion, string Title, string Summary, string? Log);
}
