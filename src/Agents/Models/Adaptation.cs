using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static CodingAgent.Agents.Models.RequestEdits;

namespace CodingAgent.Agents.Models;

/// <summary>
/// One thing that some endpoints do not take, and how a request says it to them instead. They are tried when a refusal complains about
/// it, and kept for the model when the request is answered then. Each is a rule over the JSON as written, whichever the API.
/// </summary>
/// <param name="Does">What is done, for the log.</param>
/// <param name="Complaint">The words (with parameter and code) of a refusal that this may mend.</param>
/// <param name="Apply">Changes the request; false when there was nothing to change.</param>
internal sealed record Adaptation(string Does, Regex Complaint, Func<JsonObject, bool> Apply)
{
    /// <summary>Those about the length of the answer, which also decides whether a conversation is too long.</summary>
    private static readonly Adaptation[] Limits =
    [
        new("the output limit is left out", Words(@"max_(completion_|output_)?tokens.{0,200}(too (large|high|big)|at most|exceed|less than|greater than|maximum|context length|range)"), WithoutLimit),
        new("the output limit is called max_tokens", Words(@"max_completion_tokens"), body => Rename(body, "max_completion_tokens", "max_tokens")),
        new("the output limit is called max_completion_tokens", Words(@"use '?max_completion_tokens"), body => Rename(body, "max_tokens", "max_completion_tokens")),
        new("an output limit is given", Words(@"max_tokens.{0,60}(required|missing)|(required|missing).{0,60}max_tokens"), body => Set(body, "max_tokens", 8192)),
        new("the output limit is left out", Words(@"max_(output_)?tokens"), WithoutLimit),
    ];

    /// <summary>All, in the order in which they are tried.</summary>
    public static IReadOnlyList<Adaptation> All { get; } =
    [
        .. Limits,
        new("'store' is left out", Words(@"\bstore\b"), body => body.Remove("store")),
        new("strict schemas are not asked for", Words(@"\bstrict\b"), WithoutStrict),
        new("JSON mode in place of a schema, which is told in words", Words(Format), body => SayFormat(body, jsonMode: true)),
        new("no answer format is asked for; the schema is told in words", Words(Format), body => SayFormat(body, jsonMode: false)),
        new("messages that follow each other are joined", Words(@"must alternate|alternate between|consecutive|(multiple|two|only one|single) (system|user) (message|role)|system message must be|after the optional system"), Join),
        new("instructions stand in the first message of the user", Words(@"(system|developer)[^\n]{0,60}(role|message|instruction|prompt)|role[^\n]{0,40}(system|developer)|'(system|developer)'|developer instruction|must alternate"), WithoutSystem),
        new("the model answers between a tool and the user", Words(@"(after|following) role '?(tool|function)|user[^\n]{0,30}after[^\n]{0,30}tool|must alternate|unexpected role '?user|expected last role"), Between),
        new("ids of calls are shortened to nine letters", Words(@"(tool[ _]?calls?|call_id|tool_call_id|tool_use|tooluse)[^\n]{0,160}(length|long|characters|pattern|a-z|invalid)|call_id"), ShortIds),
        new("thoughts are given back empty where there are none", Words(@"reasoning_content.{0,80}(missing|required|must be|passed back)|(missing|required).{0,40}reasoning_content"), WithThoughts),
        new("thoughts are not given back", Words(@"reasoning|thinking|extra_content|provider_specific_fields|thought"), WithoutThoughts),
        new("messages without text get some", Words(@"\b(content|text)\b[^\n]{0,120}(empty|blank|whitespace|at least|minimum|too short)"), body => Texts(body, "(no text)", everywhere: true)),
        new("messages that only call tools get an empty text", Words(@"content[^\n]{0,120}(null|none|nil|missing|required|must be|invalid|expected)|(missing|invalid|null|required)[^\n]{0,60}content"), body => Texts(body, "", everywhere: false)),
        new("schemas of tools are told in the simplest words", Words(@"schema|additional_?properties|unknown name|anyof|proto field|function_declarations|parameters|\btools?\b"), Plain),
        new("items go back with the fields everybody knows", Words(@"input\[?\.?\d+|unknown parameter|unsupported.{0,20}item|item type|extra inputs"), PlainItems),
    ];

    private const string Format =
        @"response[ _]?format|json_schema|json_object|json[ _]mode|json schema|structured[ _]output|response[ _]?mime|response_?schema|text\.format|output_format|output_config|guided|grammar";

    /// <summary>The first not yet tried that a complaint may mean, applied to the request; null when there is none.</summary>
    /// <param name="fault">The complaint.</param>
    /// <param name="body">The request as it was refused; changed when one is found.</param>
    /// <param name="tried">What was applied to it.</param>
    /// <param name="tooLong">The complaint is about the length; then only the limit of the answer can help.</param>
    public static Adaptation? For(OpenAiFault fault, JsonObject body, IReadOnlyCollection<Adaptation> tried, bool tooLong)
    {
        var words = $"{fault.Param} {fault.Code} {fault.Message}";
        return (tooLong ? Limits : All).FirstOrDefault(a => !tried.Contains(a) && a.Complaint.IsMatch(words) && a.Apply(body));
    }

    private static Regex Words(string pattern) =>
        new(pattern, RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}
