using CodingAgent.Eval.Bundles;
using CodingAgent.Eval.Generation;

namespace CodingAgent.Eval.Runs;

/// <summary>Checks a repository outside the product: its tests on the base are as its header says, and green with the reference change.</summary>
internal sealed class FixtureCheck(TestRun tests)
{
    /// <summary>Runs them.</summary>
    /// <returns>What is wrong; empty when nothing is.</returns>
    public async Task<string> ProblemAsync(MadeRepository repository, CancellationToken ct)
    {
        var header = repository.Header;
        if (header.Expect == Ending.Stops || header.Test.Length == 0)
            return "";
        var onBase = await OnTreeAsync(repository, "HEAD^{tree}", ct);
        if (onBase is null == header.Red)
            return header.Red ? "The tests pass on the base, where they are to fail." : $"On the base: {onBase}";
        var after = await OnTreeAsync(repository, repository.ExpectedTree, ct);
        return after is null ? "" : $"With the reference change: {after}";
    }

    /// <summary>Runs set-up and tests on a tree of the repository, in a folder of its own.</summary>
    /// <returns>Null when all is green.</returns>
    public async Task<string?> OnTreeAsync(MadeRepository repository, string tree, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-eval-tree-").FullName;
        try
        {
            var git = repository.Git.With("GIT_INDEX_FILE", Path.Combine(folder, ".index"));
            await git.RunAsync(ct, "read-tree", tree);
            var work = Path.Combine(folder, repository.Name);
            Directory.CreateDirectory(work);
            await git.RunAsync(ct, "checkout-index", "--all", $"--prefix={work}/");
            if (repository.Header.Setup.Length > 0 && await tests.FailureAsync(work, repository.Header.Setup, ct) is { } broken)
                return broken;
            return await tests.FailureAsync(work, repository.Header.Test, ct);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
