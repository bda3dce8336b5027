namespace CodingAgent.Workflows.Policy;

/// <summary>A YAML node with its line, without anchors, aliases and tags.</summary>
internal abstract record PolicyNode(int Line)
{
    internal sealed record Scalar(int Line, string Text, bool Quoted) : PolicyNode(Line)
    {
        public bool IsNull => !Quoted && Text is "" or "~" or "null" or "Null" or "NULL";
    }

    internal sealed record Sequence(int Line, IReadOnlyList<PolicyNode> Items) : PolicyNode(Line);

    internal sealed record Mapping(int Line, IReadOnlyList<Entry> Entries) : PolicyNode(Line);

    internal sealed record Entry(int Line, string Key, PolicyNode Value);
}
