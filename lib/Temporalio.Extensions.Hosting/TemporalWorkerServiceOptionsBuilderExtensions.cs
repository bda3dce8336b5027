using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Temporalio.Extensions.Hosting;

/// <summary>Adds workflows and activities to a hosted worker.</summary>
public static class TemporalWorkerServiceOptionsBuilderExtensions
{
    /// <summary>Adds activities whose object is one for all calls, and registers their type when nobody has.</summary>
    /// <typeparam name="T">Type that has the activities.</typeparam>
    /// <param name="builder">Builder.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddSingletonActivities<T>(this ITemporalWorkerServiceOptionsBuilder builder) =>
        builder.AddSingletonActivities(typeof(T));

    /// <summary>Adds activities whose object is one for all calls, and registers their type when nobody has.</summary>
    /// <param name="builder">Builder.</param>
    /// <param name="type">Type that has the activities.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddSingletonActivities(this ITemporalWorkerServiceOptionsBuilder builder, Type type)
    {
        builder.Services.TryAddSingleton(type);
        return builder.ApplyTemporalActivities(type);
    }

    /// <summary>Adds activities whose object is made for each call, and registers their type when nobody has.</summary>
    /// <typeparam name="T">Type that has the activities.</typeparam>
    /// <param name="builder">Builder.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddScopedActivities<T>(this ITemporalWorkerServiceOptionsBuilder builder) =>
        builder.AddScopedActivities(typeof(T));

    /// <summary>Adds activities whose object is made for each call, and registers their type when nobody has.</summary>
    /// <param name="builder">Builder.</param>
    /// <param name="type">Type that has the activities.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddScopedActivities(this ITemporalWorkerServiceOptionsBuilder builder, Type type)
    {
        builder.Services.TryAddScoped(type);
        return builder.ApplyTemporalActivities(type);
    }

    /// <summary>Adds activities whose object is made for each call, and registers their type when nobody has.</summary>
    /// <typeparam name="T">Type that has the activities.</typeparam>
    /// <param name="builder">Builder.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddTransientActivities<T>(this ITemporalWorkerServiceOptionsBuilder builder) =>
        builder.AddTransientActivities(typeof(T));

    /// <summary>Adds activities whose object is made for each call, and registers their type when nobody has.</summary>
    /// <param name="builder">Builder.</param>
    /// <param name="type">Type that has the activities.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddTransientActivities(this ITemporalWorkerServiceOptionsBuilder builder, Type type)
    {
        builder.Services.TryAddTransient(type);
        return builder.ApplyTemporalActivities(type);
    }

    /// <summary>Adds static activities.</summary>
    /// <typeparam name="T">Type that has them.</typeparam>
    /// <param name="builder">Builder.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddStaticActivities<T>(this ITemporalWorkerServiceOptionsBuilder builder) =>
        builder.AddStaticActivities(typeof(T));

    /// <summary>Adds static activities.</summary>
    /// <param name="builder">Builder.</param>
    /// <param name="type">Type that has them.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddStaticActivities(this ITemporalWorkerServiceOptionsBuilder builder, Type type) =>
        builder.ConfigureOptions(options => options.AddAllActivities(type, null));

    /// <summary>Adds activities of an object.</summary>
    /// <typeparam name="T">Type that has the activities.</typeparam>
    /// <param name="builder">Builder.</param>
    /// <param name="instance">The object.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddActivitiesInstance<T>(
        this ITemporalWorkerServiceOptionsBuilder builder, T instance) => builder.AddActivitiesInstance(typeof(T), instance!);

    /// <summary>Adds activities of an object.</summary>
    /// <param name="builder">Builder.</param>
    /// <param name="type">Type that has the activities.</param>
    /// <param name="instance">The object.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddActivitiesInstance(
        this ITemporalWorkerServiceOptionsBuilder builder, Type type, object instance) =>
        builder.ConfigureOptions(options => options.AddAllActivities(type, instance));

    /// <summary>Adds a workflow.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="builder">Builder.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddWorkflow<T>(this ITemporalWorkerServiceOptionsBuilder builder) =>
        builder.AddWorkflow(typeof(T));

    /// <summary>Adds a workflow.</summary>
    /// <param name="builder">Builder.</param>
    /// <param name="type">Its type.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder AddWorkflow(this ITemporalWorkerServiceOptionsBuilder builder, Type type) =>
        builder.ConfigureOptions(options => options.AddWorkflow(type));

    /// <summary>Options of the worker, to be configured by all means that options have.</summary>
    /// <param name="builder">Builder.</param>
    /// <param name="disallowDuplicates">Fail when there are options for this worker.</param>
    /// <returns>The options' builder.</returns>
    /// <exception cref="InvalidOperationException">There are, and there may not.</exception>
    public static OptionsBuilder<TemporalWorkerServiceOptions> ConfigureOptions(
        this ITemporalWorkerServiceOptionsBuilder builder, bool disallowDuplicates = false)
    {
        if (disallowDuplicates && builder.Services.Any(s => !s.IsKeyedService
            && s.ImplementationInstance is ConfigureNamedOptions<TemporalWorkerServiceOptions> named && named.Name == builder.TaskQueue))
        {
            throw new InvalidOperationException($"There is a worker of task queue '{builder.TaskQueue}' among the services.");
        }

        return builder.Services.AddOptions<TemporalWorkerServiceOptions>(builder.TaskQueue);
    }

    /// <summary>Configures the worker.</summary>
    /// <param name="builder">Builder.</param>
    /// <param name="configure">Sets options.</param>
    /// <param name="disallowDuplicates">Fail when there are options for this worker.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidOperationException">There are, and there may not.</exception>
    public static ITemporalWorkerServiceOptionsBuilder ConfigureOptions(
        this ITemporalWorkerServiceOptionsBuilder builder, Action<TemporalWorkerServiceOptions> configure, bool disallowDuplicates = false)
    {
        builder.ConfigureOptions(disallowDuplicates).Configure(configure);
        return builder;
    }

    /// <summary>Adds activities whose object comes from the services, as it is registered there.</summary>
    /// <typeparam name="T">Type that has the activities.</typeparam>
    /// <param name="builder">Builder.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder ApplyTemporalActivities<T>(this ITemporalWorkerServiceOptionsBuilder builder) =>
        builder.ApplyTemporalActivities(typeof(T));

    /// <summary>Adds activities whose object comes from the services, as it is registered there.</summary>
    /// <param name="builder">Builder.</param>
    /// <param name="type">Type that has the activities.</param>
    /// <returns>The builder.</returns>
    public static ITemporalWorkerServiceOptionsBuilder ApplyTemporalActivities(this ITemporalWorkerServiceOptionsBuilder builder, Type type)
    {
        builder.ConfigureOptions().PostConfigure<IServiceProvider>((options, provider) =>
        {
            foreach (var definition in provider.CreateTemporalActivityDefinitions(type))
            {
                options.AddActivity(definition);
            }
        });
        return builder;
    }
}
