namespace CodingAgent.Workflows.Activities;

/// <summary>Types of failures that are final; the workflow turns them into words about what a person can do.</summary>
public static class ErrorTypes
{
    /// <summary>The forge refused.</summary>
    public const string ForgeRejected = "ForgeRejected";

    /// <summary>Git or its remote refused.</summary>
    public const string GitRejected = "GitRejected";

    /// <summary>The model endpoint refused.</summary>
    public const string ModelRejected = "ModelRejected";

    /// <summary>The account at the model endpoint has no credit left.</summary>
    public const string ModelCredit = "ModelCredit";

    /// <summary>No sandbox can be made on the worker.</summary>
    public const string SandboxUnavailable = "SandboxUnavailable";

    /// <summary>A defect of ours: the same exception on every try.</summary>
    public const string Internal = "Internal";
}
