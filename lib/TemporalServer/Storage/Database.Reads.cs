using Dapper;
using Google.Protobuf;

namespace TemporalServer.Storage;

internal sealed partial class Database
{
    /// <summary>The highest place in the order of starts that is taken.</summary>
    public long LastSeq() => _reader.ExecuteScalar<long?>("SELECT max(seq) FROM runs") ?? 0;

    public IReadOnlyList<StoredRun> LoadOpen() => Runs("WHERE status = 1 ORDER BY seq", null);

    public StoredRun? Load(string runId) => Runs("WHERE run_id = @runId", new { runId }) is [var run] ? run : null;

    public StoredRun? LoadLatest(string ns, string workflowId) =>
        Runs("WHERE namespace = @ns AND workflow_id = @workflowId ORDER BY seq DESC LIMIT 1", new { ns, workflowId }) is [var run] ? run : null;

    public List<HistoryEvent> LoadEvents(string runId) => Guarded(() =>
        _reader.Query<(long Id, byte[] Data)>("SELECT event_id, data FROM events WHERE run_id = @runId ORDER BY event_id", new { runId })
            .Select(row => Parse(HistoryEvent.Parser, row.Data, () => $"event {row.Id} of run {runId}")).ToList());

    /// <summary>Lists states by a filter, newest start first.</summary>
    public IReadOnlyList<StoredRun> List(string where, DynamicParameters parameters, long beforeSeq, int limit)
    {
        parameters.Add("before", beforeSeq);
        parameters.Add("limit", limit);
        return Runs($"WHERE ({where}) AND seq < @before ORDER BY seq DESC LIMIT @limit", parameters);
    }

    public long Count(string where, DynamicParameters parameters) =>
        Guarded(() => _reader.ExecuteScalar<long>($"SELECT count(*) FROM runs WHERE {where}", parameters));

    public IReadOnlyList<(int Status, long Count)> CountByStatus(string where, DynamicParameters parameters) =>
        Guarded(() => _reader.Query<(int, long)>($"SELECT status, count(*) FROM runs WHERE {where} GROUP BY status ORDER BY status", parameters).ToList());

    /// <summary>Closed runs, the one closed first before all others.</summary>
    /// <param name="closedBefore">Only those closed before this, microseconds since 1970.</param>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<string> OldestClosed(long closedBefore, int limit) => Guarded(() => _reader.Query<string>(
        "SELECT run_id FROM runs WHERE close_time IS NOT NULL AND close_time < @closedBefore ORDER BY close_time, seq LIMIT @limit",
        new { closedBefore, limit }).ToList());

    /// <summary>When the first of the closed runs closed; null when none has.</summary>
    public long? FirstClose() => _reader.ExecuteScalar<long?>("SELECT min(close_time) FROM runs WHERE close_time IS NOT NULL");

    /// <summary>Bytes in use: pages that were freed and wait to be used again do not count.</summary>
    public long UsedBytes() =>
        (_reader.ExecuteScalar<long>("PRAGMA page_count") - _reader.ExecuteScalar<long>("PRAGMA freelist_count")) * _reader.ExecuteScalar<long>("PRAGMA page_size");

    public IReadOnlyList<(long Seq, ScheduleRecord State)> LoadSchedules() => Guarded(() =>
        _reader.Query<(long Seq, string Id, byte[] State)>("SELECT seq, schedule_id, state FROM schedules ORDER BY seq")
            .Select(row => (row.Seq, Parse(ScheduleRecord.Parser, row.State, () => $"the state of schedule '{row.Id}'"))).ToList());

    /// <summary>Lists schedules by a filter, the newest first.</summary>
    public IReadOnlyList<long> ListSchedules(string where, DynamicParameters parameters, long beforeSeq, int limit)
    {
        parameters.Add("before", beforeSeq);
        parameters.Add("limit", limit);
        return Guarded(() => _reader.Query<long>($"SELECT seq FROM schedules WHERE ({where}) AND seq < @before ORDER BY seq DESC LIMIT @limit", parameters).ToList());
    }

    public long CountSchedules(string where, DynamicParameters parameters) =>
        Guarded(() => _reader.ExecuteScalar<long>($"SELECT count(*) FROM schedules WHERE {where}", parameters));

    private List<StoredRun> Runs(string tail, object? parameters) => Guarded(() =>
        _reader.Query<(long Seq, string WorkflowId, string RunId, byte[] State)>($"SELECT seq, workflow_id, run_id, state FROM runs {tail}", parameters)
            .Select(row => new StoredRun(
                row.Seq, Parse(ExecutionState.Parser, row.State, () => $"the state of workflow '{row.WorkflowId}', run {row.RunId}"))).ToList());

    private T Parse<T>(MessageParser<T> parser, byte[] data, Func<string> what)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(data);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw Unusable($"{what()} does not read back ({e.Message})", e);
        }
    }
}
