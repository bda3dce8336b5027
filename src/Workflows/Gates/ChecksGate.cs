using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>Every check that can run is green on exactly this content.</summary>
internal static class ChecksGate
{
    private const string Gate = "checks";

    public static GateVerdict Judge(GateInput i)
    {
        if (i.Policy.Checks.Count == 0 && (i.Evidence is null || i.Evidence.Checks.Count == 0))
            return new GateVerdict(Gate, true, "No checks are known; the tests gate decides.");
        if (i.Evidence is null || i.Evidence.Checks.Count == 0)
            return new GateVerdict(Gate, false, $"The checks did not run: {Gatekeeper.List([.. i.Policy.Checks.Select(c => c.Name)])}.");
        if (i.Evidence.TreeId != i.Changes.TreeId)
            return new GateVerdict(Gate, false, "The checks ran on other content than this change.");
        var aside = i.Evidence.Checks.Where(c => !c.Passed && i.CannotRunOnBase.Contains(c.Name)).Select(c => c.Name).ToArray();
        var words = aside.Length == 0 ? "" : $" Cannot run here, with or without this change: {Gatekeeper.List(aside)}.";
        var red = i.Evidence.Checks.Where(c => !c.Passed && !aside.Contains(c.Name)).Select(c => c.Name).ToArray();
        var green = i.Evidence.Checks.Where(c => c.Passed).Select(c => c.Name).ToArray();
        var before = red.Where(i.FailingOnBase.Contains).ToArray();
        if (red.Length > before.Length && !i.MayBeRed)
            return new GateVerdict(Gate, false, $"Checks are red: {Gatekeeper.List([.. red.Except(before)])}.{words}");
        var missing = i.Policy.Checks.Where(c => !i.Evidence.Checks.Any(e => e.Name == c.Name && e.Command == c.Run)).Select(c => c.Name).Except(red).ToArray();
        if (missing.Length > 0)
            return new GateVerdict(Gate, false, $"The policy of the default branch asks for checks that did not run as it writes them: {Gatekeeper.List(missing)}. Stop the task and ask again, so that it works under that policy.");
        if (red.Length > before.Length)
            return new GateVerdict(Gate, true, $"Checks are red, and this is a draft that shows it: {Gatekeeper.List([.. red.Except(before)])}. It is not to be merged as it is.{words}") { Marked = true };
        // Red with and without the change says nothing about it; something must.
        if (before.Length > 0)
        {
            return green.Length > 0
                ? new GateVerdict(Gate, true, $"Passed: {Gatekeeper.List(green)}. Red before this change and still: {Gatekeeper.List(before)}.{words}")
                : new GateVerdict(Gate, false, $"Every check was red before this change and still is ({Gatekeeper.List(before)}): nothing proves the change.{words}");
        }

        return new GateVerdict(Gate, true, (green.Length == 0 ? "No check could run; the tests gate decides." : $"All checks passed: {Gatekeeper.List(green)}.") + words);
    }

    /// <summary>The checks that say something about this content: they ran on it, and they can run here.</summary>
    public static IReadOnlyList<CheckEvidence> Ran(GateInput i) => i.Evidence is { } evidence && evidence.TreeId == i.Changes.TreeId
        ? [.. evidence.Checks.Where(c => c.Passed || (CouldStart(c) && !i.CannotRunOnBase.Contains(c.Name)))]
        : [];

    // 126 and 127 are the shell's: not executable, not found.
    private static bool CouldStart(CheckEvidence check) => check.Ending is "timed out" or "out of memory" || (check.Ending == "exited" && check.ExitCode is not (126 or 127));
}
