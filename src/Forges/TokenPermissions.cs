namespace CodingAgent.Forges;

/// <summary>What a token must allow; least privilege per step.</summary>
[Flags]
public enum TokenPermissions
{
    /// <summary>Metadata only.</summary>
    None = 0,

    /// <summary>Read contents, issues, pull requests and checks.</summary>
    Read = 1,

    /// <summary>Write issue and pull request conversation.</summary>
    WriteConversation = 2,

    /// <summary>Open and edit pull requests.</summary>
    WritePulls = 4,

    /// <summary>Push branches.</summary>
    WriteContents = 8,

    /// <summary>Write check runs or statuses.</summary>
    WriteChecks = 16,
}
