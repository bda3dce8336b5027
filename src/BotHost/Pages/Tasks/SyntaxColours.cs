using TextMateSharp.Grammars;
using TextMateSharp.Registry;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>
/// What the words of a diff are in its language, by TextMate's grammars. Lines are outside text, and some make a grammar slow: a line has a bounded length
/// and a page a bounded time; what is beyond them is shown without colours.
/// </summary>
public sealed class SyntaxColours
{
    // Hand-written code is within both; what a machine wrote nobody reads for its colours.
    private const int LongestLine = 400;
    private static readonly TimeSpan ForPage = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, string> ByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Dockerfile"] = "dockerfile",
        ["Containerfile"] = "dockerfile",
        ["Makefile"] = "makefile",
        ["GNUmakefile"] = "makefile",
        ["Gemfile"] = "ruby",
        ["Rakefile"] = "ruby",
        ["Jenkinsfile"] = "groovy",
    };

    private static readonly Dictionary<string, string> ByExtension = new(StringComparer.OrdinalIgnoreCase)
    {
        // Near enough for comments, strings and numbers.
        [".toml"] = "ini",
        [".cts"] = "typescript",
        [".mts"] = "typescript",
        [".slnx"] = "xml",
    };

    // The first that the innermost scopes begin with.
    private static readonly (string Scope, string Class)[] Classes =
    [
        ("comment", "c"), ("punctuation.definition.comment", "c"), ("string", "s"), ("punctuation.definition.string", "s"), ("constant.numeric", "n"), ("constant", "k"), ("keyword.operator", ""), ("keyword", "k"),
        ("storage", "k"), ("entity.name.function", "f"), ("support.function", "f"), ("entity.name.tag", "k"), ("entity.other.attribute-name", "f"), ("support.type.property-name", "f"), ("entity.name", "t"),
        ("entity.other.inherited-class", "t"), ("support.type", "t"), ("support.class", "t"), ("variable.language", "k"), ("markup.heading", "k"), ("markup.inline.raw", "s"), ("markup.fenced_code", "s"),
    ];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, IGrammar> _grammars = new(StringComparer.Ordinal);
    private readonly Lazy<(RegistryOptions Options, Registry Registry)> _known = new(() =>
    {
        var options = new RegistryOptions(ThemeName.Light);
        return (options, new Registry(options));
    });

    /// <summary>Begins a page.</summary>
    /// <param name="time">Clock.</param>
    internal Page Begin(TimeProvider time) => new(this, time);

    // Called with the gate held: grammars learn while they are used. Kept by the package's names, of which there are some sixty; a diff may make up any of its own.
    private IGrammar? GrammarOf(string path)
    {
        var (name, extension) = (System.IO.Path.GetFileName(path), System.IO.Path.GetExtension(path).ToLowerInvariant());
        var (options, registry) = _known.Value;
        var language = ByName.GetValueOrDefault(name) ?? ByExtension.GetValueOrDefault(extension) ?? (extension.Length > 0 ? options.GetLanguageByExtension(extension)?.Id : null);
        if (language is null || options.GetScopeByLanguageId(language) is not { } scope)
            return null;
        if (!_grammars.TryGetValue(scope, out var grammar))
            _grammars[scope] = grammar = registry.LoadGrammar(scope);
        return grammar;
    }

    private static string ClassOf(List<string> scopes)
    {
        for (var i = scopes.Count - 1; i > 0; i--)
        {
            foreach (var (scope, name) in Classes)
            {
                if (scopes[i].StartsWith(scope, StringComparison.Ordinal) && (scopes[i].Length == scope.Length || scopes[i][scope.Length] == '.'))
                    return name;
            }
        }

        return "";
    }

    /// <summary>A page with its time.</summary>
    public sealed class Page
    {
        private readonly SyntaxColours _colours;
        private readonly TimeProvider _time;
        private TimeSpan _left = ForPage;

        internal Page(SyntaxColours colours, TimeProvider time) => (_colours, _time) = (colours, time);

        /// <summary>The lines of a file in pieces.</summary>
        /// <param name="path">Its path: outside text.</param>
        /// <param name="lines">Its lines, without what nobody sees: outside text.</param>
        /// <returns>For each line its pieces after the sign; one without a class where it has no colours.</returns>
        internal IReadOnlyList<IReadOnlyList<Piece>> Read(string path, IReadOnlyList<DiffLines.Line> lines)
        {
            var plain = lines.Select(IReadOnlyList<Piece> (l) => [new("", l.Code)]).ToArray();
            // Somebody else's page may be on; then this one waits no longer than it would work.
            var began = _time.GetTimestamp();
            var isEntered = _left > TimeSpan.Zero && _colours._gate.TryEnter(_left);
            Spend(began);
            if (!isEntered)
                return plain;
            try
            {
                // A grammar is loaded once, and not by what a diff holds: that is none of the page's time.
                if (_colours.GrammarOf(path) is not { } grammar)
                    return plain;
                // What was and what is are two texts, and what stays is part of both.
                IStateStack? before = null, after = null;
                for (var i = 0; i < lines.Count && _left > TimeSpan.Zero; i++)
                {
                    began = _time.GetTimestamp();
                    var line = lines[i];
                    if (line.Kind is "hunk")
                        (before, after) = (null, null);
                    else if (line.Code.Length > LongestLine)
                        continue;
                    else if (line.Kind is "del")
                        (plain[i], before) = Pieces(grammar, line.Code, before);
                    else if (line.Kind is "add")
                        (plain[i], after) = Pieces(grammar, line.Code, after);
                    else if (line.Kind is "")
                    {
                        var isSame = Equals(before, after);
                        (plain[i], after) = Pieces(grammar, line.Code, after);
                        before = isSame ? after : grammar.TokenizeLine(line.Code, before, _left).RuleStack;
                    }

                    Spend(began);
                }

                return plain;
            }
            finally
            {
                _colours._gate.Exit();
            }
        }

        private void Spend(long began) => _left -= _time.GetElapsedTime(began);

        private (IReadOnlyList<Piece> Pieces, IStateStack After) Pieces(IGrammar grammar, string code, IStateStack? before)
        {
            var read = grammar.TokenizeLine(code, before, _left);
            var pieces = new List<Piece>();
            var at = 0;
            foreach (var token in read.Tokens)
            {
                var (from, to) = (Math.Clamp(token.StartIndex, at, code.Length), Math.Clamp(token.EndIndex, at, code.Length));
                Add("", at, from);
                Add(ClassOf(token.Scopes), from, to);
                at = to;
            }

            // Nothing of a line is lost, whatever the grammar made of it.
            Add("", at, code.Length);
            return (pieces, read.RuleStack);

            void Add(string name, int from, int to)
            {
                if (to <= from)
                    return;
                if (pieces.Count > 0 && pieces[^1].Class == name)
                    pieces[^1] = pieces[^1] with { Text = pieces[^1].Text + code[from..to] };
                else
                    pieces.Add(new Piece(name, code[from..to]));
            }
        }
    }

    /// <summary>Some of a line.</summary>
    /// <param name="Class">Its class in the style sheet; empty for none.</param>
    /// <param name="Text">The text.</param>
    internal sealed record Piece(string Class, string Text);
}
