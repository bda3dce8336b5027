using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodingAgent.Playground.LocalForge.Pages;

/// <summary>
/// What the forms of the pages do. Whoever can open a page here may act as anyone, for it is a playground on the loopback address; a page
/// of another site cannot, for it has no antiforgery token. What an account may do is what it may do by REST.
/// </summary>
internal sealed class FormPages(World world, Shapes shapes, Actions actions, IAntiforgery antiforgery)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/{owner}/{repo}/issues", http => ServeAsync(http, CreateAsync));
        routes.MapPost("/{owner}/{repo}/issues/{number:int}", http => ServeAsync(http, DoAsync));
        routes.MapPost("/{owner}/{repo}/pull/{number:int}", http => ServeAsync(http, DoAsync));
    }

    private async Task ServeAsync(HttpContext http, Func<HttpContext, Repo, Account, IFormCollection, Task<string>> act)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            await RefuseAsync(http, 400, "This form is not one of this forge's pages, or from before it was started. Load the page again and send it from there.");
            return;
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        await world.Gate.WaitAsync(http.RequestAborted);
        string? address = null;
        ApiProblem? refusal = null;
        try
        {
            var repo = world.FindRepo(Route(http, "owner"), Route(http, "repo")) ?? throw ApiProblem.NotFound();
            var by = world.FindAccount(form["actor"].ToString()) is { Kind: not AccountKind.Group } account ? account : throw new ApiProblem(422, "Nobody has this name. Choose who acts.");
            http.Response.Cookies.Append(Forms.ActorCookie, by.Login, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps });
            address = await act(http, repo, by, form);
        }
        catch (ApiProblem problem)
        {
            refusal = problem;
        }
        finally
        {
            world.Gate.Release();
        }

        if (refusal is not null)
        {
            // What is wrong is said by the first of its errors, where it has any.
            var error = refusal.Errors is [var first, ..] ? first : null;
            await RefuseAsync(http, refusal.Status, (error is JsonObject ? error["message"] : error)?.ToString() ?? refusal.Message);
            return;
        }

        // 303: a page that is loaded again does nothing twice.
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = address;
    }

    private Task<string> CreateAsync(HttpContext http, Repo repo, Account by, IFormCollection form)
    {
        Require(repo, by, RepoAccess.Read);
        var labels = form["labels"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (labels.Length > 0)
            Require(repo, by, RepoAccess.Triage);
        return Task.FromResult(shapes.Web(actions.OpenIssue(repo, by, Needed(form, "title", "A title"), Text(form, "body"), labels)));
    }

    private async Task<string> DoAsync(HttpContext http, Repo repo, Account by, IFormCollection form)
    {
        var pull = http.Request.Path.Value!.Split('/')[3] == "pull";
        var issue = repo.Issues.Find(i => $"{i.Number}" == Route(http, "number") && i.Pull is not null == pull) ?? throw ApiProblem.NotFound();
        Require(repo, by, RepoAccess.Read);
        switch (form["deed"].ToString())
        {
            case "comment":
                return $"{shapes.Web(issue)}#issuecomment-{actions.AddComment(issue, by, Needed(form, "body", "A comment")).Id}";
            case "close" or "reopen":
                Require(repo, by, issue.Author == by ? RepoAccess.Read : RepoAccess.Triage);
                // As on GitHub, what was written goes before.
                if (Text(form, "body").Trim().Length > 0)
                    actions.AddComment(issue, by, Needed(form, "body", "A comment"));
                actions.SetOpen(issue, by, form["deed"] == "reopen");
                break;
            case "label":
                Require(repo, by, RepoAccess.Triage);
                actions.AddLabels(issue, by, [Needed(form, "label", "A label")]);
                break;
            case "unlabel":
                Require(repo, by, RepoAccess.Triage);
                if (!actions.RemoveLabel(issue, by, Needed(form, "label", "A label")))
                    throw new ApiProblem(422, "It has no such label.");
                break;
            case "ready" when pull:
                Require(repo, by, issue.Author == by ? RepoAccess.Read : RepoAccess.Write);
                actions.SetDraft(issue, by, draft: false);
                break;
            case "merge" or "squash" when pull:
                Require(repo, by, RepoAccess.Write);
                await actions.MergeAsync(issue, by, form["deed"].ToString(), title: null, message: null, expectedSha: null);
                break;
            case "review-comment" or "approve" or "request-changes" when pull:
                return await ReviewAsync(issue, by, form);
            default:
                throw new ApiProblem(422, "There is nothing of this name to be done.");
        }

        return shapes.Web(issue);
    }

    private async Task<string> ReviewAsync(Issue issue, Account by, IFormCollection form)
    {
        var state = form["deed"].ToString() switch { "approve" => "APPROVED", "request-changes" => "CHANGES_REQUESTED", _ => "COMMENTED" };
        var review = actions.StartReview(issue, by, commitSha: null);
        try
        {
            if (Text(form, "remark").Trim().Length > 0)
            {
                if (!int.TryParse(form["line"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var line))
                    throw new ApiProblem(422, "The remark names no line.");
                await actions.AddReviewCommentAsync(issue, review, form["path"].ToString(), line, form["side"] == "LEFT" ? "LEFT" : "RIGHT", Needed(form, "remark", "A remark"), startLine: null);
            }

            actions.SubmitReview(issue, review, Text(form, "body"), state);
            return $"{shapes.Web(issue)}#pullrequestreview-{review.Id}";
        }
        catch (ApiProblem)
        {
            ReviewApi.Discard(issue, review);
            throw;
        }
    }

    private static void Require(Repo repo, Account by, RepoAccess level)
    {
        if (repo.AccessOf(by) < level)
            throw new ApiProblem(403, $"{by.Login} may not do this: it takes {level.ToString().ToLowerInvariant()} access to {repo.FullName}.");
        if (repo.IsArchived)
            throw new ApiProblem(403, "The repository was archived, so it is read-only.");
    }

    private static string Route(HttpContext http, string name) => http.Request.RouteValues[name]?.ToString() ?? "";

    // A browser sends lines as other systems end them.
    private static string Text(IFormCollection form, string name) => form[name].ToString().ReplaceLineEndings("\n");

    private static string Needed(IFormCollection form, string name, string what)
    {
        var text = Text(form, name);
        if (text.Trim().Length == 0)
            throw new ApiProblem(422, $"{what} is missing.");
        return text.Length <= 65536 ? text : throw new ApiProblem(422, $"{what} has at most 65536 characters.");
    }

    private static Task RefuseAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        return ForgePages.WriteAsync(http, Parts.Layout("Refused", Html.Empty, Html.Of($"""
            <h1>Refused</h1><p class="alert" role="alert">{text}</p><p>Nothing was done. Going back shows the form with what you wrote.</p>
            """)));
    }
}
