using CodingAgent.Agents.Definitions;

namespace CodingAgent.Agents.Cohort;

/// <summary>The structured answers of the cohort, with the rules a schema cannot say.</summary>
public static class CohortOutputs
{
    private const int MostPlaces = 20;

    /// <summary>Wire name <c>plan</c>, read as <see cref="Cohort.Plan"/>.</summary>
    public static OutputContract Plan { get; } = OutputContract.For<Plan>("plan", CheckPlan);

    /// <summary>Wire name <c>change_report</c>, read as <see cref="CoderReport"/>.</summary>
    public static OutputContract ChangeReport { get; } = OutputContract.For<CoderReport>("change_report", CheckReport);

    /// <summary>Wire name <c>critique</c>, read as <see cref="Cohort.Critique"/>.</summary>
    public static OutputContract Critique { get; } = OutputContract.For<Critique>("critique", CheckCritique);

    /// <summary>Wire name <c>fix_report</c>, read as <see cref="CoderReport"/>.</summary>
    public static OutputContract FixReport { get; } = OutputContract.For<CoderReport>("fix_report", CheckReport);

    /// <summary>Wire name <c>places</c>, read as <see cref="Cohort.Places"/>.</summary>
    public static OutputContract Places { get; } = OutputContract.For<Places>("places", CheckPlaces);

    /// <summary>What the planner hands over to the retriever, read as <see cref="Cohort.RetrievalQuestion"/>.</summary>
    public static OutputContract RetrievalQuestion { get; } = OutputContract.For<RetrievalQuestion>(
        "retrieval_question", q => string.IsNullOrWhiteSpace(q.Question) ? "question is empty: say what to find." : null);

    private static string? CheckPlan(Plan plan)
    {
        if (string.IsNullOrWhiteSpace(plan.Goal))
            return "goal is empty: say in one or two sentences what will be true afterwards.";
        if (plan.Edits.Count == 0 && plan.Tests.Count == 0 && plan.Questions.Count == 0)
            return "The plan changes nothing and asks nothing: name the files to change, or the question that keeps you from it.";
        foreach (var edit in plan.Edits.Concat(plan.Tests))
        {
            if (PathError(edit.Path) is { } error)
                return error;
        }
        return null;
    }

    private static string? CheckReport(CoderReport report) =>
        string.IsNullOrWhiteSpace(report.Title) || report.Title.Contains('\n')
            ? "title must be one line: the subject of a conventional commit."
            : report.Title.Length > 100 ? "title is longer than 100 characters: shorten it."
            : string.IsNullOrWhiteSpace(report.Summary) ? "summary is empty: say what changed."
            : null;

    private static string? CheckCritique(Critique critique) =>
        critique.Approved && critique.Findings.Any(f => f.Severity == "blocking")
            ? "approved is true but a finding is blocking: either it is advice, or the change is not approved."
            : !critique.Approved && critique.Findings.All(f => f.Severity != "blocking")
                ? "approved is false but no finding is blocking: name what blocks, or approve."
                : null;

    private static string? CheckPlaces(Places places)
    {
        if (places.Found.Count > MostPlaces)
            return $"found holds {places.Found.Count} places: keep the {MostPlaces} most telling ones.";
        foreach (var place in places.Found)
        {
            if (PathError(place.Path) is { } error)
                return error;
            if (place.FirstLine < 1 || place.LastLine < place.FirstLine)
                return $"The lines {place.FirstLine} to {place.LastLine} of '{place.Path}' are none: lines count from 1, first before last.";
        }
        return null;
    }

    private static string? PathError(string path) =>
        string.IsNullOrWhiteSpace(path) || path.StartsWith('/') || path.Contains('\\') || path.AsSpan().ContainsAny("*?\n")
            || path.Split('/').Any(part => part is "" or "." or "..")
            ? $"'{path}' is not a file path from the repository root: no glob, no leading slash, no '..'."
            : null;
}
