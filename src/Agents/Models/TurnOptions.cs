using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Models;

/// <summary>What the Runner asks a turn with: the options every chat client knows, and our id of the request.</summary>
public sealed class TurnOptions : ChatOptions
{
    /// <summary>Makes empty options.</summary>
    public TurnOptions()
    {
    }

    private TurnOptions(TurnOptions other)
        : base(other) => RequestId = other.RequestId;

    /// <summary>Our id of the request, the same when it is asked again; endpoints that log it make support and counting easier.</summary>
    public string? RequestId { get; set; }

    /// <inheritdoc/>
    public override ChatOptions Clone() => new TurnOptions(this);
}
