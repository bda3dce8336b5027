using Temporalio.Common;
using Temporalio.Protocol.Service;

namespace Temporalio.Client;

/// <summary>How many workflows a query finds.</summary>
public class WorkflowExecutionCount
{
    internal WorkflowExecutionCount(CountWorkflowExecutionsResponse raw)
    {
        Count = raw.Count;
        Groups = [.. raw.Groups.Select(g => new AggregationGroup(g))];
    }

    /// <summary>The count; of all groups together when the query groups.</summary>
    public long Count { get; private init; }

    /// <summary>One for each value that the query groups by; empty when it does not group.</summary>
    public IReadOnlyCollection<AggregationGroup> Groups { get; private init; }

    /// <summary>How many workflows have the same values.</summary>
    public class AggregationGroup
    {
        internal AggregationGroup(CountWorkflowExecutionsResponse.Types.AggregationGroup raw)
        {
            Count = raw.Count;
            GroupValues = [.. raw.GroupValues.Select(SearchAttributeCollection.ReadValue)];
        }

        /// <summary>The count.</summary>
        public long Count { get; private init; }

        /// <summary>The values, in the order of the query.</summary>
        public IReadOnlyCollection<object> GroupValues { get; private init; }
    }
}
