using CodingAgent.Mcp.Toolchains;

namespace CodingAgent.Mcp.Tests.Toolchains;

/// <summary>A machine made of files in a scratch folder, whose programs say the version that the test gave them.</summary>
internal sealed class MadeUpHost : IDisposable
{
    public const string Home = "/home/op";

    private readonly ScratchFolder _root = new();
    private readonly Dictionary<string, string> _versions = new(StringComparer.Ordinal);

    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin" };

    public HostView View => new(_root.Path, Home, Variables, (program, _) => _versions.GetValueOrDefault(program));

    public MadeUpHost Program(string path, string? says = null)
    {
        File(path, "\u007fELF");
        if (says is not null)
            _versions[path] = says;
        return this;
    }

    public MadeUpHost File(string path, string text = "")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root.Path + path)!);
        System.IO.File.WriteAllText(_root.Path + path, text);
        return this;
    }

    public MadeUpHost Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root.Path + path)!);
        System.IO.File.CreateSymbolicLink(_root.Path + path, target);
        return this;
    }

    public void Dispose() => _root.Dispose();
}
