namespace CodingAgent.Eval;

/// <summary>What the command line asks for.</summary>
internal sealed record EvalOptions
{
    /// <summary>Names of repositories; empty for all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>How many are played side by side.</summary>
    public int Parallel { get; init; } = 2;

    /// <summary>Leaves repositories, logs and data on disk.</summary>
    public bool Keep { get; init; }

    /// <summary>Only checks the repositories themselves, outside the product.</summary>
    public bool VerifyFixtures { get; init; }

    /// <summary>A local git repository to play instead; null for those that come with this program.</summary>
    public string? Repository { get; init; }

    /// <summary>Its reference patch.</summary>
    public string? Patch { get; init; }

    /// <summary>File with its issue: the title in the first line, then the body; null takes words from the last commit.</summary>
    public string? Issue { get; init; }

    /// <summary>Where the results go as JSON.</summary>
    public string Output { get; init; } = "artifacts/eval/repos.json";
}
