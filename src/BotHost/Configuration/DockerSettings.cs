using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The keys <c>Sandbox:*</c> that are about containers (<c>sandbox.image</c> of a policy).</summary>
internal static class DockerSettings
{
    /// <summary>Key of the Engine's socket; whoever sets it wants an Engine.</summary>
    public const string Socket = "Sandbox:DockerSocket";

    private const int LongestName = 64;

    /// <summary>Reads and checks them.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="allowsUnlimitedMemory">Sandboxes whose memory cannot be limited are accepted.</param>
    /// <exception cref="ConfigurationException">A key is malformed.</exception>
    public static DockerOptions Read(IConfiguration configuration, bool allowsUnlimitedMemory)
    {
        var options = new DockerOptions { AllowUnlimitedMemory = allowsUnlimitedMemory, Pull = ReadPull(configuration["Sandbox:PullImages"]) };
        if (HostSettingsReader.Optional(configuration, Socket) is { } socket)
        {
            // As DOCKER_HOST writes it, or the path alone. An Engine elsewhere cannot see the workspaces.
            var path = socket.StartsWith("unix://", StringComparison.Ordinal) ? socket["unix://".Length..] : socket;
            if (!path.StartsWith('/') || Path.GetFullPath(path) != path)
                throw new ConfigurationException($"{Socket} is '{socket}'; write the full path of a local Docker Engine's socket, e.g. /var/run/docker.sock.");
            options = options with { SocketPath = path };
        }

        if (HostSettingsReader.Optional(configuration, "Sandbox:BuildNetwork") is { } network)
        {
            // "host" and "container:…" would put a build beside the services of this machine.
            if (network.Length > LongestName || network is "host" or "default" || !network.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-') || !char.IsAsciiLetterOrDigit(network[0]))
                throw new ConfigurationException($"Sandbox:BuildNetwork is '{network}'; write none, or the name of a Docker network whose reach you have bounded.");
            options = options with { BuildNetwork = network };
        }

        return options;
    }

    private static ImagePull ReadPull(string? text) => (text?.Trim().ToLowerInvariant() ?? "") switch
    {
        "" or "never" => ImagePull.Never,
        "pinned" => ImagePull.Pinned,
        "any" => ImagePull.Any,
        _ => throw new ConfigurationException($"Sandbox:PullImages is '{text}'; write never, pinned (only images named by a digest) or any."),
    };
}
