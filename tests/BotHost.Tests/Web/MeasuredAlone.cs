namespace CodingAgent.BotHost.Tests.Web;

/// <summary>
/// What measures the memory of its process runs when nothing else does in it: what others allocate meanwhile would be counted as its own.
/// </summary>
[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public sealed class MeasuredAlone;
