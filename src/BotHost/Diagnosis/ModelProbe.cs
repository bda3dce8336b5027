using System.Text.Json;
using CodingAgent.Agents.Models;
using CodingAgent.Workflows.Activities;
using Microsoft.Extensions.AI;

namespace CodingAgent.BotHost.Diagnosis;

/// <summary>Asks each configured model for a word: key, address, name and credit are tried as the first task would try them.</summary>
internal static class ModelProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Enough for a word; a model that thinks first is cut short, which is an answer too.
    private const int MostTokens = 64;

    // An endpoint that takes no tools serves no agent.
    private static readonly AIFunctionDeclaration Look = AIFunctionFactory.CreateDeclaration(
        "look", "Looks at a file.", JsonElement.Parse("""{"type":"object","properties":{"path":{"type":"string"}},"required":["path"],"additionalProperties":false}"""));

    /// <summary>One finding a model, and one for what has no price.</summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(IChatClient client, FlowSettings flow, CancellationToken cancellationToken)
    {
        var found = new List<Finding>();
        foreach (var (model, roles) in Configured(flow))
        {
            found.Add(await AskAsync(client, model, roles, cancellationToken));
            if (flow.Prices.Find(model) is null)
                found.Add(new Finding("model", FindingLevel.Note, $"no price is known for {model}: its cost is shown as unknown, and only the limits of tokens and time bind. Set Models:Prices:{model}:Input, :CachedInput and :Output.", "Models:Prices"));
        }

        return found;
    }

    /// <summary>The configured models, each with what it is for.</summary>
    public static IEnumerable<(string Model, string Roles)> Configured(FlowSettings flow)
    {
        IEnumerable<(string Role, string? Model)> roles =
            [("planner", flow.PlannerModel), ("coder", flow.CoderModel), ("critic", flow.CriticModel ?? flow.PlannerModel), ("fallback", flow.FallbackModel)];
        return roles.Where(r => r.Model is not null).GroupBy(r => r.Model!, r => r.Role, StringComparer.Ordinal).Select(g => (g.Key, string.Join(", ", g)));
    }

    private static async Task<Finding> AskAsync(IChatClient client, string model, string roles, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await client.GetResponseAsync([new ChatMessage(ChatRole.System, "Be brief."), new ChatMessage(ChatRole.User, "Answer with the one word: ready")], new ChatOptions { ModelId = model, MaxOutputTokens = MostTokens, Tools = [Look] }, limit.Token);
            var adapted = client.GetService<OpenAiChatClient>()?.AdaptationsFor(model) ?? [];
            return new Finding("model", FindingLevel.Ok, $"{model} answers ({roles}){string.Concat(adapted.Select(a => $"; {a}"))}");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return Judge(e, model, roles);
        }
    }

    // The one place that knows what the client's failures mean here.
    private static Finding Judge(Exception e, string model, string roles) => e switch
    {
        ModelRejectedException rejected => new Finding("model", FindingLevel.Problem, $"{model} ({roles}) was refused: {rejected.Message}", SettingOf(rejected)),
        // It may pass, and tasks wait for it; but nothing works until then.
        ModelUnavailableException away => new Finding("model", FindingLevel.Problem, $"{model} ({roles}) cannot be had now: {away.Message} Tasks wait until it can; if this stays, check OPENAI_BASE_URL, the network and the endpoint.", "OPENAI_BASE_URL"),
        OperationCanceledException => new Finding("model", FindingLevel.Warning, $"{model} ({roles}) gave no answer within {Patience.TotalSeconds:0} s: the endpoint is slow, or still loads the model (OPENAI_BASE_URL).", "OPENAI_BASE_URL"),
        _ => new Finding("model", FindingLevel.Problem, $"{model} ({roles}) could not be asked ({e.GetType().Name}): {e.Message} Check Models:* and OPENAI_BASE_URL.", "Models:Default"),
    };

    private static string SettingOf(ModelRejectedException e) =>
        e.Cause == ModelRejection.Credit || e.Status is 401 or 402 or 403 ? "OPENAI_API_KEY" : "Models:Default";
}
