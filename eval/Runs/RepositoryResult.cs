namespace CodingAgent.Eval.Runs;

/// <summary>What became of one repository.</summary>
/// <param name="Name">Repository.</param>
/// <param name="Ecosystem">Language and tools.</param>
/// <param name="Files">Files of its base.</param>
/// <param name="Expected">How it was to end.</param>
/// <param name="Outcome"><c>merged</c>, the state it stopped in, <c>too late</c>, or <c>skipped</c>.</param>
/// <param name="Problem">Why that is not as expected; empty when it is.</param>
/// <param name="Words">What the person read last: why it ended or waits.</param>
/// <param name="ToPlan">From the label to the plan; null without one.</param>
/// <param name="ToPull">From the label to the pull request; null without one.</param>
/// <param name="Total">From the label to the end.</param>
/// <param name="Turns">Answers of the model.</param>
/// <param name="RefusedHosts">Hosts that set-up was not let to, as the person reads them.</param>
internal sealed record RepositoryResult(
    string Name, string Ecosystem, int Files, string Expected, string Outcome, string Problem, string Words, TimeSpan? ToPlan, TimeSpan? ToPull,
    TimeSpan Total, int Turns, IReadOnlyList<string> RefusedHosts)
{
    /// <summary>True when it could not be tried on this machine.</summary>
    public bool IsSkipped => Outcome == Skipped;

    /// <summary>True when all was as expected.</summary>
    public bool IsAsExpected => Problem.Length == 0;

    /// <summary>Outcome of a repository that this machine cannot try.</summary>
    public const string Skipped = "skipped";
}
