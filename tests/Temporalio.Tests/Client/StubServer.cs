using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Transport;

namespace Temporalio.Tests.Client;

/// <summary>A real socket that speaks the protocol, with only the methods a test gives it.</summary>
internal static class StubServer
{
    public static async Task<WebApplication> StartAsync(
        Action<IEndpointRouteBuilder> map, X509Certificate2? certificate = null, Func<X509Certificate2, X509Certificate2Collection, bool>? clientIsKnown = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (certificate is not null)
            {
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = certificate;
                    https.ClientCertificateMode = clientIsKnown is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate;
                    https.ClientCertificateValidation = (client, chain, _) => clientIsKnown!(client, chain!.ChainPolicy.ExtraStore);
                });
            }
        }));
        var app = builder.Build();
        app.MapGrpc(WorkflowServiceMethods.GetSystemInfo, (_, _, _) => Task.FromResult(new Temporalio.Protocol.Service.GetSystemInfoResponse()));
        map(app);
        app.MapGrpcUnimplemented();
        await app.StartAsync();
        return app;
    }

    /// <summary>Host and port it listens on.</summary>
    public static string Target(this WebApplication app) =>
        new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;
}
