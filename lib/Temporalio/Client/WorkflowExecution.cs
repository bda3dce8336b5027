using Temporalio.Api.Enums.V1;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Protocol.Workflows;

namespace Temporalio.Client;

/// <summary>A workflow run as the server lists it. Times are UTC.</summary>
public class WorkflowExecution
{
    private readonly WorkflowExecutionInfo _info;
    private readonly Lazy<SearchAttributeCollection> _searchAttributes;
    private readonly Lazy<IReadOnlyDictionary<string, IEncodedRawValue>> _memo;

    internal WorkflowExecution(WorkflowExecutionInfo info, DataConverter converter)
    {
        _info = info;
        _searchAttributes = new(() => SearchAttributeCollection.FromProto(info.SearchAttributes));
        _memo = new(() => info.Memo.ToEncodedValues(converter));
    }

    /// <summary>When it closed.</summary>
    public DateTime? CloseTime => _info.CloseTime?.ToDateTime();

    /// <summary>When its first task was due, after any start delay.</summary>
    public DateTime? ExecutionTime => _info.ExecutionTime?.ToDateTime();

    /// <summary>Number of events.</summary>
    public int HistoryLength => (int)_info.HistoryLength;

    /// <summary>Workflow id.</summary>
    public string Id => _info.Execution.WorkflowId;

    /// <summary>Memo values.</summary>
    public IReadOnlyDictionary<string, IEncodedRawValue> Memo => _memo.Value;

    /// <summary>Workflow id of the parent.</summary>
    public string? ParentId => _info.ParentExecution?.WorkflowId;

    /// <summary>Run of the parent.</summary>
    public string? ParentRunId => _info.ParentExecution?.RunId;

    /// <summary>Run id.</summary>
    public string RunId => _info.Execution.RunId;

    /// <summary>When it started.</summary>
    public DateTime StartTime => _info.StartTime.ToDateTime();

    /// <summary>Where it stands.</summary>
    public WorkflowExecutionStatus Status => (WorkflowExecutionStatus)(int)_info.Status;

    /// <summary>Queue it runs on.</summary>
    public string TaskQueue => _info.TaskQueue;

    /// <summary>Search attributes.</summary>
    public SearchAttributeCollection TypedSearchAttributes => _searchAttributes.Value;

    /// <summary>Workflow type.</summary>
    public string WorkflowType => _info.Type.Name;
}
