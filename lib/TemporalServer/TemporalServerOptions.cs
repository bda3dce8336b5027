using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace TemporalServer;

/// <summary>How an embedded server runs.</summary>
public sealed record TemporalServerOptions
{
    /// <summary>The database file, created when missing. Null uses a temporary file that is deleted at the end: nothing is durable then.</summary>
    public string? DatabasePath { get; init; }

    /// <summary>The loopback port to listen on; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>The namespaces that exist; any other is refused.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = ["default"];

    /// <summary>The clock of timers, timeouts and retries. How long polls are held is real time, whatever this clock does.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Whether the server answers the test service, through which clients have it skip time: while they unlock that and no worker has
    /// anything to do, the clock jumps to what is due next. Skipped time is forgotten when the server stops.
    /// </summary>
    public bool TimeSkipping { get; init; }

    /// <summary>Where the server logs.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>How long a poll for tasks is held before it is answered empty.</summary>
    public TimeSpan PollTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a read that waits for new events, or a wait for an update, is held before it is answered as it stands.</summary>
    public TimeSpan LongPollTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
