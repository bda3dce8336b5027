using System.ComponentModel;

namespace CodingAgent.Agents.Cohort;

/// <summary>The retriever's answer: where the code is that was asked for.</summary>
/// <param name="Found">Places, the most telling first.</param>
/// <param name="Missing">What was looked for and not found; empty when nothing.</param>
public sealed record Places(
    [property: Description("Places, the most telling first; at most 20.")] IReadOnlyList<Place> Found,
    [property: Description("What was looked for and is not there, in a sentence; empty when nothing.")] string Missing);

/// <summary>Lines of a file, and why they matter.</summary>
/// <param name="Path">File, from the repository root.</param>
/// <param name="FirstLine">First line, from 1.</param>
/// <param name="LastLine">Last line.</param>
/// <param name="Why">What stands there, and why it matters for the question.</param>
public sealed record Place(
    [property: Description("Path of the file from the repository root.")] string Path,
    [property: Description("First line, from 1.")] int FirstLine,
    [property: Description("Last line.")] int LastLine,
    [property: Description("What stands there and why it matters for the question, in a sentence.")] string Why);

/// <summary>What the planner asks the retriever.</summary>
/// <param name="Question">What to find.</param>
public sealed record RetrievalQuestion(
    [property: Description("What to find, with the names and words to look for: code, callers, tests, settings.")] string Question);
