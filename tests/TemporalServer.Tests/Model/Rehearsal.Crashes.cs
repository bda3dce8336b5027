namespace TemporalServer.Tests.Model;

/// <summary>Crashes: what a dead process leaves is what its files hold at that moment.</summary>
public sealed partial class Rehearsal
{
    private async Task DieInACallAsync(string signal)
    {
        var call = _server.Signal(signal, requestId: signal);
        var copy = CopyFiles();
        try
        {
            await call;
        }
        catch (RpcException)
        {
            // Cut off.
        }

        // Nobody knows whether it was taken; the caller tries again, and it counts once.
        await RestartFromAsync(copy, TimeSpan.Zero);
        await _server.Signal(signal, requestId: signal);
        _model.Signal(signal, signal);
    }

    private string CopyFiles()
    {
        var copy = Path.Combine(_folder, $"{_crashes + 1}.db");
        foreach (var suffix in (string[])["", "-wal"])
        {
            using var source = new FileStream(Database(_crashes) + suffix, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var target = File.Create(copy + suffix);
            source.CopyTo(target);
        }

        return copy;
    }

    private async Task RestartFromAsync(string copy, TimeSpan downtime)
    {
        await _server.DisposeAsync();
        _crashes++;
        copy.ShouldBe(Database(_crashes));
        _clock.Advance(downtime);
        await StartServerAsync();
        _clock.Advance(TimeSpan.Zero);
        _model.Sleep(downtime);
    }

    private string Database(int number) => Path.Combine(_folder, $"{number}.db");

    private async Task StartServerAsync() => _server = await ServerHarness.StartAsync(Database(_crashes), _clock, with: options => options with { PollTimeout = TimeSpan.FromMilliseconds(5) });
}
