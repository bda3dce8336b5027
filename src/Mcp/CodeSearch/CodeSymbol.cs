namespace CodingAgent.Mcp.CodeSearch;

/// <summary>A definition in a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is, in the words of the tool that found it: <c>class</c>, <c>method</c>, <c>function</c>.</param>
/// <param name="Line">First line, from 1.</param>
/// <param name="LastLine">Last line; the first where the tool does not say.</param>
/// <param name="Scope">What it is defined in; empty at the top.</param>
/// <param name="Signature">Its parameters as written; empty where it has none.</param>
internal sealed record CodeSymbol(string Name, string Kind, int Line, int LastLine, string Scope, string Signature)
{
    /// <summary>With its scope and parameters, on one line.</summary>
    public string Words => $"{Kind} {(Scope.Length > 0 ? Scope + "." : "")}{Name}{Signature}";
}

/// <summary>A file whose symbols are wanted.</summary>
/// <param name="Name">A file name that tells the language.</param>
/// <param name="Content">Content.</param>
internal sealed record SourceText(string Name, byte[] Content);
