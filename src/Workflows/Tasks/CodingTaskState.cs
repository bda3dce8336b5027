using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodingAgent.Workflows.Tasks;

/// <summary>
/// Everything a task remembers, as a few records. Each is changed by its own methods alone, only the workflow calls them, and only in its own
/// thread. Carried whole through continue-as-new.
/// </summary>
[JsonConverter(typeof(OneObject))]
public sealed record CodingTaskState
{
    /// <summary>Where the task stands, as people see it.</summary>
    public TaskProgress Progress { get; private init; } = new();

    /// <summary>What the outside said and nobody has dealt with yet.</summary>
    public TaskInbox Inbox { get; private init; } = new();

    /// <summary>The plan and its approval.</summary>
    public PlanState Plan { get; private init; } = new();

    /// <summary>The change being made.</summary>
    public WorkState Work { get; private init; } = new();

    /// <summary>What is on the forge: branch, pull request, CI.</summary>
    public PullState Pull { get; private init; } = new();

    /// <summary>The wait for people.</summary>
    public WaitState Wait { get; private init; } = new();

    /// <summary>Agent runs and what they used.</summary>
    public BudgetState Budget { get; private init; } = new();

    /// <summary>What the job remembers.</summary>
    public FlowState Flow { get; private init; } = new();

    /// <summary>What it is divided into, or what it told the whole that it is a part of.</summary>
    public PartsState Parts { get; private init; } = new();

    /// <summary>The state of a task that begins now.</summary>
    /// <param name="runKey">Names the task in markers, branches and journals.</param>
    /// <param name="now">Start.</param>
    public static CodingTaskState Begin(string runKey, DateTimeOffset now) => new() { Progress = new TaskProgress { RunKey = runKey, CreatedAt = now } };

    /// <summary>
    /// In JSON the records lie side by side in one object, because running tasks carry their state that way since before there were records:
    /// each reads its own fields of the object and leaves the others. So no two may share a name.
    /// </summary>
    private sealed class OneObject : JsonConverter<CodingTaskState>
    {
        public override CodingTaskState Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            T Part<T>() => document.RootElement.Deserialize<T>(options) ?? throw new JsonException("The state of a task is not an object.");
            return new CodingTaskState
            {
                Progress = Part<TaskProgress>(),
                Inbox = Part<TaskInbox>(),
                Plan = Part<PlanState>(),
                Work = Part<WorkState>(),
                Pull = Part<PullState>(),
                Wait = Part<WaitState>(),
                Budget = Part<BudgetState>(),
                Flow = Part<FlowState>(),
                Parts = Part<PartsState>(),
            };
        }

        public override void Write(Utf8JsonWriter writer, CodingTaskState value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (object part in new object[] { value.Progress, value.Inbox, value.Plan, value.Work, value.Pull, value.Wait, value.Budget, value.Flow, value.Parts })
            {
                foreach (var property in JsonSerializer.SerializeToElement(part, part.GetType(), options).EnumerateObject())
                    property.WriteTo(writer);
            }

            writer.WriteEndObject();
        }
    }
}
