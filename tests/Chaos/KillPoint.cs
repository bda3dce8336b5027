namespace CodingAgent.Chaos;

/// <summary>A moment and what dies at it.</summary>
public sealed record KillPoint(Moment Moment, KillKind Kind)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Moment} × {Kind}";
}
