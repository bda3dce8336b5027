using System.Globalization;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Detection;

/// <summary>What the detectors of the ecosystems work on, and where they put what they find.</summary>
/// <param name="view">The tree.</param>
/// <param name="ci">Commands that CI names.</param>
/// <param name="tools">Programs there are.</param>
internal sealed class DetectionBuilder(RepositoryView view, IReadOnlyList<CiCommand> ci, ToolchainNames tools)
{
    private const int MostChecks = 12;
    private readonly List<SetupStep> _setup = [];
    private readonly List<DetectedCheck> _checks = [];
    private readonly List<string> _notes = [];

    public RepositoryView View { get; } = view;

    public IReadOnlyList<CiCommand> Ci { get; } = ci;

    public ToolchainNames Tools { get; } = tools;

    /// <summary>Ecosystems found, whose test habits count.</summary>
    public HashSet<string> Ecosystems { get; } = new(StringComparer.Ordinal);

    /// <summary>Globs of test files that are known more exactly than by habit.</summary>
    public List<string> Patterns { get; } = [];

    public bool HasTestsIn(string folder) => _checks.Any(c => c.Kind == CheckKind.Test && c.Directory == folder);

    public bool HasTests => _checks.Any(c => c.Kind == CheckKind.Test);

    public void Note(string note)
    {
        if (_notes.Count < 20 && !_notes.Contains(note, StringComparer.Ordinal))
            _notes.Add(TextCut.Head(note, 400));
    }

    /// <summary>False, with a note, when it is known that a program the ecosystem cannot do without is missing.</summary>
    public bool HasTool(string program, string manifest)
    {
        if (Tools.MayHave(program))
            return true;
        Note($"`{manifest}` needs {program}, which this machine does not have: install it, or name an image under `sandbox.image`.");
        return false;
    }

    public void Setup(SetupStep step) => _setup.Add(step);

    public void Check(string ecosystem, string folder, string run, CheckKind kind, TestTargets? targets = null, bool optional = false)
    {
        if (_checks.Exists(c => c.Run == run))
            return;
        _checks.Add(new DetectedCheck($"{kind.ToString().ToLowerInvariant()} {ecosystem} {folder}".Trim(), run, kind, folder) { Targets = targets, Optional = optional });
    }

    /// <summary>The commands of CI for a folder that start with one of the programs.</summary>
    public IEnumerable<CiCommand> CiFor(string folder, CheckKind kind, params string[] programs) =>
        Ci.Where(c => c.Folder == folder && c.Kind == kind && programs.Contains(c.Program, StringComparer.Ordinal));

    public ProjectDetection Build()
    {
        var ordered = _checks.OrderBy(c => c.Kind == CheckKind.Test ? 0 : c.Kind == CheckKind.Build ? 1 : 2).ToList();
        if (ordered.Count > MostChecks)
        {
            Note(string.Create(CultureInfo.InvariantCulture, $"{ordered.Count} checks were found; the first {MostChecks} are used. Name your own under `checks`."));
            ordered.RemoveRange(MostChecks, ordered.Count - MostChecks);
        }

        foreach (var note in View.Unreadable)
            Note(note);
        return new ProjectDetection(_setup, Named(ordered), TestHabits.For(Ecosystems, Patterns), _notes);
    }

    // "test" when it is the only one of its kind, else "test node packages-web": unique, and within the policy's rules for names.
    private static List<DetectedCheck> Named(List<DetectedCheck> checks)
    {
        var result = new List<DetectedCheck>();
        foreach (var check in checks)
        {
            var kind = check.Kind.ToString().ToLowerInvariant();
            var full = string.Concat(check.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '.' or '_' ? c : '-'));
            var name = checks.Count(c => c.Kind == check.Kind) == 1 ? kind : TextCut.Head(full, 36);
            for (var n = 2; result.Exists(c => c.Name == name); n++)
                name = string.Create(CultureInfo.InvariantCulture, $"{TextCut.Head(full, 36)} {n}");
            result.Add(check with { Name = name });
        }

        return result;
    }
}
