using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Temporalio.Client;
using Temporalio.Extensions.Hosting;

// The official namespace, so that the methods are found where services are registered.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers workers and clients.</summary>
public static class TemporalHostingServiceCollectionExtensions
{
    /// <summary>Adds a worker with a client of its own, run by the host.</summary>
    /// <param name="services">Services.</param>
    /// <param name="clientTargetHost">Host and port of the server.</param>
    /// <param name="clientNamespace">Namespace to work in.</param>
    /// <param name="taskQueue">Queue to work on; each can have one worker here.</param>
    /// <returns>Builder to say what it runs.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddHostedTemporalWorker(
        this IServiceCollection services, string clientTargetHost, string clientNamespace, string taskQueue) =>
        services.AddHostedTemporalWorker(taskQueue)
            .ConfigureOptions(options => options.ClientOptions = new(clientTargetHost) { Namespace = clientNamespace });

    /// <summary>Adds a worker, run by the host. It uses the client among the services unless its options say how to connect.</summary>
    /// <param name="services">Services.</param>
    /// <param name="taskQueue">Queue to work on; each can have one worker here.</param>
    /// <returns>Builder to say what it runs.</returns>
    /// <exception cref="InvalidOperationException">The queue has a worker.</exception>
    public static ITemporalWorkerServiceOptionsBuilder AddHostedTemporalWorker(this IServiceCollection services, string taskQueue)
    {
        var builder = new TemporalWorkerServiceOptionsBuilder(taskQueue, services)
            .ConfigureOptions(options => options.TaskQueue = taskQueue, disallowDuplicates: true);

        // Not AddHostedService, which takes one of a type only.
        services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<TemporalWorkerService>(
            provider, new TemporalWorkerServiceIdentifier(taskQueue, null, false)));
        return builder;
    }

    /// <summary>Adds a client that connects with its first call, unless there is one.</summary>
    /// <param name="services">Services.</param>
    /// <param name="clientTargetHost">Host and port of the server.</param>
    /// <param name="clientNamespace">Namespace to work in.</param>
    /// <returns>The options' builder.</returns>
    public static OptionsBuilder<TemporalClientConnectOptions> AddTemporalClient(
        this IServiceCollection services, string? clientTargetHost = null, string? clientNamespace = null)
    {
        services.TryAddSingleton<ITemporalClient>(
            provider => TemporalClient.CreateLazy(provider.GetRequiredService<IOptions<TemporalClientConnectOptions>>().Value));
        return services.AddOptions<TemporalClientConnectOptions>().Configure<IServiceProvider>((options, provider) =>
        {
            options.TargetHost = clientTargetHost ?? options.TargetHost;
            options.Namespace = clientNamespace ?? options.Namespace;
            options.LoggerFactory = provider.GetService<ILoggerFactory>() ?? options.LoggerFactory;
        });
    }

    /// <summary>Adds a client that connects with its first call, unless there is one.</summary>
    /// <param name="services">Services.</param>
    /// <param name="configureClient">Sets options.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddTemporalClient(this IServiceCollection services, Action<TemporalClientConnectOptions> configureClient)
    {
        services.AddTemporalClient().Configure(configureClient);
        return services;
    }
}
