namespace CodingAgent.Playground.LocalForge.Git;

/// <summary>A branch that moved; <see cref="Zero"/> stands for created or deleted.</summary>
internal sealed record RefChange(string Branch, string Before, string After)
{
    public const string Zero = "0000000000000000000000000000000000000000";

    public bool IsCreated => Before == Zero;

    public bool IsDeleted => After == Zero;
}
