namespace CodingAgent.Workflows.Policy;

/// <summary>What the policy says about changed dependencies.</summary>
public enum DependencyRule
{
    /// <summary>A person is asked.</summary>
    Ask,

    /// <summary>Allowed.</summary>
    Allow,

    /// <summary>Denied.</summary>
    Deny,
}
