namespace CodingAgent.Forges;

/// <summary>The forges the product speaks to.</summary>
public enum ForgeKind
{
    /// <summary>github.com, GitHub Enterprise Server, or anything that speaks its REST API.</summary>
    GitHub,

    /// <summary>gitlab.com or a self-managed GitLab.</summary>
    GitLab,
}
