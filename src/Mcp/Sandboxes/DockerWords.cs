using System.Text.Json;
using CodingAgent.Mcp.Texts;
using Docker.DotNet;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>What an Engine's failures mean, in one line each, with how to mend them where that is known.</summary>
internal static class DockerWords
{
    private const int Longest = 400;

    // Part of the Engine's message, and what helps. The messages are the Engine's own and stable for many versions.
    private static readonly (string Part, string Help)[] Known =
    [
        ("bind source path does not exist", "the Engine does not see this service's files: both must run on one machine and in the same mount namespace"),
        ("docker-init", "install the Engine's init program (apt-get install tini, or docker-init)"),
        ("no space left on device", "the Engine's disk is full"),
        ("permission denied while trying to connect", "give this service's user access to the Engine's socket"),
    ];

    public static string Of(DockerApiException failure) => WithHelp(Message(failure.ResponseBody) ?? $"status {(int)failure.StatusCode}");

    /// <summary>Why nothing answers at a socket.</summary>
    public static string Away(Exception failure, string socket)
    {
        if (!File.Exists(socket)) return $"there is no socket {socket}; install and start Docker (apt-get install docker.io), or set Sandbox:DockerSocket.";
        for (var e = failure; e is not null; e = e.InnerException!)
        {
            if (e is System.Net.Sockets.SocketException { SocketErrorCode: System.Net.Sockets.SocketError.AccessDenied })
                return $"this user may not use {socket}; add it to the socket's group.";
        }

        return $"nothing answers at {socket} ({OneLine(failure.Message)}).";
    }

    /// <summary>A text of the Engine's, or of an image's making, as one bounded line.</summary>
    public static string OneLine(string text)
    {
        var line = string.Join(" | ", text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var shown = string.Concat(line.Select(c => char.IsControl(c) ? ' ' : c));
        return TextCut.Head(shown, Longest, " …");
    }

    private static string WithHelp(string message)
    {
        var line = OneLine(message);
        var help = Array.Find(Known, k => message.Contains(k.Part, StringComparison.OrdinalIgnoreCase)).Help;
        return help is null ? line : $"{line} ({help}).";
    }

    private static string? Message(string? body)
    {
        if (string.IsNullOrWhiteSpace(body)) return null;
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("message", out var m) && m.ValueKind == JsonValueKind.String ? m.GetString() : body;
        }
        catch (JsonException)
        {
            return body;
        }
    }
}
