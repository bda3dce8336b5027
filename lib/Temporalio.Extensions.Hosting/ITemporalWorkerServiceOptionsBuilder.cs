using Microsoft.Extensions.DependencyInjection;

namespace Temporalio.Extensions.Hosting;

/// <summary>Configures a hosted worker.</summary>
public interface ITemporalWorkerServiceOptionsBuilder
{
    /// <summary>Queue of the worker.</summary>
    string TaskQueue { get; }

    /// <summary>Services it is part of.</summary>
    IServiceCollection Services { get; }
}
