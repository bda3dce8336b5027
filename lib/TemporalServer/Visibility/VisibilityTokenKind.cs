namespace TemporalServer.Visibility;

/// <summary>Kinds of tokens of a list query.</summary>
internal enum VisibilityTokenKind
{
    /// <summary>A name or keyword, also one in backticks.</summary>
    Word,

    /// <summary>A value in quotes.</summary>
    Text,

    /// <summary>A value of digits.</summary>
    Number,

    /// <summary>An operator, comma or parenthesis.</summary>
    Symbol,

    /// <summary>The end of the query.</summary>
    End,
}
