using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace TemporalServer;

/// <summary>How an embedded server runs.</summary>
public sealed record TemporalServerOptions
{
    /// <summary>The database file, created when missing. Null uses a temporary file that is deleted at the end: nothing is durable then.</summary>
    public string? DatabasePath { get; init; }

    /// <summary>
    /// The address to listen on. The protocol is plaintext HTTP/2: over a network, a proxy that terminates TLS belongs in front.
    /// </summary>
    public IPAddress ListenAddress { get; init; } = IPAddress.Loopback;

    /// <summary>The port to listen on; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// What callers must send as <c>authorization: Bearer KEY</c>, on every call but the health check and GetSystemInfo. Without one the server
    /// does not start unless <see cref="AllowUnauthenticated"/> says so: on loopback too, every user of the machine reaches it.
    /// </summary>
    public string? ApiKey { get; init; }

    /// <summary>Accepts callers without a key: whoever reaches the port then owns the server, every workflow and its history.</summary>
    public bool AllowUnauthenticated { get; init; }

    /// <summary>How long a closed run is kept; null keeps it until it is deleted. Seven days unless set otherwise.</summary>
    public TimeSpan? Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Bytes the database may use; null for no limit. Beyond it closed runs go before their time, the oldest first; when none is left, new
    /// workflows are refused with RESOURCE_EXHAUSTED, while those that run go on. Freed space is used again; the file does not shrink.
    /// </summary>
    public long? MaxDatabaseBytes { get; init; }

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

    /// <summary>
    /// Whether workers are told that the server ends their polls when they leave (<c>worker_poll_complete_on_shutdown</c>), so that no task is on
    /// its way to one that is gone. Official workers that are told so wait for the server without end when it has gone before them.
    /// </summary>
    public bool CompletesPollsOnShutdown { get; init; } = true;

    /// <summary>Awaited before each transaction: lets a test hold the disk back, or fail as one that is full.</summary>
    internal Func<Task>? BeforeCommit { get; init; }

    /// <summary>How long a read that waits for new events, or a wait for an update, is held before it is answered as it stands.</summary>
    public TimeSpan LongPollTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
