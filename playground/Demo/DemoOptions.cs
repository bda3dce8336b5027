using System.Diagnostics;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Playground.Demo;

/// <summary>What the command line asks for.</summary>
/// <param name="Keep">Leave everything running at the end.</param>
/// <param name="Temporal"><c>host:port</c> of a Temporal server that is already there; null for the service's own.</param>
/// <param name="Namespace">Temporal namespace, for a server that is already there; null for its default.</param>
/// <param name="Sample">The repository the story plays on.</param>
/// <param name="Forge">Whose face of the forge it plays at.</param>
internal sealed record DemoOptions(bool Keep, string? Temporal, string? Namespace, DemoSample Sample, DemoForge Forge)
{
    /// <summary>The words of <c>--help</c>.</summary>
    public const string Help = """
        ./dev demo [--keep] [--forge github|gitlab] [--sample dotnet|shell] [--temporal HOST:PORT [--namespace NAME]]

        A labelled issue becomes a reviewed, merged pull request, on a small forge and with a scripted model on this machine; two processes are killed on
        the way. With OPENAI_API_KEY set a real model does the work. What it makes is gone at its end.

        --keep            leaves service and forge running at the end, with a second repository to play the person on, until Ctrl+C
        --forge NAME      whose face of the forge: github or gitlab
        --sample NAME     the repository: dotnet (where there is an SDK), or shell (needs nothing)
        --temporal        a Temporal server that is already there; Temporal__ApiKey and its kin count
        --namespace NAME  the namespace there
        """;

    private const string Usage = "See ./dev demo --help.";

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="StoryException">One line says what is wrong with them.</exception>
    public static DemoOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new DemoOptions(false, null, null, DemoSample.ForThisMachine(), DemoForge.GitHub);
        for (var i = 0; i < arguments.Count; i++)
        {
            string Value() => i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal)
                ? arguments[++i]
                : throw new StoryException($"{arguments[i]} needs a value. {Usage}");
            options = arguments[i] switch
            {
                "--keep" => options with { Keep = true },
                "--temporal" => options with { Temporal = Value() },
                "--namespace" => options with { Namespace = Value() },
                "--forge" => options with { Forge = FaceOf(Value()) },
                "--sample" => options with { Sample = DemoSample.Named(Value()) },
                var unknown => throw new StoryException($"Unknown option '{unknown}'. {Usage}"),
            };
        }

        return options.Namespace is null || options.Temporal is not null
            ? options
            : throw new StoryException("--namespace is of a Temporal server that is already there: name it with --temporal HOST:PORT.");
    }

    private static DemoForge FaceOf(string name) => name switch
    {
        "github" => DemoForge.GitHub,
        "gitlab" => DemoForge.GitLab,
        _ => throw new StoryException($"--forge is '{name}'; it is github or gitlab."),
    };
}

/// <summary>A repository with the ticket of its story.</summary>
/// <param name="Name">As in <c>--sample</c>.</param>
/// <param name="Ticket">What the story is about.</param>
/// <param name="Write">Writes its files, as they lie on GitHub, into a folder.</param>
internal sealed record DemoSample(string Name, Ticket Ticket, Action<string> Write)
{
    private static readonly DemoSample DotNet = new("dotnet", Ticket.Retries, folder =>
    {
        var source = Path.Combine(AppContext.BaseDirectory, "Sample");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    });

    private static readonly DemoSample Shell = new("shell", Ticket.ThreeNumbers, ShellSample.WriteTo);

    /// <summary>The one in C#, or the one in shell where there is no .NET SDK to build it with.</summary>
    public static DemoSample ForThisMachine()
    {
        try
        {
            using var dotnet = Process.Start(new ProcessStartInfo("dotnet", ["--list-sdks"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var sdks = dotnet.StandardOutput.ReadToEnd();
            return sdks.Split('\n').Any(line => line.StartsWith("10.", StringComparison.Ordinal)) ? DotNet : Shell;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no such program.
            return Shell;
        }
    }

    /// <summary>Writes its files, as they lie on a forge, into a folder that is new.</summary>
    public void WriteTo(string folder, DemoForge forge)
    {
        Directory.CreateDirectory(folder);
        Write(folder);
        if (forge == DemoForge.GitLab)
            GitLabFiles.Move(folder);
    }

    /// <summary>The one of this name.</summary>
    /// <exception cref="StoryException">There is none of that name.</exception>
    public static DemoSample Named(string name) => name switch
    {
        "dotnet" => DotNet,
        "shell" => Shell,
        _ => throw new StoryException($"--sample is '{name}'; it is dotnet or shell."),
    };
}
