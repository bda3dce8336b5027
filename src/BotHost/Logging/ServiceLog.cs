using CodingAgent.BotHost.Configuration;
using CodingAgent.Workflows.Secrets;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace CodingAgent.BotHost.Logging;

/// <summary>The service's log: one line an event on standard output, in UTC whatever the machine's zone is, with every secret masked.</summary>
internal static class ServiceLog
{
    private const string Line = "{UtcTimestamp:yyyy-MM-ddTHH:mm:ss.fffZ} {Level:u3} {SourceContext} {Message:lj}{NewLine}{Exception}";

    // What frameworks say of each request. Of a start that failed the command says the one line.
    private static readonly (string Category, LogEventLevel Least)[] Quiet =
    [
        ("Microsoft.AspNetCore", LogEventLevel.Warning),
        ("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal),
        ("Grpc", LogEventLevel.Warning),
        ("System.Net.Http", LogEventLevel.Warning),
    ];

    /// <summary>Makes it the host's only log.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="settings">Format and levels.</param>
    /// <param name="redaction">Takes out what must not appear in it.</param>
    public static void Use(WebApplicationBuilder builder, LogSettings settings, Redaction redaction)
    {
        builder.Logging.ClearProviders();
        var log = new LoggerConfiguration().MinimumLevel.Is(settings.Default);
        foreach (var (category, least) in Quiet)
            log.MinimumLevel.Override(category, least);
        foreach (var (category, least) in settings.Categories)
            log.MinimumLevel.Override(category, least);
        builder.Services.AddSerilog(log.WriteTo.Console(Formatter(settings.IsJson, redaction)).CreateLogger(), dispose: true);
    }

    /// <summary>What writes the lines.</summary>
    internal static ITextFormatter Formatter(bool isJson, Redaction redaction) => new RedactingFormatter(isJson ? new JsonLineFormatter() : new MessageTemplateTextFormatter(Line), redaction);
}
