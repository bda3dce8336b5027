namespace CodingAgent.Mcp.Servers;

/// <summary>Where an edit applies and what it puts there.</summary>
/// <param name="NewText">The whole file afterwards.</param>
/// <param name="FirstLine">First changed line afterwards, from 1.</param>
/// <param name="LineCount">How many lines the new text takes.</param>
/// <param name="Leniency">What had to be overlooked to find the place; null when it was there exactly.</param>
internal sealed record EditMatch(string NewText, int FirstLine, int LineCount, string? Leniency);
