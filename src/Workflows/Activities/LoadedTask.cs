using CodingAgent.Workflows.CodingTask;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Activities;

/// <summary>What loading a task gave: facts, or why it cannot start.</summary>
/// <param name="Facts">Facts; null when it cannot start.</param>
/// <param name="PolicyErrors">What is wrong with the policy file.</param>
/// <param name="Refusal">Why it cannot start, in words; empty when it can.</param>
/// <param name="WhatToDo">What a person can do about the refusal.</param>
public sealed record LoadedTask(TaskFacts? Facts, IReadOnlyList<PolicyError> PolicyErrors, string Refusal, string WhatToDo);
