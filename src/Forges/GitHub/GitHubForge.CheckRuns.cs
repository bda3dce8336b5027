using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Octokit;

namespace CodingAgent.Forges.GitHub;

/// <content>Our own check as a check run, which apps alone may write.</content>
public sealed partial class GitHubForge
{
    // https://docs.github.com/rest/checks/runs: at most these in one request; more are added by the next ones.
    private const int RemarksTogether = 50;
    private const int LongestOutput = 65_535;
    private const int LongestCheckTitle = 250;

    // More than a reader reads, and twenty requests.
    private const int MostAnnotations = 1_000;

    private async Task EnsureCheckRunAsync(RepoRef repo, EvidenceCheck check, CancellationToken cancellationToken)
    {
        var self = await GetSelfAsync(repo, cancellationToken);
        var digest = DigestOf(check);
        // Somebody else's of the same name is theirs to write.
        var own = (await ListRunsAsync(repo, check.HeadSha, cancellationToken)).Where(r => r.Name == check.Name && RunOf(r, self).IsOurs).MaxBy(r => r.Id);
        if (own?.ExternalId == digest)
            return;
        var remarks = check.Remarks.Take(MostAnnotations).Distinct().ToList();
        if (own is { Output.AnnotationsCount: > 0 })
        {
            // GitHub only ever adds; what is there already is not said again.
            var there = await ListAnnotationsAsync(repo, own.Id, cancellationToken);
            remarks.RemoveAll(r => there.Contains((r.Path, r.Line, Cut(r.Message, LongestOutput))));
        }

        var batches = remarks.Chunk(RemarksTogether).DefaultIfEmpty([]).ToList();
        for (var i = 0; i < batches.Count; i++)
        {
            // Whole when the last of it is there: until then another attempt goes on.
            var output = new NewCheckRunOutput(Cut(check.Title.ReplaceLineEndings(" "), LongestCheckTitle), Cut(check.Summary, LongestOutput)) { Annotations = [.. batches[i].Select(AnnotationOf)] };
            own = await WriteRunAsync(repo, own?.Id, check, i == batches.Count - 1 ? digest : "", output, cancellationToken);
        }
    }

    private Task<CheckRun> WriteRunAsync(RepoRef repo, long? id, EvidenceCheck check, string digest, NewCheckRunOutput output, CancellationToken cancellationToken)
    {
        var conclusion = ConclusionOf(check.Conclusion);
        var status = conclusion is null ? CheckStatus.InProgress : CheckStatus.Completed;
        var call = new GitHubCall(repo, cancellationToken) { Permissions = TokenPermissions.WriteChecks };
        return id is { } known
            ? _api.RunAsync(call, c => c.Check.Run.Update(repo.Owner, repo.Name, known, new CheckRunUpdate
            {
                Name = check.Name,
                Status = status,
                Conclusion = conclusion,
                ExternalId = digest,
                Output = output,
            }))
            // After an unclear failure whoever calls again finds it.
            : _api.RunAsync(call with { IsRepeatable = false }, c => c.Check.Run.Create(repo.Owner, repo.Name, new NewCheckRun(check.Name, check.HeadSha)
            {
                Status = status,
                Conclusion = conclusion,
                ExternalId = digest,
                Output = output,
            }));
    }

    private async Task<HashSet<(string Path, int Line, string Message)>> ListAnnotationsAsync(RepoRef repo, long run, CancellationToken cancellationToken)
    {
        var all = await _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.Check.Run.GetAllAnnotations(repo.Owner, repo.Name, run, AllPages));
        return [.. all.Select(a => (a.Path ?? "", a.StartLine, a.Message ?? ""))];
    }

    private static NewCheckRunAnnotation AnnotationOf(CheckRemark remark) => new(
        remark.Path, Math.Max(1, remark.Line), Math.Max(1, remark.Line),
        remark.Level switch { RemarkLevel.Failure => CheckAnnotationLevel.Failure, RemarkLevel.Warning => CheckAnnotationLevel.Warning, _ => CheckAnnotationLevel.Notice },
        Cut(remark.Message, LongestOutput));

    // Null while it is not over.
    private static CheckConclusion? ConclusionOf(CiState state) => state switch
    {
        CiState.Pending => null,
        CiState.Passed => CheckConclusion.Success,
        CiState.Skipped or CiState.Stale => CheckConclusion.Neutral,
        CiState.Cancelled => CheckConclusion.Cancelled,
        CiState.NeedsPerson => CheckConclusion.ActionRequired,
        _ => CheckConclusion.Failure,
    };

    private static string DigestOf(EvidenceCheck check) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(check)));

    // Its limits count bytes or characters, whichever comes first; a character is not cut in two.
    private static string Cut(string text, int most)
    {
        if (Encoding.UTF8.GetByteCount(text) <= most)
            return text;
        Encoding.UTF8.GetEncoder().Convert(text, new byte[most - 3], flush: false, out var used, out _, out _);
        return text[..used] + "…";
    }
}
