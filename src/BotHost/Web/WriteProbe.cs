using System.Data.Common;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Web;

/// <summary>Whether the database can be written, tried when somebody asks, but not more often than every two seconds: anybody may ask.</summary>
/// <param name="database">The database.</param>
/// <param name="time">Clock.</param>
internal sealed class WriteProbe(SqliteDatabase database, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task<bool> _last = Task.FromResult(false);
    private DateTimeOffset _at = DateTimeOffset.MinValue;

    /// <summary>The newest answer.</summary>
    public Task<bool> CanWriteAsync()
    {
        lock (_gate)
        {
            if (_last.IsCompleted && (time.GetUtcNow() - _at).Duration() >= Fresh)
                (_last, _at) = (TryAsync(), time.GetUtcNow());
            return _last;
        }
    }

    private async Task<bool> TryAsync()
    {
        using var limit = new CancellationTokenSource(Patience, time);
        try
        {
            await database.ProbeAsync(limit.Token).WaitAsync(limit.Token);
            return true;
        }
        catch (Exception e) when (e is DbException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
