namespace CodingAgent.Workflows.Ports;

/// <summary>Whether the machine that carries out a task's steps has room for new work.</summary>
public interface IRoomForWork
{
    /// <summary>Why new work waits, as a sentence for people who use the service, without names of the machine; null while there is room.</summary>
    string? WhyNot { get; }
}
