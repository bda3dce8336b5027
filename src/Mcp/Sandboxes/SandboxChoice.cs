using CodingAgent.Mcp.Images;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Where a task's commands run: in its repository's image where it names one, else among this machine's own programs.</summary>
/// <param name="host">The sandbox over this machine's programs.</param>
/// <param name="engine">The Docker Engine.</param>
public sealed class SandboxChoice(ISandbox host, DockerEngine engine)
{
    /// <summary>The sandbox for one task's work; what an image's tag means is settled with it.</summary>
    /// <param name="image">The image; null for this machine's programs.</param>
    public ISandbox For(ImageReference? image) => image is null ? host : new DockerSandbox(engine, image);
}
