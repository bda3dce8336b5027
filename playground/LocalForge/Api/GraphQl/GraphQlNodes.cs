using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api.GraphQl;

/// <summary>Things of the world together with where they are, which GraphQL asks of them.</summary>
internal static class GraphQlNodes
{
    public sealed record OfComment(Issue On, Comment Comment);

    public sealed record OfLine(Issue On, ReviewComment Comment);

    public sealed record OfReview(Issue On, Review Review);

    public sealed record OfThread(Issue On, ReviewComment Root)
    {
        public string Id => $"PRRT_{Root.Id}";

        public IEnumerable<OfLine> Lines => On.Pull!.Comments.Where(c => c == Root || c.InReplyTo == Root.Id).OrderBy(c => c.Id).Select(c => new OfLine(On, c));
    }

    public sealed record OfCommit(Repo In, CommitInfo Commit);

    public sealed record OfCheck(Repo In, CheckRun Run);

    public static IEnumerable<OfThread> Threads(Issue pull) => pull.Pull!.Comments.Where(c => c.InReplyTo is null).Select(c => new OfThread(pull, c));
}
