using Dapper;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace TemporalServer.Storage;

internal sealed partial class Database
{
    /// <summary>Transactions written since it was opened.</summary>
    public long Commits { get; private set; }

    /// <summary>Writes everything in one transaction; it is on disk when this returns.</summary>
    public void Write(ChangeSet changes)
    {
        using var transaction = _writer.BeginTransaction();
        using var upsert = Command(
            transaction,
            """
            INSERT INTO runs (seq, run_id, namespace, workflow_id, workflow_type, task_queue, status, start_time, execution_time, close_time,
              history_length, parent_workflow_id, search_attributes, state)
            VALUES ($seq, $run, $ns, $wf, $type, $queue, $status, $start, $exec, $close, $length, $parent, $sa, $state)
            ON CONFLICT (seq) DO UPDATE SET status = $status, execution_time = $exec, close_time = $close, history_length = $length,
              search_attributes = $sa, state = $state
            """,
            "$seq", "$run", "$ns", "$wf", "$type", "$queue", "$status", "$start", "$exec", "$close", "$length", "$parent", "$sa", "$state");
        using var insert = Command(transaction, "INSERT INTO events (run_id, event_id, data) VALUES ($run, $id, $data)", "$run", "$id", "$data");
        foreach (var run in changes.Runs)
        {
            var c = run.Columns;
            Execute(
                upsert, run.Seq, c.RunId, c.Namespace, c.WorkflowId, c.WorkflowType, c.TaskQueue, c.Status, c.StartTime, c.ExecutionTime,
                c.CloseTime, c.HistoryLength, c.ParentWorkflowId, c.SearchAttributes, run.State);
            foreach (var e in run.Events)
            {
                Execute(insert, c.RunId, e.EventId, e.ToByteArray());
            }
        }

        foreach (var runId in changes.DeletedRuns)
        {
            _writer.Execute("DELETE FROM runs WHERE run_id = @runId; DELETE FROM events WHERE run_id = @runId", new { runId }, transaction);
        }

        foreach (var seq in changes.DeletedSchedules)
        {
            _writer.Execute("DELETE FROM schedules WHERE seq = @seq", new { seq }, transaction);
        }

        foreach (var schedule in changes.Schedules)
        {
            _writer.Execute(
                """
                INSERT INTO schedules (seq, namespace, schedule_id, paused, search_attributes, state)
                VALUES (@Seq, @Namespace, @ScheduleId, @Paused, @SearchAttributes, @State)
                ON CONFLICT (seq) DO UPDATE SET paused = @Paused, search_attributes = @SearchAttributes, state = @State
                """,
                schedule,
                transaction);
        }

        transaction.Commit();
        Commits++;
    }

    private static SqliteCommand Command(SqliteTransaction transaction, string sql, params string[] parameters)
    {
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private static void Execute(SqliteCommand command, params object?[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        command.ExecuteNonQuery();
    }
}
