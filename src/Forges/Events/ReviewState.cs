namespace CodingAgent.Forges.Events;

/// <summary>The verdict of a submitted review.</summary>
public enum ReviewState
{
    /// <summary>Remarks without a verdict.</summary>
    Commented,

    /// <summary>Approved.</summary>
    Approved,

    /// <summary>Changes requested.</summary>
    ChangesRequested,
}
