using CodingAgent.Mcp.PublicApi;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CodingAgent.Mcp.Tests.PublicApi;

/// <summary>Surfaces of samples, through the program that the service runs.</summary>
internal static class Surfaces
{
    private static readonly MetadataReference[] Runtime =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Where(p => Path.GetFileName(p) is "System.Private.CoreLib.dll" or "System.Runtime.dll" or "System.Collections.dll" or "System.Linq.Expressions.dll" or "netstandard.dll" or "xunit.core.dll")
            .Select(p => MetadataReference.CreateFromFile(p)),
    ];

    public static async Task<ApiSurface> OfCSharpAsync(string source, string name = "Lib")
    {
        using var scratch = new ScratchFolder();
        Compile(source, scratch[$"src/{name}/obj/Debug/net10.0/{name}.dll"], name);
        return await OfFolderAsync(scratch.Path);
    }

    public static async Task<ApiSurface> OfFilesAsync(params (string Path, string Content)[] files)
    {
        using var scratch = new ScratchFolder();
        foreach (var (path, content) in files) scratch.Write(path, content);
        return await OfFolderAsync(scratch.Path);
    }

    public static async Task<ApiSurface> OfFolderAsync(string folder)
    {
        await using var output = new StringWriter();
        await PublicApiProgram.PrintAsync(folder, output);
        return ApiSurface.Read(output.ToString()).ShouldNotBeNull();
    }

    public static void Compile(string source, string path, string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var result = CSharpCompilation.Create(
            name, [CSharpSyntaxTree.ParseText("global using System; global using System.Collections.Generic; global using System.Threading.Tasks;\n" + source, new CSharpParseOptions(LanguageVersion.Preview))],
            Runtime,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true)).Emit(path);
        result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
    }

    public static IEnumerable<string> Texts(this ApiSurface surface) => surface.Entries.Select(e => e.Text);
}
