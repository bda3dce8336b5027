using CodingAgent.Playground.Demo;

namespace CodingAgent.Chaos;

/// <summary>
/// A stage with the service on it as two processes, web and worker, and what stands between them. It notes every moment, and kills at those
/// it is told to, once each; what was killed is started again at once.
/// </summary>
public sealed class ChaosService : IAsyncDisposable
{
    private static readonly TimeSpan CutLasts = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string What, string Id), int> _numbers = [];
    private readonly HashSet<Moment> _passed = [];
    private readonly List<Moment> _order = [];
    private readonly Dictionary<Moment, KillKind> _armed = [];
    private readonly List<KillPoint> _hit = [];
    private readonly string _sample = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
    private Stage _stage = null!;
    private Wire _wire = null!;
    private JournalWatch _journal = null!;
    private BotProcess _web = null!;
    private BotProcess _worker = null!;
    private Task _revival = Task.CompletedTask;
    private bool _busy;

    private ChaosService()
    {
    }

    internal Stage Stage => _stage;

    internal TurnLedger Ledger { get; } = new();

    /// <summary>Where the service's output is.</summary>
    public string LogDirectory => _stage.LogDirectory;

    /// <summary>Builds everything and starts both processes.</summary>
    public static async Task<ChaosService> StartAsync(ChaosJob job, CancellationToken ct)
    {
        var service = new ChaosService();
        job.WriteTo(service._sample);
        service._stage = await Stage.BuildAsync(new StageOptions { RepositoryFolder = service._sample, References = job.References, RunsCi = job.IsReviewed }, ct);
        var stage = service._stage;
        service._wire = await Wire.StartAsync(stage.TemporalAddress, service.AtActivityAsync);
        stage.TemporalAddressOfWorkers = service._wire.Address;
        // Short, so that a run waits little for what died; long enough for a machine that stalls a little.
        stage.Settings["Flow__HeartbeatTimeout"] = "5";
        stage.Tap.OnStage = service.AtTurnAsync;
        service._journal = new JournalWatch(Path.Combine(stage.ServiceDirectory, "bot.db"), service.AtJournalAsync);
        service._web = await stage.StartServiceAsync("web", ct);
        service._worker = await stage.StartServiceAsync("worker,apply", ct);
        return service;
    }

    /// <summary>Forgets what was noted, and kills at these points from now on.</summary>
    public void Arm(IEnumerable<KillPoint> points)
    {
        lock (_gate)
        {
            _numbers.Clear();
            _passed.Clear();
            _order.Clear();
            _armed.Clear();
            _hit.Clear();
            foreach (var point in points)
                _armed[point.Moment] = point.Kind;
        }

        Ledger.Clear();
    }

    /// <summary>Moments noted, in order.</summary>
    public IReadOnlyList<Moment> Moments
    {
        get
        {
            lock (_gate)
                return [.. _order];
        }
    }

    /// <summary>Points at which something was killed.</summary>
    public IReadOnlyList<KillPoint> Hit
    {
        get
        {
            lock (_gate)
                return [.. _hit];
        }
    }

    /// <summary>A new repository with the sample in it.</summary>
    internal Task<Human> OpenRepositoryAsync(string name, CancellationToken ct) => _stage.AddRepositoryAsync(name, _sample, ct);

    /// <summary>Kills no more, and waits until everything killed is back.</summary>
    public async Task SettleAsync()
    {
        Task revival;
        lock (_gate)
        {
            _armed.Clear();
            (revival, _revival) = (_revival, Task.CompletedTask);
        }

        await revival;
    }

    /// <summary>Starts both processes anew.</summary>
    public async Task RenewAsync(CancellationToken ct)
    {
        await Task.WhenAll(_worker.KillAsync(), _web.KillAsync());
        _web = await _stage.StartServiceAsync("web", ct);
        _worker = await _stage.StartServiceAsync("worker,apply", ct);
    }

    /// <summary>Leaves logs and data on disk at the end.</summary>
    public void KeepFiles() => _stage.KeepFiles();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await SettleAsync();
        await _journal.DisposeAsync();
        await _stage.DisposeAsync();
        await _wire.DisposeAsync();
        Directory.Delete(_sample, recursive: true);
    }

    private Task<bool> AtActivityAsync(string type, string id, Phase phase) => AtAsync(type, id, phase);

    private Task<bool> AtTurnAsync(ModelTap.TapStage stage, ModelTap.TurnRequest turn)
    {
        var phase = stage switch
        {
            ModelTap.TapStage.Asked => Phase.BeforeAsked,
            ModelTap.TapStage.Answered => Phase.BeforeAnswered,
            _ => Phase.AfterAnswered,
        };
        var agent = AgentOf(turn);
        if (phase == Phase.BeforeAsked)
            Ledger.NoteAsked(agent, turn.Key);
        return AtAsync($"turn of the {agent}", turn.Key, phase);
    }

    private Task AtJournalAsync(string run, long turn, bool hasOutputs)
    {
        // An agent that another one called as a tool has a journal under that one's.
        var agent = run.Contains('/', StringComparison.Ordinal) ? "retriever" : run[(run.LastIndexOf('-') + 1)..];
        Ledger.NoteJournaled(agent, run, turn);
        return AtAsync($"journal of the {agent}", $"{run} {turn}", hasOutputs ? Phase.AfterOutputsJournaled : Phase.AfterAnswerJournaled);
    }

    // Requests name the form of the answer, the journal names the agent.
    private static string AgentOf(ModelTap.TurnRequest turn) => turn.Role switch
    {
        // The retriever works for the planner in its run and journal, for others in one of its own.
        "places" => turn.Messages.Contains(" asks you:", StringComparison.Ordinal) ? "retriever" : "planner",
        "plan" => "planner",
        "critique" => "critic",
        "change_report" => "coder",
        "fix_report" => "fixer",
        _ => turn.Role,
    };

    private async Task<bool> AtAsync(string what, string id, Phase phase)
    {
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (!_numbers.TryGetValue((what, id), out var number))
                _numbers[(what, id)] = number = _numbers.Keys.Count(k => k.What == what) + 1;
            var moment = new Moment(what, number, phase);
            if (_passed.Add(moment))
                _order.Add(moment);
            if (_busy || !_armed.Remove(moment, out var kind))
                return false;
            _busy = true;
            _hit.Add(new KillPoint(moment, kind));
            Ledger.NoteKill();
            _revival = Task.Run(() => KillAndReviveAsync(kind, killed));
        }

        await killed.Task;
        return true;
    }

    private async Task KillAndReviveAsync(KillKind kind, TaskCompletionSource killed)
    {
        try
        {
            await KillAsync(kind);
            killed.SetResult();
            await ReviveAsync(kind);
        }
        finally
        {
            killed.TrySetResult();
            lock (_gate)
                _busy = false;
        }
    }

    private Task KillAsync(KillKind kind)
    {
        switch (kind)
        {
            case KillKind.Worker:
                return _worker.KillAsync();
            case KillKind.Server:
                return _web.KillAsync();
            case KillKind.Both:
                return Task.WhenAll(_worker.KillAsync(), _web.KillAsync());
            default:
                _wire.Cut();
                return Task.CompletedTask;
        }
    }

    private async Task ReviveAsync(KillKind kind)
    {
        if (kind is KillKind.Server or KillKind.Both)
            _web = await _stage.StartServiceAsync("web", CancellationToken.None);
        if (kind is KillKind.Worker or KillKind.Both)
            _worker = await _stage.StartServiceAsync("worker,apply", CancellationToken.None);
        if (kind == KillKind.Cut)
        {
            await Task.Delay(CutLasts);
            _wire.Mend();
        }
    }
}
