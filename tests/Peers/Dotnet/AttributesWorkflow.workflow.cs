using Temporalio.Common;
using Temporalio.Workflows;

namespace CodingAgent.Peers.Dotnet;

/// <summary>Reads the search attributes it was started with, and sets them all anew.</summary>
[Workflow("dotnetAttributes")]
internal sealed class AttributesWorkflow
{
    /// <summary>The keys both languages know.</summary>
    public static SearchAttributeKey<string> Keyword { get; } = SearchAttributeKey.CreateKeyword("CrossKeyword");

    /// <summary>A whole number.</summary>
    public static SearchAttributeKey<long> Number { get; } = SearchAttributeKey.CreateLong("CrossInt");

    /// <summary>A point in time.</summary>
    public static SearchAttributeKey<DateTimeOffset> Time { get; } = SearchAttributeKey.CreateDateTimeOffset("CrossTime");

    /// <summary>Several words.</summary>
    public static SearchAttributeKey<IReadOnlyCollection<string>> Words { get; } = SearchAttributeKey.CreateKeywordList("CrossWords");

    /// <summary>Returns what was there before.</summary>
    [WorkflowRun]
    public Task<string> RunAsync()
    {
        var before = Workflow.TypedSearchAttributes;
        var seen = $"{before.Get(Keyword)} {before.Get(Number)} {before.Get(Time).UtcDateTime:O} {string.Join('+', before.Get(Words))}";
        Workflow.UpsertTypedSearchAttributes(
            Keyword.ValueSet("from .NET"), Number.ValueSet(before.Get(Number) + 1), Time.ValueSet(before.Get(Time).AddDays(1)), Words.ValueUnset());
        Workflow.UpsertMemo(MemoUpdate.ValueSet("note", "by .NET"));
        return Task.FromResult(seen);
    }
}
