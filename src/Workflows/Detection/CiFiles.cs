using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Detection;

/// <summary>
/// The commands that a repository's CI runs on a Linux machine for every change. What needs secrets, a matrix, a branch, another system,
/// or a script with control flow is passed over: it is not what a sandbox could run, nor what anybody meant by "the tests".
/// </summary>
internal static partial class CiFiles
{
    private const int MostFiles = 30;
    private const int MostCommands = 200;

    private static readonly string[] Control =
        ["if ", "if[", "for ", "while ", "until ", "case ", "function ", "select ", "<<", "trap ", "set +e", "elif ", "else", "fi", "done", "esac", "{", "}", "(", ")"];

    /// <summary>What CI files say of a change's tests.</summary>
    /// <param name="Commands">Commands, those of files named after tests first.</param>
    /// <param name="Lfs">The file that checks out the contents of Git LFS; null when none does.</param>
    /// <param name="Submodules">Submodules that are checked out; null when none are.</param>
    internal sealed record Found(IReadOnlyList<CiCommand> Commands, string? Lfs, SubmoduleRequest? Submodules);

    /// <summary>Reads all CI files.</summary>
    /// <param name="view">The tree.</param>
    /// <param name="notes">Takes what CI has and the sandbox has not: services, packages of the system.</param>
    public static Found Read(RepositoryView view, ICollection<string> notes)
    {
        var commands = new List<CiCommand>();
        var checkout = new Checkout();
        var workflows = view.AllPaths.Where(p => Paths.Folder(p) == ".github/workflows" && Paths.Extension(p) is ".yml" or ".yaml" && p.StartsWith(".github/workflows/", StringComparison.Ordinal))
            .Where(p => !Words(p).Any(w => w is "release" or "publish" or "deploy" or "docker" or "pages" or "codeql" or "stale" or "nightly" or "docs" or "labeler"))
            .OrderBy(p => Words(p).Any(w => w is "test" or "tests" or "ci" or "unit") ? 0 : 1).ThenBy(p => p, StringComparer.Ordinal);
        foreach (var path in workflows.Take(MostFiles))
            GitHub(view, path, commands, checkout, notes);
        foreach (var path in view.AllPaths.Where(p => p is ".gitlab-ci.yml" or ".gitlab-ci.yaml"))
            GitLab(view, path, commands, checkout);
        foreach (var path in view.AllPaths.Where(p => p is "azure-pipelines.yml" or "azure-pipelines.yaml" or ".azure-pipelines.yml"))
            Azure(view.Yaml(path), path, commands, 0);
        if (view.Has(".circleci/config.yml"))
            Circle(view, ".circleci/config.yml", commands);
        return new Found(commands.Count > MostCommands ? commands[..MostCommands] : commands, checkout.Lfs, checkout.Submodules);
    }

    private static string[] Words(string path) => Paths.Stem(path).ToLowerInvariant().Split('-', '_', '.', ' ');

    private static void GitHub(RepositoryView view, string path, List<CiCommand> commands, Checkout checkout, ICollection<string> notes)
    {
        if (view.Yaml(path) is not { } workflow || !RunsForChanges(workflow["on"]))
            return;
        var folder = workflow["defaults"]["run"]["working-directory"].Text ?? "";
        foreach (var (_, job) in workflow["jobs"].Entries)
        {
            var system = job["runs-on"];
            if (system.Texts.Any(t => t.StartsWith("windows", StringComparison.OrdinalIgnoreCase) || t.StartsWith("macos", StringComparison.OrdinalIgnoreCase)) || IsNarrow(job["if"].Text))
                continue;
            var jobFolder = job["defaults"]["run"]["working-directory"].Text is { Length: > 0 } own ? own : folder;
            var services = job["services"].Entries.Select(e => e.Key).Where(k => k.Length is > 0 and < 40).Take(5).ToArray();
            if (services.Length > 0)
                notes.Add($"CI (`{path}`) starts {string.Join(", ", services)} beside its tests; the sandbox has no such service.");
            foreach (var step in job["steps"].Items)
            {
                if (Packages().Match(step["run"].Text ?? "") is { Success: true } packages)
                    notes.Add($"CI (`{path}`) installs packages of the system: {packages.Groups["names"].Value.Trim()}. Where a check misses them, install them on this machine or name an image under `sandbox.image`.");
                if (!IsNarrow(step["if"].Text))
                    checkout.Read(step, path);
                if (IsNarrow(step["if"].Text) || step["shell"].Text is "pwsh" or "powershell" or "cmd" or "python" || NeedsSecrets(step["env"]))
                    continue;
                Script(step["working-directory"].Text is { Length: > 0 } at ? at : jobFolder, step["run"].Text, path, commands);
            }
        }
    }

    // "on" is a scalar, a list or a mapping. A workflow that only a person, a clock, a release or another workflow starts says nothing of a change.
    private static bool RunsForChanges(YamlValue on) =>
        on.Texts.Concat(on.Entries.Select(e => e.Key)).ToArray() is var events && (events.Length == 0 || events.Any(e => e is "push" or "pull_request" or "merge_group" or "workflow_call" or "pull_request_target"));

