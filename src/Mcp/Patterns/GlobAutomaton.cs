namespace CodingAgent.Mcp.Patterns;

/// <summary>
/// What globs are matched with, whatever their signs mean: it follows all readings of a pattern at once (Thompson's construction), so that a
/// match takes at most the text's length times the pattern's size, and nothing is kept from one text to the next. A pattern's parts are added
/// in order; choices nest. Immutable once <see cref="Build"/> has returned it.
/// </summary>
public sealed class GlobAutomaton
{
    /// <summary>A pattern of more steps than these is refused.</summary>
    public const int MostSteps = 5000;

    private const int StepsOnStack = 256;

    private readonly Step[] _steps;
    private readonly bool _ignoresCase;

    private GlobAutomaton(Step[] steps, bool ignoresCase) => (_steps, _ignoresCase) = (steps, ignoresCase);

    internal enum StepKind
    {
        Character,
        OneInSegment,
        One,
        Set,
        Fork,
        End,
    }

    /// <summary>Makes a matcher.</summary>
    /// <param name="describe">Adds the pattern's parts.</param>
    /// <param name="ignoresCase">True to overlook case, in the way of no language.</param>
    /// <exception cref="ArgumentException">The pattern is too large.</exception>
    public static GlobAutomaton Build(Action<Parts> describe, bool ignoresCase = false)
    {
        var parts = new Parts();
        describe(parts);
        return new GlobAutomaton(parts.Finish(), ignoresCase);
    }

    /// <summary>True when the whole text matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> text)
    {
        var size = _steps.Length;
        // Steps to be looked at now and next, and at which character each was last put there.
        Span<int> space = size <= StepsOnStack ? stackalloc int[3 * size] : new int[3 * size];
        var now = space[..size];
        var next = space[size..(2 * size)];
        var seen = space[(2 * size)..];
        seen.Fill(-1);
        var count = 0;
        Reach(0, 0, now, ref count, seen);
        for (var at = 0; at < text.Length && count > 0; at++)
        {
            var following = 0;
            for (var i = 0; i < count; i++)
            {
                ref readonly var step = ref _steps[now[i]];
                if (Takes(step, text[at])) Reach(now[i] + 1, at + 1, next, ref following, seen);
            }

            var last = now;
            now = next;
            next = last;
            count = following;
        }

        for (var i = 0; i < count; i++)
        {
            if (_steps[now[i]].Kind == StepKind.End) return true;
        }

        return false;
    }

    // A list holds each step once, and a fork's ways are followed at once: what is added last is looked at first.
    private void Reach(int step, int at, Span<int> list, ref int count, Span<int> seen)
    {
        if (seen[step] == at) return;
        seen[step] = at;
        var open = count;
        list[count++] = step;
        while (open < count)
        {
            ref readonly var found = ref _steps[list[open]];
            if (found.Kind != StepKind.Fork)
            {
                open++;
                continue;
            }

            // The fork itself is no longer needed; its place is taken by one of its ways.
            list[open] = list[--count];
            foreach (var way in (ReadOnlySpan<int>)[found.Way, found.OtherWay])
            {
                if (way < 0 || seen[way] == at) continue;
                seen[way] = at;
                list[count++] = way;
            }
        }
    }

    private bool Takes(in Step step, char c) => step.Kind switch
    {
        StepKind.Character => step.Character == c || (_ignoresCase && IsSameLetter(step.Character, c)),
        StepKind.OneInSegment => c != '/',
        StepKind.One => true,
        StepKind.Set => step.Set!.Holds(c, _ignoresCase),
        _ => false,
    };

    // Both ways: of the Kelvin sign only the small letter is k's.
    private static bool IsSameLetter(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b) || char.ToUpperInvariant(a) == char.ToUpperInvariant(b);

    /// <summary>The characters of a class in brackets.</summary>
    /// <param name="Ranges">First and last of each run.</param>
    /// <param name="IsNegative">True for all characters of a segment but these.</param>
    internal sealed record CharacterSet(IReadOnlyList<(char First, char Last)> Ranges, bool IsNegative)
    {
        public bool Holds(char c, bool ignoresCase)
        {
            if (IsNegative && c == '/') return false;
            return IsNegative != (Names(c) || (ignoresCase && (Names(char.ToLowerInvariant(c)) || Names(char.ToUpperInvariant(c)))));
        }

        private bool Names(char c)
        {
            foreach (var (first, last) in Ranges)
            {
                if (c >= first && c <= last) return true;
            }

            return false;
        }
    }

    internal readonly record struct Step(StepKind Kind, char Character, CharacterSet? Set, int Way, int OtherWay);

    /// <summary>The parts of a pattern, in order.</summary>
    public sealed class Parts
    {
        private readonly List<Step> _steps = [];
        private readonly Stack<Choice> _open = new();

        internal Parts()
        {
        }

        /// <summary>True where a path's segment begins, whatever came before: at the start, after a slash, where a choice's way begins.</summary>
        public bool IsAtSegment { get; private set; } = true;

        /// <summary>One character, itself.</summary>
        public void Character(char c)
        {
            Add(new Step(StepKind.Character, c, null, 0, 0));
            IsAtSegment = c == '/';
        }

        /// <summary>Any one character of a segment.</summary>
        public void OneInSegment() => Add(new Step(StepKind.OneInSegment, default, null, 0, 0));

        /// <summary>Any characters of a segment, none included.</summary>
        public void ManyInSegment() => Repeat(StepKind.OneInSegment);

        /// <summary>Any characters, slashes and none included.</summary>
        public void Anything() => Repeat(StepKind.One);

        /// <summary>Whole folders with their slashes, or nothing.</summary>
        public void Folders()
        {
            var skip = Add(default);
            Repeat(StepKind.One);
            Character('/');
            _steps[skip] = Fork(skip + 1, _steps.Count);
            IsAtSegment = false;
        }

        /// <summary>Begins a choice; <see cref="Or"/> separates its ways and <see cref="Close"/> ends it.</summary>
        public void Open()
        {
            _open.Push(new Choice(Add(default), []));
            IsAtSegment = true;
        }

        /// <summary>Ends one way of a choice and begins the next.</summary>
        public void Or()
        {
            var choice = _open.Pop();
            choice.Ends.Add(Add(default));
            _steps[choice.Fork] = Fork(choice.Fork + 1, _steps.Count);
            _open.Push(choice with { Fork = Add(default) });
            IsAtSegment = true;
        }

        /// <summary>Ends a choice.</summary>
        public void Close()
        {
            var choice = _open.Pop();
            _steps[choice.Fork] = Fork(choice.Fork + 1, -1);
            foreach (var end in choice.Ends) _steps[end] = Fork(_steps.Count, -1);
            IsAtSegment = false;
        }

        internal void OneOf(CharacterSet set) => Add(new Step(StepKind.Set, default, set, 0, 0));

        internal Step[] Finish()
        {
            Add(new Step(StepKind.End, default, null, 0, 0));
            return [.. _steps];
        }

        private static Step Fork(int way, int otherWay) => new(StepKind.Fork, default, null, way, otherWay);

        private void Repeat(StepKind kind)
        {
            var loop = Add(default);
            Add(new Step(kind, default, null, 0, 0));
            Add(Fork(loop, -1));
            _steps[loop] = Fork(loop + 1, _steps.Count);
        }

        private int Add(Step step)
        {
            if (_steps.Count >= MostSteps) throw new ArgumentException("it is too large.");
            IsAtSegment = false;
            _steps.Add(step);
            return _steps.Count - 1;
        }

        private sealed record Choice(int Fork, List<int> Ends);
    }
}
