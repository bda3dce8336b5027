using CodingAgent.Mcp.CodeSearch;

namespace CodingAgent.Mcp.Tests.Servers;

/// <summary>A test that needs ast-grep; skipped, with the reason, where it is not installed.</summary>
public sealed class AstGrepFactAttribute : FactAttribute
{
    public AstGrepFactAttribute()
    {
        if (PatternSearch.Installed is null) Skip = "ast-grep is not installed (npm install -g @ast-grep/cli).";
    }
}