    private static bool IsNarrow(string? condition) =>
        condition is not null && new[] { "secrets.", "github.ref", "refs/", "release", "tag", "schedule", "workflow_dispatch", "windows", "macos", "failure()", "always()", "false" }
            .Any(w => condition.Contains(w, StringComparison.OrdinalIgnoreCase));

    private static bool NeedsSecrets(YamlValue environment) =>
        environment.Entries.Any(e => e.Value.Text?.Contains("secrets.", StringComparison.OrdinalIgnoreCase) == true);

    private static void GitLab(RepositoryView view, string path, List<CiCommand> commands, Checkout checkout)
    {
        if (view.Yaml(path) is not { } file)
            return;
        checkout.Ask(file["variables"]["GIT_SUBMODULE_STRATEGY"].Text switch { "normal" => "true", var other => other });
        foreach (var (name, job) in file.Entries)
        {
            if (name.StartsWith('.') || job.Entries.Count == 0 || job["when"].Text == "manual"
                || new[] { "deploy", "publish", "release", "pages" }.Any(w => name.Contains(w, StringComparison.OrdinalIgnoreCase) || job["stage"].Text == w))
                continue;
            Script("", string.Join('\n', job["before_script"].Texts.Concat(job["script"].Texts)), path, commands);
        }
    }

    private static void Azure(YamlValue? value, string path, List<CiCommand> commands, int depth)
    {
        if (value is null || depth > 8)
            return;
        foreach (var step in value["steps"].Items)
            Script(step["workingDirectory"].Text ?? "", step["script"].Text ?? step["bash"].Text, path, commands);
        foreach (var inner in value["jobs"].Items.Concat(value["stages"].Items))
        {
            if (!new[] { "deploy", "publish", "release" }.Any(w => (inner["stage"].Text + inner["job"].Text).Contains(w, StringComparison.OrdinalIgnoreCase)))
                Azure(inner, path, commands, depth + 1);
        }
    }

    private static void Circle(RepositoryView view, string path, List<CiCommand> commands)
    {
        if (view.Yaml(path) is not { } file)
            return;
        foreach (var (name, job) in file["jobs"].Entries)
        {
            if (new[] { "deploy", "publish", "release" }.Any(w => name.Contains(w, StringComparison.OrdinalIgnoreCase)))
                continue;
            foreach (var run in job["steps"].Items.Select(s => s["run"]))
                Script(run["working_directory"].Text ?? "", run.Text is { Length: > 0 } line ? line : run["command"].Text, path, commands);
        }
    }

    [GeneratedRegex(@"apt(?:-get)? (?:-\S+ )*install (?:-\S+ )*(?<names>[\w.+ -]{2,200})", RegexOptions.NonBacktracking)]
    private static partial Regex Packages();

    private static void Script(string folder, string? script, string source, List<CiCommand> commands)
    {
        if (string.IsNullOrWhiteSpace(script) || script.Length > 4_000)
            return;
        var at = folder.Contains("${", StringComparison.Ordinal) ? null : Paths.Resolve("", folder);
        var lines = script.ReplaceLineEndings("\n").Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#').ToArray();
        if (at is null || Array.Exists(lines, l => Array.Exists(Control, c => c is "fi" or "done" or "esac" or "else" ? l == c : l.StartsWith(c, StringComparison.Ordinal))))
            return;
        foreach (var line in lines)
        {
            // A line of its own that changes the folder counts for those after it.
            if (line.StartsWith("cd ", StringComparison.Ordinal) && !line.Contains('&', StringComparison.Ordinal))
            {
                if (line.Contains('$', StringComparison.Ordinal) || Paths.Resolve(at, line[3..].Trim().Trim('"', '\'')) is not { } next)
                    return;
                at = next;
            }
            else if (CiCommand.Parse(at, line, source) is { } command)
            {
                commands.Add(command);
            }
        }
    }

    /// <summary>What checkout steps bring beside the commit's own files.</summary>
    private sealed class Checkout
    {
        public string? Lfs { get; private set; }

        public SubmoduleRequest? Submodules { get; private set; }

        public void Read(YamlValue step, string path)
        {
            // Another repository's checkout says nothing of this one.
            if (step["uses"].Text?.StartsWith("actions/checkout@", StringComparison.Ordinal) == true && step["with"]["repository"].Text is null or "" or "${{ github.repository }}")
            {
                if (step["with"]["lfs"].Text is { } lfs && lfs.Equals("true", StringComparison.OrdinalIgnoreCase))
                    Lfs ??= path;
                Ask(step["with"]["submodules"].Text);
            }

            foreach (var line in (step["run"].Text ?? "").Split('\n'))
            {
                Submodules = SubmoduleRequest.Join(Submodules, SubmoduleLines.Read(line).Asked);
                if (line.Trim() is "git lfs pull" or "git lfs checkout" or "git lfs fetch")
                    Lfs ??= path;
            }
        }

        /// <param name="submodules">"true" or "recursive"; all else asks for none.</param>
        public void Ask(string? submodules)
        {
            if (submodules?.ToLowerInvariant() is "true" or "recursive")
                Submodules = SubmoduleRequest.Join(Submodules, new SubmoduleRequest(submodules.Equals("recursive", StringComparison.OrdinalIgnoreCase), []));
        }
    }
}
