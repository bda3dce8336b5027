using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Detection;

/// <summary>A package manager of Node, at the version a project wants.</summary>
/// <param name="Name"><c>npm</c>, <c>pnpm</c>, <c>yarn</c> or <c>bun</c>.</param>
/// <param name="Version">Version or major version to install when the host's does not fit; null for any.</param>
/// <param name="Lock">The project's lock file; null when there is none.</param>
internal sealed partial record NodeManager(string Name, string? Version, string? Lock)
{
    // Put into HOME, which set-up keeps: corepack goes to the network at every start, and newer Node has none.
    private const string Local = "PATH=\"$HOME/.local/bin:$PATH\"";

    private static readonly (string File, string Manager)[] Locks =
    [
        ("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lock", "bun"), ("bun.lockb", "bun"), ("package-lock.json", "npm"), ("npm-shrinkwrap.json", "npm"),
    ];

    private bool IsBerry => Name == "yarn" && Version is not null && Version.Split('.')[0] is not ("0" or "1");

    /// <summary>What the <c>packageManager</c> field says, else what the lock file says, else npm.</summary>
    public static NodeManager Of(DetectionBuilder found, string folder)
    {
        var view = found.View;
        var manifest = view.Json(Paths.Join(folder, "package.json"));
        var locks = Locks.Where(l => view.Has(Paths.Join(folder, l.File))).ToArray();
        var field = Field().Match(manifest.String("packageManager") ?? "");
        var engine = new[] { "pnpm", "yarn", "bun" }.FirstOrDefault(m => manifest.Object("engines").String(m) is not null);
        var name = field.Success ? field.Groups["name"].Value
            : engine is not null && locks.Any(l => l.Manager == engine) ? engine
            : locks.Length > 0 ? locks[0].Manager
            : "npm";
        if (locks.Select(l => l.Manager).Distinct().Count() > 1)
            found.Note($"{string.Join(", ", locks.Select(l => $"`{Paths.Join(folder, l.File)}`"))} stand beside each other; I use {name}.");
        var own = locks.FirstOrDefault(l => l.Manager == name).File;
        return new NodeManager(name, field.Success ? field.Groups["version"].Value : OfLock(view, name, Paths.Join(folder, own ?? "")), own);
    }

    /// <summary>Shell line that makes the manager present; empty when the host's will do.</summary>
    public string Prepare(ToolchainNames tools)
    {
        if (IsOnHost(tools))
            return "";
        var package = IsBerry ? $"@yarnpkg/cli-dist@{Version}" : Version is null ? Name : $"{Name}@{Version}";
        return $"npm install --global --prefix \"$HOME/.local\" --no-audit --no-fund {package} && ";
    }

    /// <summary>Installs exactly what the lock file says; what the manifest says when there is none.</summary>
    public string Install(ToolchainNames tools) => Call(tools, Name switch
    {
        "pnpm" => Lock is null ? "pnpm install --no-frozen-lockfile" : "pnpm install --frozen-lockfile",
        "yarn" when IsBerry => Lock is null ? "yarn install --no-immutable" : "yarn install --immutable",
        "yarn" => Lock is null ? "yarn install --non-interactive --no-lockfile" : "yarn install --frozen-lockfile --non-interactive",
        "bun" => Lock is null ? "bun install" : "bun install --frozen-lockfile",
        _ => Lock is null ? "npm install --no-package-lock --no-audit --no-fund" : "npm ci --no-audit --no-fund",
    });

    /// <summary>Installs what a changed manifest says, and writes the lock file.</summary>
    public string Update(ToolchainNames tools) => Call(tools, Name switch
    {
        "pnpm" => "pnpm install --no-frozen-lockfile",
        "yarn" => IsBerry ? "yarn install --no-immutable" : "yarn install --non-interactive",
        "bun" => "bun install",
        _ => "npm install --no-audit --no-fund",
    });

    /// <summary>A command of the manager, found wherever it was put.</summary>
    public string Call(ToolchainNames tools, string line) => IsOnHost(tools) ? line : $"{Local} {line}";

    /// <summary>Runs a script of the project.</summary>
    public string Script(string name) => name == "test" && Name != "bun" ? $"{Name} test" : $"{Name} run {name}";

    /// <summary>Runs a script in some packages of a workspace.</summary>
    public string ScriptIn(string script, string packages) => Name switch
    {
        "npm" => $"npm run {script} {packages}",
        "pnpm" => $"pnpm {packages} run {script}",
        "bun" => $"bun run {packages} {script}",
        _ => $"yarn workspace {packages} run {script}",
    };

    /// <summary>How the manager is told one package.</summary>
    public string Select(string package) => Name switch { "npm" => $"--workspace={package}", "pnpm" or "bun" => $"--filter={package}", _ => package };

    private bool IsOnHost(ToolchainNames tools) => Name == "npm"
        || (tools.Of(Name) is [var have, ..] && (Version is null || have.Split('.')[0] == Version.Split('.')[0]));

    private static string? OfLock(RepositoryView view, string name, string path)
    {
        var head = view.Text(path) is var text && text.Length > 600 ? text[..600] : view.Text(path);
        return name switch
        {
            // lockfileVersion 5 is written by 6 and 7, version 6 by 8, version 9 by 9 and later.
            "pnpm" => LockVersion().Match(head).Groups["major"].Value switch { "5" => "7", "6" => "8", "9" => "9", _ => null },
            "yarn" => head.Contains("__metadata:", StringComparison.Ordinal) ? (BerryVersion().Match(head).Groups["version"].Value is "4" or "5" or "6" ? "3" : "4") : "1.22.22",
            _ => null,
        };
    }

    // A hash may follow; anything else is no version.
    [GeneratedRegex(@"\A(?<name>npm|pnpm|yarn|bun)@(?<version>\d+(?:\.\d+){0,2}(?:-[\w.]+)?)(?:\+[\w.+/=-]+)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Field();

    [GeneratedRegex(@"lockfileVersion: *['""]?(?<major>\d+)", RegexOptions.NonBacktracking)]
    private static partial Regex LockVersion();

    [GeneratedRegex(@"version: *(?<version>\d+)", RegexOptions.NonBacktracking)]
    private static partial Regex BerryVersion();
}
