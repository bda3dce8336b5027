using System.Text.RegularExpressions;

namespace CodingAgent.Agents.Models;

/// <summary>
/// What a refusal is about, by codes and words. Endpoints use the same status for many things (400 for an unknown model, for a key, for
/// an empty account), so the words decide where the status does not. Collected from public reports of users of LiteLLM, vLLM, Ollama,
/// llama.cpp, OpenRouter, Azure, Groq, Mistral, DeepSeek, Gemini and others.
/// </summary>
internal static partial class FaultWords
{
    private static readonly HashSet<string> Context = new(StringComparer.OrdinalIgnoreCase)
    {
        "context_length_exceeded", "exceed_context_size_error", "model_max_prompt_tokens_exceeded", "request_too_large",
        "context_window_exceeded", "input_too_long", "max_input_tokens_exceeded",
    };

    private static readonly HashSet<string> Filter = new(StringComparer.OrdinalIgnoreCase)
    {
        "content_filter", "responsibleaipolicyviolation", "content_policy_violation", "data_inspection_failed", "invalid_prompt", "prohibited_content",
        "moderation_blocked", "cyber_policy",
    };

    private static readonly HashSet<string> Model = new(StringComparer.OrdinalIgnoreCase)
    {
        "model_not_found", "invalid_model", "unknown_model", "model_not_supported", "deploymentnotfound", "model_not_exist", "model_decommissioned",
        "invalid_model_error", "notfounderror", "modelnotfound", "unsupported_model", "model_terms_required",
    };

    private static readonly HashSet<string> Key = new(StringComparer.OrdinalIgnoreCase)
    {
        "invalid_api_key", "api_key_invalid", "authentication_error", "invalid_authentication", "unauthorized", "unauthenticated", "auth_error", "invalid_token",
    };

    private static readonly HashSet<string> Mistake = new(StringComparer.OrdinalIgnoreCase) { "tool_use_failed", "json_validate_failed", "output_parse_failed" };

    /// <summary>What is refused; null when neither code nor words tell.</summary>
    public static FaultKind? Of(int status, OpenAiFault fault)
    {
        if (status == 402 || fault.IsAboutCredit || (status != 429 ? NoCredit() : SurelyNoCredit()).IsMatch(fault.Message))
            return FaultKind.Credit;
        // "Too many tokens" is also what throttling says; a request that is larger than the whole allowance says so.
        if (fault.HasCode(Context) || (status != 429 ? TooLong() : LargerThanTheLimit()).IsMatch(fault.Message) || status == 413)
            return FaultKind.ContextLength;
        if (fault.HasCode(Mistake))
            return FaultKind.Mistake;
        if (NoTools().IsMatch(fault.Message))
            return FaultKind.NoTools;
        if (status is 408 or 409 or 429)
            return null;
        if (fault.HasCode(Filter) || Filtered().IsMatch(fault.Message))
            return FaultKind.Content;
        if (fault.HasCode(Model) || UnknownModel().IsMatch(fault.Message))
            return FaultKind.Model;
        if (status == 401 || fault.HasCode(Key) || BadKey().IsMatch(fault.Message))
            return FaultKind.Key;
        return NoRoom().IsMatch(fault.Message) ? FaultKind.Server : null;
    }

    [GeneratedRegex(
        @"credit balance|insufficient[ _](credit|balance|quota|fund)|(out of|used all|no|not enough|remaining) (available )?credits?\b|budget (has been )?exceeded|exceeded? (your |the )?(monthly |total )?(budget|spend)|spend(ing)? limit|key limit exceeded|arrear|overdue payment|payment required|add (more )?credits|recharge|billing (is )?not active|account is not active|purchase credits|余额不足",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex NoCredit();

    // Per-minute quotas are told in words like "exceeded your current quota, check your billing details": those pass.
    [GeneratedRegex(
        @"credit balance|insufficient[ _](credit|balance|fund)|(out of|used all) (available )?credits?\b|budget (has been )?exceeded|billing hard limit|account is not active|余额不足",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex SurelyNoCredit();

    [GeneratedRegex(
        @"(maximum|max|model'?s?|available) (context|sequence|input|prompt) (length|size|tokens)|context[ _](window|length|size)|(prompt|input|request|message|messages|conversation|content)( \w+)? (is|are|was) too (long|large)|too many (input |prompt |total )?tokens|too large for model|length of all messages|exceeds? (the )?(maximum|max|context|model|available)( \w+){0,4} (tokens|context|length)|input token count|prompt token count|reduce (the length|your (message|prompt|input)|the (number|size|amount) of (input |prompt )?(tokens|messages))|request too large|tokens must be reduced|tokens in request more than max|range of input length|(content|input|text)'?: string too long|contextwindowexceeded|max_model_len|exceed_context_size",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex TooLong();

    [GeneratedRegex("request too large|tokens must be reduced", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex LargerThanTheLimit();

    [GeneratedRegex(@"content management policy|content[ _]filter|content policy|responsible ?ai ?policy|flagged (as|for|by)|safety (system|filter|policy|reasons)|data inspection|usage polic|prohibited content", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Filtered();

    [GeneratedRegex(
        @"model not (exist|found)|(no|unknown|invalid|unsupported) model\b|(invalid|unknown) model (name|id|identifier)|not a valid model|model[ '""`:=][^\n]{0,120}?(does not exist|doesn't exist|not exist|not found|is not supported|not available|not loaded|has been (deprecated|decommissioned)|no longer available)|model identifier is invalid|deployment[^\n]{0,80}does not exist|models? (is|are)? ?loaded\. please load|no models loaded|failed to load model|no (allowed )?(providers|endpoints) (are )?(available|found)|try pulling it first",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex UnknownModel();

    [GeneratedRegex(
        @"(invalid|incorrect|missing|no|expired|wrong|malformed|unrecognized)( \w+)? (api[ -_]?key|auth(entication|orization)?\b|credentials|subscription key|access token|bearer)|api[ -_]?key (is |was )?(not valid|invalid|missing|required|expired|not found)|authentication (error|failed|fails|failure)|access denied due to invalid",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex BadKey();

    [GeneratedRegex(
        @"(does|do) not support (tool|function)|(tools?|function|tool[ -]?call(ing|s)?|function calling) (use )?(is|are) not supported|support tool use|enable-auto-tool-choice|tool-call-parser|tools param requires --jinja|without --jinja|tool calling is disabled",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex NoTools();

    [GeneratedRegex(@"requires more (system|gpu) memory|insufficient (system )?memory|cuda out of memory|out of memory", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex NoRoom();
}

/// <summary>What a refusal of an endpoint is about.</summary>
internal enum FaultKind
{
    /// <summary>No credit, or a budget is used up.</summary>
    Credit,

    /// <summary>Too long for the model, or for one request.</summary>
    ContextLength,

    /// <summary>A content filter.</summary>
    Content,

    /// <summary>The model's name.</summary>
    Model,

    /// <summary>The key.</summary>
    Key,

    /// <summary>The model, or its server as started, cannot call tools.</summary>
    NoTools,

    /// <summary>What the model wrote could not be read there (a call, JSON): its work was done, and may be asked for again.</summary>
    Mistake,

    /// <summary>The server cannot run the model (memory).</summary>
    Server,
}
