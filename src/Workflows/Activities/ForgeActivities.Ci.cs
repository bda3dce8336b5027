using System.Net;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Activities;

/// <content>CI of a head: what it says, against which base, what is behind a red result, and asking for more.</content>
public sealed partial class ForgeActivities
{
    // Together what a model is shown of one text.
    private const int MaxCiOutput = 8_000;
    private const int MaxCiOutputs = 24_000;
    private const int MostRedRead = 8;
    private const int MostRed = 40;

    /// <summary>Judges the CI of a head commit.</summary>
    /// <param name="repo">Repository.</param>
    /// <param name="headSha">Head.</param>
    /// <param name="question">Under which rules; null for a task that asked before there were any.</param>
    [Activity]
    public Task<CiReading> ReadCiAsync(RepoRef repo, string headSha, CiQuestion? question = null) => ActivityGuard.RunAsync(time, async context =>
    {
        var results = await forge.GetCiAsync(repo, headSha, context.CancellationToken);
        var rules = question?.Rules ?? new RepositoryPolicy.CiRules();
        var reading = CiJudge.Read(results, rules, []);
        // The base is asked once there is an end to judge, not at every event before.
        return reading.Verdict == CiVerdict.Red ? CiJudge.Read(results, rules, await ReadBasesAsync(repo, headSha, question, results, context.CancellationToken)) : reading;
    });

    /// <summary>Has CI try results once more. What shows another try already is left alone, so that asking twice is asking once.</summary>
    /// <returns>For each why the forge would not, in words; empty where it did.</returns>
    [Activity]
    public Task<IReadOnlyList<string>> RetryCiAsync(RetryCiInput input) => ActivityGuard.RunAsync<IReadOnlyList<string>>(time, async context =>
    {
        var ct = context.CancellationToken;
        var results = await forge.GetCiAsync(input.Repo, input.HeadSha, ct);
        // One request does all of a run that did not pass.
        var asked = new Dictionary<(string, long, string), string>();
        var refusals = new List<string>();
        foreach (var wanted in input.Tries)
        {
            var result = results.FirstOrDefault(r => CiRetriable.Of(r) is var now && now.Key == wanted.Key && now.Try == wanted.Try && r.State != CiState.Pending);
            if (result is null)
            {
                refusals.Add("");
                continue;
            }

            var run = (result.Source, result.Suite, result.Origin == CiOrigin.Status ? result.Name : "");
            if (!asked.TryGetValue(run, out var refusal))
            {
                try
                {
                    await forge.RerunAsync(input.Repo, result, ct);
                    refusal = "";
                }
                catch (ForgeRejectedException e) when (e.Status != HttpStatusCode.Unauthorized)
                {
                    refusal = $"{wanted.Title} could not be run again: {e.Message}";
                }

                asked[run] = refusal;
            }

            refusals.Add(refusal);
        }

        return refusals;
    });

    /// <summary>Starts a workflow on the head's branch, unless something has run on it meanwhile.</summary>
    /// <returns>What came of it, in words.</returns>
    [Activity]
    public Task<string> StartCiAsync(StartCiInput input) => ActivityGuard.RunAsync(time, async context =>
    {
        if (CiJudge.Read(await forge.GetCiAsync(input.Repo, input.HeadSha, context.CancellationToken), input.Rules, []).Verdict != CiVerdict.None)
            return "";
        try
        {
            await forge.StartWorkflowAsync(input.Repo, input.Workflow, input.Branch, context.CancellationToken);
            return $"The push triggered no CI, so {input.Workflow} was started on the branch (ci.dispatch)";
        }
        catch (ForgeRejectedException e) when (e.Status != HttpStatusCode.Unauthorized)
        {
            return $"The push triggered no CI, and {input.Workflow} could not be started (ci.dispatch): {e.Message}";
        }
    });

    private async Task<IReadOnlyList<IReadOnlyList<CiResult>>> ReadBasesAsync(
        RepoRef repo, string headSha, CiQuestion? question, IReadOnlyList<CiResult> results, CancellationToken cancellationToken)
    {
        // Only what is red is worth asking.
        if (question is null || question.Rules.RedOnBase == CiRedOnBase.Count || CiJudge.Red(results, question.Rules, []).Count == 0)
            return [];
        var shas = new List<string?> { question.BaseSha };
        if (question.Pull is { } pull)
            shas.Add((await forge.GetPullAsync(repo, pull, cancellationToken)).BaseSha);
        var bases = new List<IReadOnlyList<CiResult>>();
        foreach (var sha in shas.Where(s => !string.IsNullOrEmpty(s) && s != headSha).Distinct(StringComparer.Ordinal))
            bases.Add(await forge.GetCiAsync(repo, sha!, cancellationToken));
        return bases;
    }

    private async Task<FailedCheck[]> ReadRedAsync(FeedbackInput input, CancellationToken cancellationToken)
    {
        var rules = input.Ci?.Rules ?? new RepositoryPolicy.CiRules();
        var ci = await forge.GetCiAsync(input.Repo, input.HeadSha, cancellationToken);
        var bases = await ReadBasesAsync(input.Repo, input.HeadSha, input.Ci, ci, cancellationToken);
        IReadOnlyList<CiResult> known = input.WithKnownRed ? CiJudge.KnownRed(ci, rules, bases) : [];
        CiResult[] red = [.. CiJudge.Red(ci, rules, bases), .. known];
        var room = Math.Min(MaxCiOutput, MaxCiOutputs / Math.Clamp(red.Length, 1, MostRedRead));
        var checks = new List<FailedCheck>();
        foreach (var (result, i) in red.Take(MostRed).Select((r, i) => (r, i)))
        {
            var output = i < MostRedRead ? RedOutput.Of(result, await forge.ReadLogAsync(input.Repo, result, cancellationToken), room) : "";
            checks.Add(new FailedCheck(result.Title, known.Contains(result) ? "failed, and red on the base too: mend it only if the task is about it" : "failed", output));
        }

        return [.. checks];
    }

    /// <summary>How the CI of a head is read.</summary>
    /// <param name="Rules">What the policy says.</param>
    /// <param name="BaseSha">Commit the task began from; null when it began from a pull request.</param>
    /// <param name="Pull">Pull request whose base counts as well.</param>
    public sealed record CiQuestion(RepositoryPolicy.CiRules Rules, string? BaseSha, int? Pull);

    /// <summary>Results to be tried once more.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="HeadSha">Head they are of.</param>
    /// <param name="Tries">Which.</param>
    public sealed record RetryCiInput(RepoRef Repo, string HeadSha, IReadOnlyList<CiRetriable> Tries);

    /// <summary>A workflow to start.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="HeadSha">Head that has no CI.</param>
    /// <param name="Branch">Its branch.</param>
    /// <param name="Workflow">Name of the workflow's file.</param>
    /// <param name="Rules">What counts as CI.</param>
    public sealed record StartCiInput(RepoRef Repo, string HeadSha, string Branch, string Workflow, RepositoryPolicy.CiRules Rules);
}
