using System.Net;
using System.Net.Sockets;
using CodingAgent.BotHost.Adapters;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Housekeeping;
using CodingAgent.BotHost.Temporal;
using CodingAgent.Forges;
using CodingAgent.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.AI;
using Temporalio.Api.WorkflowService.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace CodingAgent.BotHost.Diagnosis;

/// <summary>What only shows when it is tried: forge, model, Temporal, and settings nobody reads. Each part stands for itself; none throws.</summary>
internal static class Connections
{
    // A forge that stays away is asked again a few times, with pauses.
    private static readonly TimeSpan ForgePatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan TemporalPatience = TimeSpan.FromSeconds(10);

    /// <summary>Names that are set and are no setting.</summary>
    public static IReadOnlyList<Finding> OfSettings(IConfiguration configuration) =>
        [.. SettingNames.Unknown(configuration).Select(line => new Finding("settings", FindingLevel.Warning, line))];

    /// <summary>What the running service says of itself without asking anybody.</summary>
    /// <param name="services">The service's.</param>
    /// <param name="settings">Settings.</param>
    public static IReadOnlyList<Finding> OfService(IServiceProvider services, HostSettings settings)
    {
        var found = StartFacts.Of(settings, services.GetRequiredService<EmbeddedTemporal>().Address, services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []);
        var shortage = services.GetRequiredService<DiskSpace>().Shortage;
        return [.. found, .. shortage is null ? (Finding[])[] : [new Finding("disk", FindingLevel.Warning, shortage, "Disk:NewWork")], .. OfSettings(services.GetRequiredService<IConfiguration>())];
    }

    /// <summary>Forge and model, as this role uses them.</summary>
    /// <param name="settings">Settings.</param>
    /// <param name="forges">The forges.</param>
    /// <param name="model">The model endpoint; null where no worker runs.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<Finding>> OfOutsideAsync(
        HostSettings settings, ServedForges forges, IChatClient? model, CancellationToken cancellationToken)
    {
        var asked = Task.WhenAll(forges.All.Select(f => OfForgeAsync(f.Diagnosis, new ForgeWishes([.. settings.Served.Named.Where(r => r.Forge == f.Kind)], f.Webhook?.Path), cancellationToken)));
        var answered = model is null ? [] : await ModelProbe.RunAsync(model, settings.Flow, cancellationToken);
        return [.. (await asked).SelectMany(f => f), .. answered];
    }

    /// <summary>The Temporal cluster, where one is named.</summary>
    public static async Task<Finding> OfTemporalAsync(HostSettings settings, CancellationToken cancellationToken)
    {
        if (settings.TemporalAddress is not { } address)
            return new Finding("temporal", FindingLevel.Ok, $"the embedded server, its database in {settings.DataDirectory}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TemporalPatience);
        try
        {
            var access = TemporalAccess.Of(settings, makes: false);
            var client = await TemporalClient.ConnectAsync(new TemporalClientConnectOptions(address)
            {
                Namespace = settings.TemporalNamespace,
                ApiKey = access.ApiKey,
                Tls = access.Tls,
            }).WaitAsync(limit.Token);
            var rpc = new RpcOptions { CancellationToken = limit.Token };
            await client.Connection.WorkflowService.DescribeNamespaceAsync(new DescribeNamespaceRequest { Namespace = settings.TemporalNamespace }, rpc);
            return new Finding("temporal", FindingLevel.Ok, $"{address} answers, namespace {settings.TemporalNamespace}, task queue {settings.TemporalTaskQueue}");
        }
        catch (RpcException e) when (e.Code == RpcException.StatusCode.NotFound)
        {
            return new Finding("temporal", FindingLevel.Problem, $"{address} has no namespace {settings.TemporalNamespace}: create it there, or mend Temporal:Namespace.", "Temporal:Namespace");
        }
        catch (RpcException e) when (e.Code is RpcException.StatusCode.Unauthenticated or RpcException.StatusCode.PermissionDenied)
        {
            return new Finding("temporal", FindingLevel.Problem, $"{address} does not let this service in ({e.Message}): set Temporal:ApiKey, or Temporal:TlsCertificate and Temporal:TlsKey.", "Temporal:ApiKey");
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException or StorageException && !cancellationToken.IsCancellationRequested)
        {
            var why = e is OperationCanceledException ? $"no answer within {TemporalPatience.TotalSeconds:0} s" : e.Message;
            return new Finding("temporal", FindingLevel.Problem, $"{address} cannot be reached ({why}): check Temporal:Address, Temporal:Tls and the network.", "Temporal:Address");
        }
    }

    /// <summary>Whether web could listen. A service that runs already holds its port itself.</summary>
    public static IReadOnlyList<Finding> OfAddresses(HostSettings settings)
    {
        var found = new List<Finding>();
        foreach (var url in settings.IsWeb ? settings.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [])
        {
            var address = BindingAddress.Parse(url);
            if (address.IsUnixPipe)
                continue;
            var ip = address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback : IPAddress.TryParse(address.Host.Trim('[', ']'), out var named) ? named : IPAddress.Any;
            try
            {
                using var probe = new TcpListener(ip, address.Port);
                probe.Start();
                found.Add(new Finding("web", FindingLevel.Ok, $"{url} is free to listen on"));
            }
            catch (SocketException e)
            {
                found.Add(e.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse => new Finding("web", FindingLevel.Note, $"{url} is in use: by this service, if it runs; else choose another port (Urls, --urls).", "Urls"),
                    SocketError.AccessDenied => new Finding("web", FindingLevel.Problem, $"{url} may not be listened on by this user: choose a port from 1024 on (Urls, --urls) with a proxy in front, or allow it (setcap cap_net_bind_service).", "Urls"),
                    _ => new Finding("web", FindingLevel.Problem, $"{url} cannot be listened on ({e.Message}): name an address of this machine (Urls, --urls).", "Urls"),
                });
            }
        }

        return found;
    }

    private static async Task<IReadOnlyList<Finding>> OfForgeAsync(IForgeDiagnosis forge, ForgeWishes wishes, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ForgePatience);
        try
        {
            return [.. (await forge.DiagnoseAsync(wishes, limit.Token)).Select(Finding.Of)];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [new Finding("forge", FindingLevel.Warning, $"the forge did not answer everything within {ForgePatience.TotalSeconds:0} s; run 'codingagent doctor' again later.")];
        }
    }
}
