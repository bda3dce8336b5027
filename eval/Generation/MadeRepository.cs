using CodingAgent.Eval.Bundles;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Eval.Generation;

/// <summary>A git repository that is ready to be tried, with the change that is wanted of it.</summary>
/// <param name="Name">Name.</param>
/// <param name="Header">Issue, expectation and how to run its tests.</param>
/// <param name="Git">The repository; <c>HEAD</c> is the base.</param>
/// <param name="FileCount">Files of the base.</param>
/// <param name="ExpectedTree">Tree of the base with the change made.</param>
/// <param name="Change">The change, for the model to play.</param>
internal sealed record MadeRepository(string Name, BundleHeader Header, Git Git, int FileCount, string ExpectedTree, ReferenceChange Change)
{
    /// <summary>The submodule's repository; null without one.</summary>
    public Git? Submodule { get; init; }
}
