using System.Net;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tests.Fakes;
using static CodingAgent.Agents.Tests.Fakes.FakeEndpoint;

namespace CodingAgent.Agents.Tests.Models;

/// <summary>What endpoints refuse, told as what it is with the setting to change, in the words they were reported with.</summary>
public sealed class RefusalsTests
{
    [Theory]
    // Credit, under any status.
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API. Please go to Plans & Billing to upgrade or purchase credits."}}""", ModelRejection.Credit, "credit")]
    [InlineData(400, """{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}""", ModelRejection.Credit, "credit")]
    [InlineData(429, """{"error":{"message":"Insufficient balance or no resource package. Please recharge.","code":"1113"}}""", ModelRejection.Credit, "credit")]
    [InlineData(403, """{"error":{"message":"Key limit exceeded (total limit).","code":403}}""", ModelRejection.Credit, "credit")]
    [InlineData(403, """{"code":"The caller does not have permission","error":"Your team has either used all available credits or reached its monthly spending limit."}""", ModelRejection.Credit, "credit")]
    [InlineData(400, """{"error":{"message":"Budget has been exceeded! Current cost: 10.1, Max budget: 10.0","type":"budget_exceeded","param":null,"code":"400"}}""", ModelRejection.Credit, "credit")]
    [InlineData(429, """{"error":{"message":"ExceededBudget: Budget has been exceeded!","type":"budget_exceeded"}}""", ModelRejection.Credit, "credit")]
    [InlineData(400, """{"error":{"message":"Access denied, please make sure your account is in good standing.","code":"Arrearage"}}""", ModelRejection.Credit, "credit")]
    // Key.
    [InlineData(400, """[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]""", ModelRejection.Settings, "OPENAI_API_KEY")]
    [InlineData(401, """{"error":{"message":"No auth credentials found","code":401}}""", ModelRejection.Settings, "OPENAI_API_KEY")]
    [InlineData(401, """{"detail":"Invalid API key"}""", ModelRejection.Settings, "OPENAI_API_KEY")]
    [InlineData(403, """{"message":"Missing Authentication Token"}""", ModelRejection.Settings, "OPENAI_API_KEY")]
    [InlineData(500, """{"error":{"message":"litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-proj-****cdef"}}""", ModelRejection.Settings, "OPENAI_API_KEY")]
    // Model, as 404 and as 400.
    [InlineData(404, """{"error":{"message":"The model `m-secret` does not exist or you do not have access to it.","type":"invalid_request_error","code":"model_not_found"}}""", ModelRejection.Settings, "Models:*")]
    [InlineData(404, """{"error":{"message":"model \"m-secret\" not found, try pulling it first","type":"not_found_error"}}""", ModelRejection.Settings, "Models:*")]
    [InlineData(400, """{"error":{"message":"m-secret is not a valid model ID","code":400},"user_id":"user_31r7dpAHXuXTcXv4o2h"}""", ModelRejection.Settings, "Models:*")]
    [InlineData(400, """{"error":"{'error': '/chat/completions: Invalid model name passed in model=m-secret. Call `/v1/models` to view available models for your key.'}"}""", ModelRejection.Settings, "Models:*")]
    [InlineData(400, """{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""", ModelRejection.Settings, "Models:*")]
    [InlineData(400, """{"object":"error","message":"Invalid model: m-secret","type":"invalid_model","param":null,"code":"1500"}""", ModelRejection.Settings, "Models:*")]
    [InlineData(404, """{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}""", ModelRejection.Settings, "deployment")]
    [InlineData(400, """{"error":{"message":"The model `m-secret` has been decommissioned and is no longer supported.","code":"model_decommissioned"}}""", ModelRejection.Settings, "Models:*")]
    [InlineData(404, """{"error":{"message":"No models loaded. Please load a model in the developer page or use the `lms load` command."}}""", ModelRejection.Settings, "Models:*")]
    [InlineData(404, "404 page not found", ModelRejection.Settings, "OPENAI_BASE_URL")]
    [InlineData(404, """{"error":{"message":"Invalid URL (POST /v1/v1/chat/completions)","type":"invalid_request_error"}}""", ModelRejection.Settings, "OPENAI_BASE_URL")]
    // Tools.
    [InlineData(400, """{"error":{"message":"registry.ollama.ai/library/m-secret does not support tools","type":"api_error"}}""", ModelRejection.Settings, "call tools")]
    [InlineData(404, """{"error":{"message":"No endpoints found that support tool use. To learn more about provider routing, visit: https://docs.test/provider-routing","code":404}}""", ModelRejection.Settings, "call tools")]
    [InlineData(400, """{"object":"error","message":"\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set","type":"BadRequestError","code":400}""", ModelRejection.Settings, "call tools")]
    [InlineData(500, """{"error":{"code":500,"message":"tools param requires --jinja flag","type":"server_error"}}""", ModelRejection.Settings, "call tools")]
    // Length.
    [InlineData(400, """{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.","code":"context_length_exceeded"}}""", ModelRejection.ContextLength, "larger context")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210094 tokens > 200000 maximum"}}""", ModelRejection.ContextLength, "larger context")]
    [InlineData(400, """{"error":{"code":400,"message":"request (10000 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error"}}""", ModelRejection.ContextLength, "larger context")]
    [InlineData(400, """{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_error"}""", ModelRejection.ContextLength, "larger context")]
    [InlineData(400, """{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}""", ModelRejection.ContextLength, "larger context")]
    [InlineData(413, """{"error":{"message":"Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.","type":"tokens","code":"rate_limit_exceeded"}}""", ModelRejection.ContextLength, "larger context")]
    [InlineData(429, """{"error":{"message":"Request too large for gpt on tokens per min (TPM): Limit 30000, Requested 40000. The input or output tokens must be reduced in order to run successfully.","type":"tokens","code":"rate_limit_exceeded"}}""", ModelRejection.ContextLength, "larger context")]
    [InlineData(500, """{"error":{"message":"the request exceeds the available context size. try increasing the context size or enable context shift"}}""", ModelRejection.ContextLength, "larger context")]
    // Content.
    [InlineData(400, """{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"violence":{"filtered":true,"severity":"medium"}}}}}""", ModelRejection.Content, "content filter")]
    [InlineData(400, """{"error":{"message":"litellm.ContentPolicyViolationError: AzureException - blocked","type":null,"code":"400","innererror":{"code":"ResponsibleAIPolicyViolation"}}}""", ModelRejection.Content, "content filter")]
    [InlineData(400, """{"error":{"code":"data_inspection_failed","message":"Input data may contain inappropriate content."}}""", ModelRejection.Content, "content filter")]
    [InlineData(403, """{"error":{"code":403,"message":"Input was flagged by moderation"}}""", ModelRejection.Content, "content filter")]
    // The server itself.
    [InlineData(500, """{"error":{"message":"model requires more system memory (9.2 GiB) than is available (5.5 GiB)"}}""", ModelRejection.Settings, "memory")]
    public async Task Refused_IsToldAsWhatItIs(int status, string body, ModelRejection cause, string setting)
    {
        foreach (var api in Enum.GetValues<OpenAiApi>())
        {
            var endpoint = new FakeEndpoint(_ => Json((HttpStatusCode)status, body), api);
            var error = await Should.ThrowAsync<ModelRejectedException>(() => endpoint.AskAsync(options: new() { ModelId = "m-secret" }));
            error.Cause.ShouldBe(cause);
            error.Message.ShouldContain(setting);
            foreach (var hidden in (string[])["m-secret", "https://", "user_31r7", "cdef", "model.test"])
                error.Message.ShouldNotContain(hidden, Case.Insensitive);
        }
    }

    [Theory]
    [InlineData(429, """{"error":{"message":"Rate limit reached for model `m` in organization `org_01abcdefghij` on tokens per minute (TPM): Limit 15000, Used 11972, Requested 4351. Please try again in 5.289s.","type":"tokens","code":"rate_limit_exceeded"}}""")]
    [InlineData(429, """{"message":"Too many tokens, please wait before trying again."}""")]
    [InlineData(429, """[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED"}}]""")]
    [InlineData(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""")]
    [InlineData(400, """{"error":{"message":"upstream error","type":"server_error"}}""")]
    [InlineData(503, """{"error":{"message":"Loading model","type":"unavailable_error","code":503}}""")]
    [InlineData(500, """{"error":{"message":"no healthy upstream"}}""")]
    public async Task Refused_ForNow_Passes(int status, string body) =>
        (await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(_ => Json((HttpStatusCode)status, body)).AskAsync())).Message.ShouldNotContain("org_01");

    // The model's own slip, refused by a server that reads its calls: worked for, and worth another try.
    [Theory]
    [InlineData("""{"error":{"message":"Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"<function=read_file{}>"}}""")]
    [InlineData("""{"error":{"message":"Failed to generate JSON.","type":"invalid_request_error","code":"json_validate_failed"}}""")]
    public async Task Refused_ForTheModelsSlip_IsPaidAndAskedAgain(string body) =>
        (await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(_ => Json(HttpStatusCode.BadRequest, body)).AskAsync())).Spent.ShouldNotBeNull();

    // The clock stands at 2026-11-22 12:00:00.
    [Theory]
    [InlineData("retry-after", "1e999", null)]
    [InlineData("retry-after", "99999999", 86_400d)]
    [InlineData("retry-after", "2m59.5s", 179.5)]
    [InlineData("retry-after-ms", "1500.5", 1.5005)]
    [InlineData("x-ratelimit-reset-requests", "6m0s", 360d)]
    [InlineData("x-ratelimit-reset-tokens", "120ms", 0.12)]
    [InlineData("x-ratelimit-reset", "1795348860000", 60d)]
    [InlineData("x-ratelimit-reset", "1795348830", 30d)]
    [InlineData("x-ratelimit-reset", "1795340000000", 0d)]
    [InlineData("ratelimit-reset", "25", 25d)]
    [InlineData("anthropic-ratelimit-tokens-reset", "2026-11-22T12:00:45Z", 45d)]
    [InlineData("x-ratelimit-reset-tokens", "soon", null)]
    public async Task RetryHeaders_OfManyKinds_AreRead(string header, string value, double? seconds)
    {
        var error = await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(_ => Json(HttpStatusCode.TooManyRequests, "{}", (header, value))).AskAsync());
        error.RetryAfter.ShouldBe(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
    }

    [Fact]
    public async Task RetryHeaders_OfSeveralLimits_TheUsedUpCounts()
    {
        Task<HttpResponseMessage> Answer() => Json(
            HttpStatusCode.TooManyRequests, "{}", ("x-ratelimit-reset-requests", "24h0m0s"), ("x-ratelimit-remaining-requests", "99"), ("x-ratelimit-reset-tokens", "7.66s"), ("x-ratelimit-remaining-tokens", "0"));
        (await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(_ => Answer()).AskAsync())).RetryAfter.ShouldBe(TimeSpan.FromSeconds(7.66));
    }

    [Theory]
    [InlineData("""{"error":{"message":"Rate limit reached. Please try again in 1m5.5s. Visit the console.","code":"rate_limit_exceeded"}}""", 65.5)]
    [InlineData("""{"error":{"message":"Please retry in 32.5s."}}""", 32.5)]
    [InlineData("""{"error":{"message":"Retry after 20 seconds"}}""", 20d)]
    [InlineData("""[{"error":{"code":429,"message":"Quota","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"32s"}]}}]""", 32d)]
    [InlineData("""{"error":{"message":"Rate limit exceeded: free-models-per-day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1795348860000"}}}}""", 60d)]
    [InlineData("""{"error":{"message":"busy"}}""", null)]
    public async Task RetryWords_InTheBody_AreRead(string body, double? seconds)
    {
        foreach (var status in (HttpStatusCode[])[HttpStatusCode.TooManyRequests, HttpStatusCode.ServiceUnavailable])
        {
            var error = await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(_ => Json(status, body)).AskAsync());
            error.RetryAfter.ShouldBe(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
        }
    }
}
