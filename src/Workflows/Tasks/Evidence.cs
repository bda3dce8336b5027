namespace CodingAgent.Workflows.Tasks;

/// <summary>The results of all checks on one tree: the only thing "it works" is computed from.</summary>
/// <param name="TreeId">Tree the checks ran on.</param>
/// <param name="Checks">Results; empty when no check is known.</param>
public sealed record Evidence(string TreeId, IReadOnlyList<CheckEvidence> Checks)
{
    /// <summary>Hosts that set-up on this tree tried to reach and was refused, a line each: outside text.</summary>
    public IReadOnlyList<string> RefusedHosts { get; init; } = [];

    /// <summary>What the task's job proves beside the checks, a line each for people; may quote outside text.</summary>
    public IReadOnlyList<string> Shows { get; init; } = [];

    /// <summary>The same as the checks role signed it.</summary>
    public SignedRecord? Record { get; init; }

    /// <summary>True when at least one check ran and all passed.</summary>
    public bool Green => Checks.Count > 0 && Checks.All(c => c.Passed);
}

/// <summary>What one check command did on a clean workspace of a tree.</summary>
/// <param name="Name">Check name.</param>
/// <param name="Command">Command line, as the base branch gives it.</param>
/// <param name="ExitCode">Exit code; meaningless when <paramref name="Ending"/> is not <c>exited</c>.</param>
/// <param name="Ending">How it ended: <c>exited</c>, <c>timed out</c>, <c>out of memory</c>, or <c>not run: </c> and the red check that it needs.</param>
/// <param name="Duration">Wall time.</param>
/// <param name="OutputTail">End of its output: untrusted text, bounded.</param>
public sealed record CheckEvidence(string Name, string Command, int ExitCode, string Ending, TimeSpan Duration, string OutputTail)
{
    /// <summary>Why this environment cannot run it at all, in words; null when it can. No evidence about the code either way.</summary>
    public string? CannotRun { get; init; }

    /// <summary>True when it was red on the base commit too.</summary>
    public bool RedOnBase { get; init; }

    /// <summary>True when it ran to its end with exit code 0.</summary>
    public bool Passed => Ending == "exited" && ExitCode == 0;
}

/// <summary>What one gate says about a change.</summary>
/// <param name="Gate">Gate's stable name, such as <c>paths</c>.</param>
/// <param name="Passed">True when the change may pass.</param>
/// <param name="Message">One line: what was found, and how to mend it when it failed. May quote file names: untrusted text.</param>
public sealed record GateVerdict(string Gate, bool Passed, string Message)
{
    /// <summary>True when it passed and a reviewer should still look first at what it says.</summary>
    public bool Marked { get; init; }

    /// <summary>True for a refusal that no edit mends: it is for people, not for an agent.</summary>
    public bool IsForPeople { get; init; }

    /// <summary>Files, or the change as a whole, that pass once a person has agreed to them by name; empty where nobody's word helps.</summary>
    public IReadOnlyList<RiskyFile> Asks { get; init; } = [];

    /// <summary>The lines it speaks of, as far as it knows them.</summary>
    public IReadOnlyList<FlaggedLine> Lines { get; init; } = [];

    /// <summary>True when the fixer is told before a person is asked: most such things are slips.</summary>
    public bool FixerFirst { get; init; }
}

/// <summary>A line that a gate speaks of.</summary>
/// <param name="Path">Path. Outside text.</param>
/// <param name="Line">Line in the changed file, from 1; 1 for the file as a whole.</param>
/// <param name="What">What is there. May quote names: outside text.</param>
public sealed record FlaggedLine(string Path, int Line, string What);

/// <summary>A file that takes a person's look, or the whole change.</summary>
/// <param name="Path">Path; empty for the whole. Outside text.</param>
/// <param name="Why">What it does, as a predicate: <c>declares dependencies</c>. May quote names: outside text.</param>
public sealed record RiskyFile(string Path, string Why);
