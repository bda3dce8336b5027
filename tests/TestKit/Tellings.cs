using Temporalio.Worker.Interceptors;

namespace CodingAgent.TestKit;

/// <summary>
/// What a task is telling people right now. It is written down before people are told, so a test that has seen the one and looks at the other at once
/// may be a moment early.
/// </summary>
internal sealed class Tellings : IWorkerInterceptor
{
    // One that hangs is what its test is about.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private int _running;
    private TaskCompletionSource? _quiet;

    public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => new Counter(this, nextInterceptor);

    /// <summary>Waits until nothing is being told.</summary>
    public async Task EndedAsync()
    {
        Task quiet;
        lock (_lock)
            quiet = _running == 0 ? Task.CompletedTask : (_quiet ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        await Task.WhenAny(quiet, Task.Delay(Patience, TimeProvider.System));
    }

    private void Begin()
    {
        lock (_lock)
            _running++;
    }

    private void End()
    {
        lock (_lock)
        {
            if (--_running > 0)
                return;
            _quiet?.SetResult();
            _quiet = null;
        }
    }

    private sealed class Counter(Tellings tellings, ActivityInboundInterceptor next) : ActivityInboundInterceptor(next)
    {
        public override async Task<object?> ExecuteActivityAsync(ExecuteActivityInput input)
        {
            if (input.Activity.Name != "Tell")
                return await base.ExecuteActivityAsync(input);
            tellings.Begin();
            try
            {
                return await base.ExecuteActivityAsync(input);
            }
            finally
            {
                tellings.End();
            }
        }
    }
}
