namespace CodingAgent.Chaos;

/// <summary>Which side of a boundary.</summary>
public enum Phase
{
    /// <summary>The server has handed out an activity; its worker does not know yet.</summary>
    BeforeGiven,

    /// <summary>The worker has just been given an activity.</summary>
    AfterGiven,

    /// <summary>The worker has done an activity; the server does not know yet.</summary>
    BeforeReported,

    /// <summary>The server knows the result of an activity; the worker does not know that it does.</summary>
    AfterReported,

    /// <summary>The worker asks the model; the model has not seen it.</summary>
    BeforeAsked,

    /// <summary>The model has answered; the worker does not know yet.</summary>
    BeforeAnswered,

    /// <summary>The worker has just been given the model's answer.</summary>
    AfterAnswered,

    /// <summary>The journal has the model's answer; its tool calls are about to run.</summary>
    AfterAnswerJournaled,

    /// <summary>The journal has the outputs of a turn's tool calls.</summary>
    AfterOutputsJournaled,
}
