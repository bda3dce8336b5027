using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Phases;

/// <summary>The life of a task as its job sees it: the only way from a <see cref="Flow"/> to the world. All of it runs in the workflow's own thread.</summary>
public interface ITaskLife
{
    /// <summary>What started the task.</summary>
    CodingTaskInput Input { get; }

    /// <summary>Everything it remembers.</summary>
    CodingTaskState State { get; }

    /// <summary>What it knows about its repository.</summary>
    TaskFacts Facts { get; }

    /// <summary>The workflow's clock.</summary>
    DateTimeOffset Now { get; }

    /// <summary>The history is long: whoever repeats steps throws <see cref="TaskStopException.Again"/>, and is called anew in a fresh one.</summary>
    bool HistoryIsLong { get; }

    /// <summary>Enters a working state and says so.</summary>
    Task EnterAsync(TaskState state, string step);

    /// <summary>Options of an activity that may take this long.</summary>
    ActivityOptions Within(TimeSpan limit);

    /// <summary>Waits for an activity, but not longer than the task itself is wanted.</summary>
    Task<T> InterruptibleAsync<T>(Func<CancellationToken, Task<T>> start)
        where T : class;

    /// <summary>Runs an agent to its answer, over segments and outages, within what is left of the budget.</summary>
    /// <param name="role">The agent.</param>
    /// <param name="fill">Fills in what it is asked.</param>
    /// <param name="goesOnCut">What to do when a person finishes the task meanwhile: true gives back the segment that it was cut to, false ends the task.</param>
    Task<AgentActivities.AgentStepResult> RunAgentAsync(AgentRole role, Func<AgentActivities.AgentStep, AgentActivities.AgentStep> fill, bool goesOnCut = false);

    /// <summary>Says something where the task was asked for, once under a key; nothing where it was asked for over REST.</summary>
    Task SayAsync(string key, string words);

    /// <summary>
    /// Asks people, and waits while the task costs nothing until one of them says something to the task; nobody does for long, and it is closed.
    /// </summary>
    /// <param name="key">Names the question within the task: asked again under the same name, it is not asked twice.</param>
    /// <param name="step">What the task waits for, in words.</param>
    /// <param name="question">The comment.</param>
    /// <returns>What they said; empty when they only asked to try again.</returns>
    Task<IReadOnlyList<PersonText>> AskAsync(string key, string step, string question);
}
