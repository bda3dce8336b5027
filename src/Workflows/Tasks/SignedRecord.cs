namespace CodingAgent.Workflows.Tasks;

/// <summary>
/// What one role of the service says about a task, signed with that role's key. It travels through workflows and payloads, which whoever may
/// write to Temporal can forge; the signature is what the applier believes (docs/decisions/0016-signed-records.md).
/// </summary>
/// <param name="Role">Who says it.</param>
/// <param name="Kind">What kind of statement it is; signed too, so that one kind cannot pass for another.</param>
/// <param name="KeyId">Which key signed.</param>
/// <param name="Payload">The statement as JSON, exactly as it was signed.</param>
/// <param name="Signature">Ed25519 signature, base64.</param>
public sealed record SignedRecord(RecordRole Role, string Kind, string KeyId, string Payload, string Signature);

/// <summary>Roles that make statements. Each has a key of its own, and one may run without the others' keys.</summary>
public enum RecordRole
{
    /// <summary>Webhooks and REST: what people asked for and approved.</summary>
    Control,

    /// <summary>Agents: plans.</summary>
    Agents,

    /// <summary>The verifier: how a repository is checked, and what checks said.</summary>
    Checks,
}

/// <summary>Where a person's words stand on the forge, to be read there again.</summary>
/// <param name="Kind">What kind of text, or what else asked.</param>
/// <param name="Number">Issue or pull request.</param>
/// <param name="Id">The forge's id of it.</param>
public sealed record Statement(StatementKind Kind, int Number, long Id)
{
    /// <summary>Which of the two; null from a version that knew only forges that number both in one row.</summary>
    public bool? IsPull { get; init; }
}

/// <summary>Kinds of statements.</summary>
public enum StatementKind
{
    /// <summary>A comment of a conversation.</summary>
    Comment,

    /// <summary>A comment on a line of a change.</summary>
    LineComment,

    /// <summary>A submitted review.</summary>
    Review,

    /// <summary>A label that was put on.</summary>
    Label,

    /// <summary>An assignment of the bot's account.</summary>
    Assignment,
}
