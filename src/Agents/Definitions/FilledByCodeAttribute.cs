namespace CodingAgent.Agents.Definitions;

/// <summary>A property of an answer that code fills in: no model is asked for it, and what one says there is overwritten.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FilledByCodeAttribute : Attribute;
