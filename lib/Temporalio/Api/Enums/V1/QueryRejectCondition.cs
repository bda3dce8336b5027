namespace Temporalio.Api.Enums.V1;

/// <summary>When a query is rejected instead of answered.</summary>
public enum QueryRejectCondition
{
    /// <summary>Left to the server: never.</summary>
    Unspecified = 0,

    /// <summary>Never.</summary>
    None = 1,

    /// <summary>When the workflow has closed.</summary>
    NotOpen = 2,

    /// <summary>When the workflow closed in any way but completion.</summary>
    NotCompletedCleanly = 3,
}
