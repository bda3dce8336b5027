namespace CodingAgent.Mcp.CodeSearch;

/// <summary>
/// Makes one ranking of several (reciprocal rank fusion: Cormack, Clarke and Büttcher, 2009): what is first in one does not outweigh what is good in
/// several, and what their scores mean need not be known.
/// </summary>
internal sealed class RankFusion
{
    private const double Constant = 60;
    private const int MostOfARanking = 200;

    private readonly Dictionary<long, double> _scores = [];

    /// <summary>What each has of all rankings so far.</summary>
    public IReadOnlyDictionary<long, double> Scores => _scores;

    /// <summary>Adds a ranking, the best first; of one that is named twice the better place counts.</summary>
    /// <param name="ids">What is ranked.</param>
    /// <param name="weight">How much this ranking counts beside the others.</param>
    public void Add(IEnumerable<long> ids, double weight)
    {
        var rank = 0;
        foreach (var id in ids.Distinct().Take(MostOfARanking)) _scores[id] = _scores.GetValueOrDefault(id) + (weight / (Constant + rank++));
    }
}
