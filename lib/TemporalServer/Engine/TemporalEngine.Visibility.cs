using Google.Protobuf;
using TemporalServer.Machine;
using TemporalServer.Matching;
using TemporalServer.Visibility;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    private const int DefaultListPage = 1000;

    public async Task<ListWorkflowExecutionsResponse> ListAsync(ListWorkflowExecutionsRequest request)
    {
        RequireNamespace(request.Namespace);
        var filter = VisibilityParser.Parse(request.Namespace, request.Query);
        var before = request.NextPageToken.IsEmpty ? long.MaxValue : ParseToken(request.NextPageToken, ListToken.Parser, "the page token").BeforeSeq;
        var size = request.PageSize is > 0 and <= DefaultListPage ? request.PageSize : DefaultListPage;
        return await ReadCommittedAsync(() =>
        {
            var runs = _database.List(filter.Where, filter.Parameters, before, size + 1);
            var response = new ListWorkflowExecutionsResponse();
            response.Executions.Add(runs.Take(size).Select(r => new WorkflowMachine(r.State, NewId).Describe()));
            if (runs.Count > size)
            {
                response.NextPageToken = new ListToken { BeforeSeq = runs[size - 1].Seq }.ToByteString();
            }

            return response;
        });
    }

    public async Task<CountWorkflowExecutionsResponse> CountAsync(CountWorkflowExecutionsRequest request)
    {
        RequireNamespace(request.Namespace);
        var filter = VisibilityParser.Parse(request.Namespace, request.Query);
        return await ReadCommittedAsync(() =>
        {
            if (!filter.GroupByStatus)
            {
                return new CountWorkflowExecutionsResponse { Count = _database.Count(filter.Where, filter.Parameters) };
            }

            var response = new CountWorkflowExecutionsResponse();
            foreach (var (status, count) in _database.CountByStatus(filter.Where, filter.Parameters))
            {
                var value = new Payload { Data = ByteString.CopyFromUtf8($"\"{(WorkflowExecutionStatus)status}\"") };
                value.Metadata["encoding"] = ByteString.CopyFromUtf8("json/plain");
                value.Metadata["type"] = ByteString.CopyFromUtf8("Keyword");
                response.Count += count;
                response.Groups.Add(new CountWorkflowExecutionsResponse.Types.AggregationGroup { Count = count, GroupValues = { value } });
            }

            return response;
        });
    }

    public Task<DescribeTaskQueueResponse> DescribeQueueAsync(DescribeTaskQueueRequest request) => ExecuteAsync(now =>
    {
        RequireNamespace(request.Namespace);
        var type = request.TaskQueueType == TaskQueueType.Unspecified ? TaskQueueType.Workflow : request.TaskQueueType;
        var response = new DescribeTaskQueueResponse();
        foreach (var identity in _queues.Workers(new QueueKey(request.Namespace, QueueName(request.TaskQueue), type)))
        {
            response.Pollers.Add(new PollerInfo { Identity = identity, LastAccessTime = now.Stamp() });
        }

        return response;
    });

    /// <summary>Reads what is on disk, after everything acknowledged so far is.</summary>
    private async Task<T> ReadCommittedAsync<T>(Func<T> read)
    {
        await ExecuteAsync(_ => true);
        lock (_gate)
        {
            return read();
        }
    }
}
