namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>A script for one task: each answer follows from the request alone.</summary>
internal interface IScenario
{
    /// <summary>What it is for, in one line.</summary>
    string Title { get; }

    /// <summary>True when it is the script for this task text.</summary>
    bool Matches(string task);

    /// <summary>What the model says next.</summary>
    /// <exception cref="Wire.ChatRefusedException">The script does not know how to go on; the message says why.</exception>
    Answer Next(Conversation c);
}
