namespace CodingAgent.Chaos;

/// <summary>A moment that can be told from outside, in every run alike: the n-th execution of an activity, or the n-th turn of an agent.</summary>
/// <param name="What">Activity type, or <c>turn of</c> a role's answer.</param>
/// <param name="Nth">Which one, from 1; repeats of the same one keep its number.</param>
/// <param name="Phase">Which side of the boundary.</param>
public sealed record Moment(string What, int Nth, Phase Phase)
{
    /// <inheritdoc/>
    public override string ToString() => $"{What} {Nth} {Phase}";
}
