namespace CodingAgent.BotHost.Api;

/// <summary>A pull request of a task, as the forge has it now.</summary>
/// <param name="Id">Its id, such as <c>github:owner/name#34</c>.</param>
/// <param name="TaskId">The task that owns it.</param>
/// <param name="Title">Its title.</param>
/// <param name="Description">Its body, which has the risk notes too: people read them there.</param>
/// <param name="Draft">Whether it is a draft.</param>
/// <param name="Open">Whether it is open.</param>
/// <param name="Merged">Whether it is merged.</param>
/// <param name="HeadSha">Its head.</param>
/// <param name="Url">Its page; null where the forge names none.</param>
/// <param name="Task">The task; null while it is not listed.</param>
public sealed record PullResponse(
    string Id, string TaskId, string Title, string Description, bool Draft, bool Open, bool Merged, string HeadSha, Uri? Url, TaskResponse? Task);
