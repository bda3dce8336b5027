using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Servers;

/// <summary>Which paths may be changed and seen. Deny wins over allow; git's own files are always denied, for reading as well.</summary>
public sealed class PathPolicy
{
    private readonly IReadOnlyList<Glob> _allow;
    private readonly IReadOnlyList<(string Pattern, Glob Glob)> _deny;
    private readonly IReadOnlyList<(string Pattern, Glob Glob)> _hidden;

    /// <summary>Compiles a policy.</summary>
    /// <param name="allow">Globs of what may be changed (<c>src/**</c>, <c>**/*.md</c>); empty allows everything not denied.</param>
    /// <param name="deny">Globs of what must not be changed; compared without regard to case, because some file systems do not know it.</param>
    /// <param name="hidden">Globs of what must not even be read.</param>
    /// <exception cref="ArgumentException">A glob cannot be read.</exception>
    public PathPolicy(IReadOnlyList<string> allow, IReadOnlyList<string> deny, IReadOnlyList<string>? hidden = null)
    {
        AllowPatterns = allow;
        _allow = [.. allow.Select(p => Glob.Parse(p))];
        // A denied folder takes along all below it.
        _deny = [.. deny.SelectMany(p => new[] { (p, Glob.Parse(p, ignoreCase: true)), (p, Glob.Parse($"{p.TrimEnd('/')}/**", ignoreCase: true)) })];
        _hidden = [.. (hidden ?? []).Select(p => (p, Glob.Parse(p, ignoreCase: true)))];
    }

    /// <summary>Everything but git's own files.</summary>
    public static PathPolicy Open { get; } = new([], []);

    /// <summary>The allowing globs as given.</summary>
    public IReadOnlyList<string> AllowPatterns { get; }

    /// <summary>Why a path must not be changed, in words fit for the model; null when it may.</summary>
    public string? WhyNotChange(string path)
    {
        if (WhyNotRead(path) is { } unreadable) return unreadable;
        var denied = _deny.FirstOrDefault(d => d.Glob.IsMatch(path));
        if (denied.Pattern is not null) return $"{path} must not be changed here: the path policy denies '{denied.Pattern}'.";
        return _allow.Count == 0 || _allow.Any(a => a.IsMatch(path))
            ? null
            : $"{path} must not be changed here: the path policy allows {string.Join(", ", AllowPatterns)}.";
    }

    /// <summary>Why a path must not be read; null when it may.</summary>
    public string? WhyNotRead(string path)
    {
        if (GitPaths.IsGitInternal(path)) return $"{path}: git's own files are not available; use the repo_ tools for history and differences.";
        var hidden = _hidden.FirstOrDefault(h => h.Glob.IsMatch(path));
        return hidden.Pattern is null ? null : $"{path} must not be read: the path policy hides '{hidden.Pattern}'.";
    }
}
