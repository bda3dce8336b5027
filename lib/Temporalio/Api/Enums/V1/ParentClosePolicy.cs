namespace Temporalio.Api.Enums.V1;

/// <summary>Wire value of what happens to a child when its parent closes; workflow code uses <see cref="Workflows.ParentClosePolicy"/>.</summary>
public enum ParentClosePolicy
{
    /// <summary>Left to the server.</summary>
    Unspecified = 0,

    /// <summary>The child is terminated.</summary>
    Terminate = 1,

    /// <summary>The child goes on.</summary>
    Abandon = 2,

    /// <summary>The child is asked to cancel.</summary>
    RequestCancel = 3,
}
