using Temporalio.Exceptions;
using Temporalio.Worker.Interceptors;

namespace Temporalio.Workflows;

/// <summary>
/// Thrown from the main method to close this run and go on in a new one; made by
/// <see cref="Workflow.CreateContinueAsNewException(string, IReadOnlyCollection{object?}, ContinueAsNewOptions?)" />.
/// </summary>
public class ContinueAsNewException : TemporalException
{
    internal ContinueAsNewException(CreateContinueAsNewExceptionInput input)
        : base("Continue as new") => Input = input;

    internal CreateContinueAsNewExceptionInput Input { get; }
}
