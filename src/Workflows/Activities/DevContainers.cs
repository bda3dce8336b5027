using System.Text;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Images;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Activities;

/// <summary>Finds the image of a repository's dev container, where the policy asks for it: from the base commit, fetched or built when the operator allows.</summary>
/// <param name="git">Git.</param>
/// <param name="images">Builds and fetches.</param>
/// <param name="settings">Settings.</param>
public sealed class DevContainers(TrustedGit git, DockerImageBuilder images, FlowSettings settings)
{
    /// <summary>The dev container of a commit, its image on this machine.</summary>
    /// <exception cref="UnusableImageException">There is none that can be used; the message says why.</exception>
    public async Task<FoundContainer> FindAsync(GitMirror mirror, string baseSha, RepositoryPolicy policy, CancellationToken cancellationToken)
    {
        var paths = (await git.ListTreeAsync(mirror, baseSha, cancellationToken)).Select(e => e.Path);
        if (DevContainer.FileOf(paths) is not { } path || await git.ReadFileAsync(mirror, baseSha, path, cancellationToken) is not { } bytes)
            throw new UnusableImageException("The policy asks for the dev container (sandbox.devcontainer), and the base commit has no devcontainer.json, or several of which none is the first.");
        DevContainer container;
        try
        {
            container = DevContainer.Parse(Encoding.UTF8.GetString(bytes), path);
        }
        catch (FormatException e)
        {
            throw new UnusableImageException($"The dev container cannot be used: {e.Message}", e);
        }

        // A build reads files of the base, and nothing else ever writes there.
        var workspace = await git.CreateWorkspaceAsync(mirror, baseSha, null, $"container-{baseSha}", cancellationToken);
        try
        {
            var tree = await git.TreeOfAsync(mirror, baseSha, cancellationToken);
            var image = await images.ImageAsync(container, workspace.RootPath, tree, SandboxPolicy.Limits(policy, settings), cancellationToken);
            return new FoundContainer(image.ToString(), container.SetUp, container.Notes);
        }
        finally
        {
            await git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);
        }
    }

    /// <summary>A dev container whose image is there.</summary>
    /// <param name="Image">Reference of the image.</param>
    /// <param name="SetUp">Its own set-up commands.</param>
    /// <param name="Notes">What its file asks for and is not done.</param>
    public sealed record FoundContainer(string Image, IReadOnlyList<string> SetUp, IReadOnlyList<string> Notes);
}
