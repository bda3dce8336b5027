using System.Globalization;

namespace CodingAgent.Playground.Demo;

/// <summary>What the command line of <c>forge</c> asks for.</summary>
internal sealed record ForgeOptions
{
    /// <summary>The words of <c>--help</c>.</summary>
    public const string Help = """
        ./dev forge [--port N] [--service URL] [--sample shell|dotnet] [--tls | --certificate FILE --key FILE] [--model-port N]

        Starts LocalForge, a small forge on this machine with GitHub's and GitLab's faces, with a sample repository for each, and the scripted
        model; says how the bot is pointed at them, and runs until Ctrl+C. Everything is made for this run and gone at its end.

        --port N            port of the forge on 127.0.0.1 (8090; 0 for a free one)
        --model-port N      port of the scripted model (8091; 0 for a free one)
        --service URL       where the bot is served, for the webhooks (http://127.0.0.1:8080)
        --sample NAME       the repository: shell (needs nothing), or dotnet
        --tls               over TLS, with a certificate made at start: what gh wants
        --certificate FILE  over TLS, with this certificate in PEM
        --key FILE          its key in PEM, where it is not in the same file
        """;

    private const string Usage = "See ./dev forge --help.";

    public int Port { get; init; } = 8090;

    public int ModelPort { get; init; } = 8091;

    public Uri Service { get; init; } = new("http://127.0.0.1:8080/");

    public DemoSample Sample { get; init; } = DemoSample.Named("shell");

    public bool Tls { get; init; }

    public string? Certificate { get; init; }

    public string? Key { get; init; }

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="StoryException">One line says what is wrong with them.</exception>
    public static ForgeOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new ForgeOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            string Value() => i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal) ? arguments[++i] : throw new StoryException($"{name} needs a value. {Usage}");
            options = name switch
            {
                "--port" => options with { Port = PortOf(name, Value()) },
                "--model-port" => options with { ModelPort = PortOf(name, Value()) },
                "--service" => options with { Service = AddressOf(Value()) },
                "--sample" => options with { Sample = DemoSample.Named(Value()) },
                "--tls" => options with { Tls = true },
                "--certificate" => options with { Tls = true, Certificate = FileOf(name, Value()) },
                "--key" => options with { Key = FileOf(name, Value()) },
                var unknown => throw new StoryException($"Unknown option '{unknown}'. {Usage}"),
            };
        }

        return options.Key is null || options.Certificate is not null ? options : throw new StoryException($"--key is the key of a certificate: name that with --certificate. {Usage}");
    }

    private static int PortOf(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535 ? port : throw new StoryException($"{name} is '{text}'; it is a number up to 65535. {Usage}");

    // With a slash at its end, for the paths of the webhooks.
    private static Uri AddressOf(string text) => Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
        : throw new StoryException($"--service is '{text}'; it is an address like http://127.0.0.1:8080. {Usage}");

    private static string FileOf(string name, string path) => File.Exists(path) ? path : throw new StoryException($"{name}: there is no file {path}. {Usage}");
}
