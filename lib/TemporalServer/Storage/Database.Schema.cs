namespace TemporalServer.Storage;

internal sealed partial class Database
{
    /// <summary>What makes a file of one format into one of the next; the first begins an empty file.</summary>
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE runs (
          seq INTEGER PRIMARY KEY,
          run_id TEXT NOT NULL UNIQUE,
          namespace TEXT NOT NULL,
          workflow_id TEXT NOT NULL,
          workflow_type TEXT NOT NULL,
          task_queue TEXT NOT NULL,
          status INTEGER NOT NULL,
          start_time INTEGER NOT NULL,
          execution_time INTEGER NOT NULL,
          close_time INTEGER,
          history_length INTEGER NOT NULL,
          parent_workflow_id TEXT,
          search_attributes TEXT NOT NULL,
          state BLOB NOT NULL
        );
        CREATE INDEX runs_by_workflow ON runs (namespace, workflow_id, seq);
        CREATE INDEX runs_open ON runs (seq) WHERE status = 1;
        CREATE TABLE events (
          run_id TEXT NOT NULL,
          event_id INTEGER NOT NULL,
          data BLOB NOT NULL,
          PRIMARY KEY (run_id, event_id)
        ) WITHOUT ROWID;
        """,
        """
        CREATE TABLE schedules (
          seq INTEGER PRIMARY KEY,
          namespace TEXT NOT NULL,
          schedule_id TEXT NOT NULL,
          paused INTEGER NOT NULL,
          search_attributes TEXT NOT NULL,
          state BLOB NOT NULL,
          UNIQUE (namespace, schedule_id)
        );
        CREATE INDEX runs_closed ON runs (close_time, seq) WHERE close_time IS NOT NULL;
        """,
    ];
}
