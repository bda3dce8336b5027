using System.CommandLine;
using CodingAgent.Eval;
using CodingAgent.Eval.Runs;
using CodingAgent.Playground.Demo;

var only = new Option<string[]>("--only") { Description = "Only these repositories, by name, with commas between.", AllowMultipleArgumentsPerToken = true };
var parallel = new Option<int>("--parallel") { Description = "How many are played side by side.", DefaultValueFactory = _ => 2 };
var keep = new Option<bool>("--keep") { Description = "Leaves repositories, logs and data on disk." };
var verify = new Option<bool>("--verify-fixtures") { Description = "Only checks the repositories themselves, outside the product: tests on the base and with the reference change." };
var repository = new Option<string?>("--repo") { Description = "A local git repository to play instead, from the commit it stands at." };
var patch = new Option<string?>("--patch") { Description = "Its reference patch, as git diff makes it." };
var issue = new Option<string?>("--issue") { Description = "File with its issue: the title in the first line, then the body." };
var output = new Option<string>("--output") { Description = "Where the results go as JSON.", DefaultValueFactory = _ => new EvalOptions().Output };
var repos = new Command("repos", "Plays real-shaped repositories without a policy file, from label to merged, through the whole product.")
{
    only, parallel, keep, verify, repository, patch, issue, output,
};
parallel.Validators.Add(r =>
{
    if (r.GetValue(parallel) is < 1 or > 16)
        r.AddError("--parallel is from 1 to 16.");
});
repos.Validators.Add(r =>
{
    if (r.GetValue(repository) is null != r.GetValue(patch) is null)
        r.AddError("--repo and --patch go together: a repository, and the change that is wanted of it.");
    if (r.GetValue(issue) is not null && r.GetValue(repository) is null)
        r.AddError("--issue belongs to --repo.");
});
repos.SetAction(async (parsed, ct) =>
{
    try
    {
        var options = new EvalOptions
        {
            Only = [.. (parsed.GetValue(only) ?? []).SelectMany(o => o.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
            Parallel = parsed.GetValue(parallel),
            Keep = parsed.GetValue(keep),
            VerifyFixtures = parsed.GetValue(verify),
            Repository = parsed.GetValue(repository),
            Patch = parsed.GetValue(patch),
            Issue = parsed.GetValue(issue),
            Output = parsed.GetValue(output)!,
        };
        return await new EvalRun(options, TimeProvider.System).RunAsync(ct) ? 0 : 1;
    }
    catch (Exception e) when (e is EvalException or StoryException)
    {
        Console.Error.WriteLine($"eval: {e.Message}");
        return 2;
    }
});

var root = new RootCommand("Evaluations of Coding Agent.") { repos };
// Ctrl+C must leave time to end the service and clean up.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(45) });
