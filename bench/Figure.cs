namespace CodingAgent.Bench;

/// <summary>One measured number with a limit.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Subject">What it is, in words.</param>
/// <param name="Value">How much.</param>
/// <param name="Unit">Of what.</param>
/// <param name="Limit">Largest accepted value.</param>
internal sealed record Figure(string Name, string Subject, double Value, string Unit, double Limit)
{
    public bool IsWithinLimit => Value <= Limit;
}
