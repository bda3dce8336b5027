using System.Globalization;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>
/// Finds definitions in C# files with Roslyn's parser: ctags knows the language of long ago. It is run as a program of its own, in a sandbox; no
/// repository's text comes to it in the service's process.
/// </summary>
public static class CSharpSymbols
{
    // What is nested deeper than any person writes would overflow the parser's stack, or ours.
    private const int LargestFile = 1 << 20;

    /// <summary>Prints the definitions of each C# file of a folder, one JSON object a line, in the way of ctags.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="output">Where to.</param>
    public static async Task PrintAsync(string folder, TextWriter output)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*.cs").Order(StringComparer.Ordinal))
        {
            if (new FileInfo(file).Length > LargestFile) continue;
            var tree = CSharpSyntaxTree.ParseText(await File.ReadAllTextAsync(file), new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.None));
            foreach (var tag in Of(await tree.GetRootAsync(), Path.GetFileName(file))) await output.WriteLineAsync(tag);
        }
    }

    private static IEnumerable<string> Of(SyntaxNode root, string path)
    {
        foreach (var node in root.DescendantNodes(n => n is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax or TypeDeclarationSyntax or EnumDeclarationSyntax))
        {
            foreach (var (name, kind, signature) in Named(node))
            {
                var span = node.SyntaxTree.GetLineSpan(node.Span);
                var scope = string.Join('.', node.Ancestors().OfType<BaseTypeDeclarationSyntax>().Reverse().Select(t => t.Identifier.Text));
                yield return JsonSerializer.Serialize(new { name, path, line = LineOf(node, name) ?? span.StartLinePosition.Line + 1, end = span.EndLinePosition.Line + 1, kind, scope, signature });
            }
        }
    }

    // The line of the name, not of an attribute or a comment before it.
    private static int? LineOf(SyntaxNode node, string name) =>
        node.ChildTokens().Concat(node.ChildNodes().OfType<VariableDeclarationSyntax>().SelectMany(d => d.Variables).Select(v => v.Identifier)).Where(t => t.Text == name)
            .Select(t => (int?)t.GetLocation().GetLineSpan().StartLinePosition.Line + 1).FirstOrDefault();

    private static IEnumerable<(string Name, string Kind, string Signature)> Named(SyntaxNode node) => node switch
    {
        RecordDeclarationSyntax r => [(r.Identifier.Text, "record", Text(r.ParameterList))],
        ClassDeclarationSyntax c => [(c.Identifier.Text, "class", Text(c.ParameterList))],
        StructDeclarationSyntax s => [(s.Identifier.Text, "struct", Text(s.ParameterList))],
        InterfaceDeclarationSyntax i => [(i.Identifier.Text, "interface", "")],
        EnumDeclarationSyntax e => [(e.Identifier.Text, "enum", "")],
        EnumMemberDeclarationSyntax m => [(m.Identifier.Text, "enumerator", "")],
        DelegateDeclarationSyntax d => [(d.Identifier.Text, "delegate", Text(d.ParameterList))],
        MethodDeclarationSyntax m => [(m.Identifier.Text, "method", Text(m.ParameterList))],
        ConstructorDeclarationSyntax c => [(c.Identifier.Text, "method", Text(c.ParameterList))],
        PropertyDeclarationSyntax p => [(p.Identifier.Text, "property", "")],
        EventDeclarationSyntax e => [(e.Identifier.Text, "event", "")],
        BaseFieldDeclarationSyntax f => f.Declaration.Variables.Select(v => (v.Identifier.Text, f is EventFieldDeclarationSyntax ? "event" : f.Modifiers.Any(SyntaxKind.ConstKeyword) ? "constant" : "field", "")),
        _ => [],
    };

    private static string Text(SyntaxNode? node) => node is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{node.NormalizeWhitespace()}");
}
