using CodingAgent.Workflows.Activities;

namespace CodingAgent.Workflows.CodingTask;

/// <summary>What a person can do about a failure, by its type.</summary>
public static class FailureWords
{
    /// <summary>The words.</summary>
    public static string WhatToDo(string? errorType) => errorType switch
    {
        ErrorTypes.ForgeRejected => "Check that the bot's account has write access to this repository and that its token is valid, then ask again.",
        ErrorTypes.GitRejected => "Check that the bot may push branches here (branch protection, token permissions) and that the branch still exists, then ask again.",
        ErrorTypes.ModelRejected => "The operator should check the model's name and key in the configuration, then ask again.",
        ErrorTypes.ModelCredit => "The operator should add credit or raise the spending limit at the model's provider; then ask again, or on a pull request /agent fix.",
        ErrorTypes.SandboxUnavailable => "The operator should run 'codingagent doctor' on the worker and mend the sandbox, then ask again.",
        ErrorTypes.Internal => "This looks like a defect of the agent: please report it with the task id. Asking again may work.",
        _ => "Ask again; if it fails the same way, the operator's log has the details under this task id.",
    };
}
