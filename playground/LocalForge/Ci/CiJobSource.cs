using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>Something that may start CI: a commit, how it came, and the branch that workflow filters look at.</summary>
internal sealed record CiJobSource(Repo Repo, string Sha, string HeadBranch, string Event, string FilterBranch);
