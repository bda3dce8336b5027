using CodingAgent.Mcp.Patterns;

namespace CodingAgent.Workflows.Policy;

/// <summary>Matches names of checks: <c>*</c> stands for anything, slashes too, and every other sign for itself.</summary>
public static class NameGlob
{
    /// <summary>A longer pattern is refused.</summary>
    public const int MostSigns = 200;

    /// <summary>A matcher of one pattern.</summary>
    public static Func<string, bool> Of(string pattern)
    {
        var automaton = GlobAutomaton.Build(parts =>
        {
            foreach (var sign in pattern)
            {
                if (sign == '*')
                    parts.Anything();
                else
                    parts.Character(sign);
            }
        });
        return name => automaton.IsMatch(name);
    }
}
