namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>The request is refused, in OpenAI's error shape.</summary>
internal sealed class ChatRefusedException(int status, string message, string? code = null) : Exception(message)
{
    public int Status { get; } = status;

    public string? Code { get; } = code;

    public string Type => "invalid_request_error";

    public static ChatRefusedException Bad(string message) => new(400, message);
}
