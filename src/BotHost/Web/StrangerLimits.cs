using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using CodingAgent.BotHost.Configuration;
using Microsoft.AspNetCore.HttpOverrides;

namespace CodingAgent.BotHost.Web;

/// <summary>
/// Bounds what somebody without a key or a signature may ask in a minute, each address by itself. Only what was refused counts, and the
/// health checks, pages and ways to a forge, which need no key: a forge whose deliveries are signed well never meets a limit, whatever strangers at other addresses do.
/// Where all requests come through a proxy that does not say for whom, deliveries are not limited here, because the forge could not be told from
/// the strangers.
/// </summary>
public static partial class StrangerLimits
{
    // One subscriber's addresses: of IPv6 a whole network is theirs.
    private const int SubscriberPrefixBytes = 8;

    // A balancer may ask every second, and several behind one address.
    private const int HealthChecksPerRefusal = 10;

    /// <summary>Adds the limits; before everything that answers.</summary>
    /// <param name="app">The application.</param>
    /// <param name="settings">How many refusals, and whose word counts for another's address.</param>
    public static void UseStrangerLimits(this IApplicationBuilder app, WebSettings settings)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(StrangerLimits));
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = 1 };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var range in settings.TrustedProxies) forwarded.KnownIPNetworks.Add(range);
        app.UseForwardedHeaders(forwarded);
        if (settings.RefusalsPerMinute is not { } most) return;
        var limiter = PartitionedRateLimiter.Create<HttpContext, string>(context => Who(context, settings) is { } who
            ? RateLimitPartition.GetFixedWindowLimiter(who, _ => new FixedWindowRateLimiterOptions { PermitLimit = IsHealth(context) ? most * HealthChecksPerRefusal : most, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 })
            : RateLimitPartition.GetNoLimiter(""));
        app.Use(async (context, next) =>
        {
            // None taken, but one must be there. What needs no key costs one in any case.
            using var lease = limiter.AttemptAcquire(context, IsHealth(context) || IsPage(context) || IsSignIn(context) ? 1 : 0);
            if (!lease.IsAcquired)
            {
                LogLimited(logger, Address(context)?.ToString() ?? "a local socket", context.Request.Path.StartsWithSegments("/webhooks", StringComparison.Ordinal) ? "webhooks" : "the API");
                context.Response.Headers.RetryAfter = "60";
                await Results.Problem("Too many refused requests from this address; wait a minute.", statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(context);
                return;
            }

            await next(context);
            if (context.Response.StatusCode is StatusCodes.Status401Unauthorized or StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType or StatusCodes.Status408RequestTimeout)
                limiter.AttemptAcquire(context).Dispose();
        });
    }

    private static string? Who(HttpContext context, WebSettings settings)
    {
        var address = Address(context);
        var isDelivery = context.Request.Path.StartsWithSegments("/webhooks", StringComparison.Ordinal);
        // A proxy's own address: for whom it asks is not known.
        var isProxy = address is null || settings.TrustedProxies.Any(r => r.Contains(address));
        if (isDelivery && isProxy) return null;
        return $"{(isDelivery ? "webhooks" : IsHealth(context) ? "health" : IsPage(context) ? "pages" : IsSignIn(context) ? "sign-in" : "api")} {Subscriber(address)}";
    }

    private static bool IsHealth(HttpContext context) => context.Request.Path == "/health/ready";

    // Large ones.
    private static bool IsPage(HttpContext context) => context.Request.Path.StartsWithSegments("/scalar", StringComparison.Ordinal) || context.Request.Path.StartsWithSegments("/openapi", StringComparison.Ordinal);

    // By a forge, which this service asks on their behalf.
    private static bool IsSignIn(HttpContext context) => context.Request.Path.StartsWithSegments("/ui/sign-in", StringComparison.OrdinalIgnoreCase, out var forge) && forge.HasValue;

    private static IPAddress? Address(HttpContext context) =>
        context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.Connection.RemoteIpAddress;

    private static string Subscriber(IPAddress? address) => address is { AddressFamily: AddressFamily.InterNetworkV6 }
        ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, SubscriberPrefixBytes))
        : address?.ToString() ?? "";

    [LoggerMessage(EventId = 1050, Level = LogLevel.Warning, Message = "Requests of {Address} to {What} are refused for a while: too many without a good key or signature")]
    private static partial void LogLimited(ILogger logger, string address, string what);
}
