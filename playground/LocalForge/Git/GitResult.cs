using System.Text;

namespace CodingAgent.Playground.LocalForge.Git;

/// <summary>How a git command ended.</summary>
internal sealed record GitResult(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);

    public bool Succeeded => ExitCode == 0;
}
