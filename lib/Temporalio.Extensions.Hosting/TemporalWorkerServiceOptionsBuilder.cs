using Microsoft.Extensions.DependencyInjection;

namespace Temporalio.Extensions.Hosting;

/// <summary>Configures a hosted worker.</summary>
public class TemporalWorkerServiceOptionsBuilder : ITemporalWorkerServiceOptionsBuilder
{
    /// <summary>Creates a builder.</summary>
    /// <param name="taskQueue">Queue of the worker.</param>
    /// <param name="services">Services it is part of.</param>
    public TemporalWorkerServiceOptionsBuilder(string taskQueue, IServiceCollection services)
    {
        TaskQueue = taskQueue;
        Services = services;
    }

    /// <inheritdoc />
    public string TaskQueue { get; private init; }

    /// <inheritdoc />
    public IServiceCollection Services { get; private init; }
}
