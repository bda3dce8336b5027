using System.Globalization;
using System.Text.RegularExpressions;
using Tomlyn.Model;

namespace CodingAgent.Workflows.Detection;

/// <summary>
/// Python: pip, uv, poetry, pdm and pipenv. Packages go into a virtual environment in HOME, which set-up keeps; every command names that
/// environment itself, so that it holds in any image.
/// </summary>
internal static partial class PythonProjects
{
    private const int MostProjects = 6;

    private static readonly string[] TestGroups = ["test", "tests", "testing", "dev", "develop", "development", "ci", "unittest"];
    private static readonly string[] Manifests = ["pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "poetry.lock", "uv.lock"];

    public static void Detect(DetectionBuilder found)
    {
        var view = found.View;
        var roots = new List<string>();
        foreach (var folder in view.Named([.. Manifests, "tox.ini", "pytest.ini", "requirements-dev.txt", "manage.py"]).Select(Paths.Folder).Distinct(StringComparer.Ordinal))
        {
            var above = roots.Where(r => Paths.IsBelow(folder, r)).MaxBy(r => r.Length);
            // A requirements file for tests or documents is no project; nor is a package below one, unless that one is only configuration.
            if (above is null ? !IsAside(folder) : view.FirstIn(folder, "pyproject.toml", "setup.py") is not null && IsConfigurationOnly(view, above))
                roots.Add(folder);
        }

        roots.RemoveAll(r => IsConfigurationOnly(view, r) && roots.Exists(o => o != r && Paths.IsBelow(o, r)));
        if (roots.Count == 0 && view.Named("conftest.py").Count > 0)
            roots.Add("");
        if (roots.Count == 0 || !found.HasTool("python3", view.FirstIn(roots[0], [.. Manifests, "tox.ini", "pytest.ini", "requirements-dev.txt", "manage.py"]) ?? "conftest.py"))
            return;
        if (roots.Count > MostProjects)
            found.Note(string.Create(CultureInfo.InvariantCulture, $"Of {roots.Count} Python projects I look at the first {MostProjects}."));
        foreach (var root in roots.Take(MostProjects))
            Project(found, root, roots.Count == 1 ? "venv" : "venv-" + (root.Length == 0 ? "root" : root.Replace('/', '-')));
    }

    private static void Project(DetectionBuilder found, string folder, string environment)
    {
        found.Ecosystems.Add("python");
        var view = found.View;
        var python = Interpreter(found, folder);
        var venv = environment.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? $"\"$HOME/{environment}\"" : "\"$HOME/venv\"";
        var activate = $". {venv[..^1]}/bin/activate\"";
        var run = TestCommand(found, folder);
        var (install, update) = Install(found, folder, run?.Contains("pytest", StringComparison.Ordinal) == true);
        if (install.Length > 0)
        {
            var start = $"{python} -m venv {venv} && {activate} && ";
            found.Setup(new SetupStep(
                "python packages", folder, start + Shell.In(folder, install), "python", update is null ? null : start + Shell.In(folder, update))
            {
                Registries = "python",
                Required = run is not null,
                Fallback = run is not null && NeedsNothing(found, folder) ? (FromSources(python, venv, activate, folder, run), "Its tests run on the sources and this machine's own Python packages.") : null,
            });
        }

        var prefix = install.Length > 0 ? $"{activate} && " : "";
        if (run is null)
        {
            found.Note($"No Python test was found{(folder.Length == 0 ? "" : $" in `{folder}`")}.");
        }
        else
        {
            var isPytest = run.Contains("pytest", StringComparison.Ordinal);
            found.Check("python", folder, prefix + Shell.In(folder, run), CheckKind.Test, isPytest
                ? new TestTargets(TargetStyle.Pytest, folder, $"{prefix.Replace("{}", "", StringComparison.Ordinal)}python -m pytest {{}}", []) { Whole = prefix + run }
                : null);
        }

        foreach (var lint in found.CiFor(folder, CheckKind.Lint, "ruff", "flake8", "mypy", "black", "isort", "pyright").Where(l => !l.Line.Contains("pre-commit", StringComparison.Ordinal)).Take(2))
            found.Check("python", folder, prefix + Shell.In(folder, Bare(lint.Line)), CheckKind.Lint, optional: true);
    }

    /// <summary>
    /// True for a package that is pure Python and needs no other: where it cannot be installed, for instance because its build backend is nowhere,
    /// its tests may still run on the sources as they lie there. Whether they do shows on the base.
    /// </summary>
    private static bool NeedsNothing(DetectionBuilder found, string folder)
    {
        var view = found.View;
        string Text(string name) => view.Text(Paths.Join(folder, name));
        return view.FirstIn(folder, "uv.lock", "poetry.lock", "pdm.lock", "Pipfile", "requirements.txt") is null
            && view.Toml(Paths.Join(folder, "pyproject.toml")) is { } project && project.Table("tool", "poetry") is null
            && (project.Table("project") is not null || project.Table("build-system") is not null)
            && !project.Table("project").List("dependencies").Any()
            && !(Text("setup.py") + Text("setup.cfg")).Contains("install_requires", StringComparison.Ordinal)
            && !(Text("setup.py") + Text("pyproject.toml")).Contains("ext_modules", StringComparison.Ordinal) && !Text("pyproject.toml").Contains("maturin", StringComparison.Ordinal);
    }

    private static string FromSources(string python, string venv, string activate, string folder, string run)
    {
        var test = run.Contains("pytest", StringComparison.Ordinal) ? "{ python -c 'import pytest' || python -m pip install pytest; } && " : "";
        const string Sources = "printf '%s\\n' \"$PWD\" \"$PWD/src\" > \"$(python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))')/sources.pth\"";
        return $"{python} -m venv --clear --system-site-packages {venv} && {activate} && {Shell.In(folder, test + Sources)}";
    }

    private static string? TestCommand(DetectionBuilder found, string folder)
    {
        var view = found.View;
        if (found.CiFor(folder, CheckKind.Test, "pytest").FirstOrDefault() is { } ci)
            return "python -m " + Coverage().Replace(Bare(ci.Line), "").Trim();
        if (found.CiFor(folder, CheckKind.Test, "unittest").FirstOrDefault() is { } unittest)
            return "python -m " + Bare(unittest.Line);
        var tests = view.Below(folder).Where(p => Paths.Extension(p) == ".py" && PythonTest().IsMatch(p)).Any(p => !RepositoryView.IsForeign(p));
        var texts = string.Join('\n', new[] { "pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", "setup.py", "requirements.txt", "requirements-dev.txt", "noxfile.py", "Pipfile" }
            .Select(n => view.Text(Paths.Join(folder, n))));
        if (view.Has(Paths.Join(folder, "manage.py")) && !texts.Contains("pytest", StringComparison.OrdinalIgnoreCase))
            return "python manage.py test";
        return tests ? "python -m pytest" : null;
    }

    private static (string Install, string? Update) Install(DetectionBuilder found, string folder, bool wantsPytest)
    {
        var view = found.View;
        string At(string name) => Paths.Join(folder, name);
        var project = view.Has(At("pyproject.toml")) ? view.Toml(At("pyproject.toml")) : null;
        var also = wantsPytest ? " && python -m pip install pytest" : "";
        if (view.Has(At("uv.lock")) || (project.Table("tool", "uv") is not null && !view.Has(At("poetry.lock"))))
        {
            var groups = string.Concat(Names(project.Table("project", "optional-dependencies")).Select(g => $" --extra {g}").Concat(Names(project.Table("dependency-groups")).Select(g => $" --group {g}")));
            var uv = found.Tools.Of("uv").Count > 0 ? "" : "python -m pip install uv && ";
            var workspace = project.Table("tool", "uv", "workspace") is not null ? " --all-packages" : "";
            var sync = $"UV_PROJECT_ENVIRONMENT=\"$VIRTUAL_ENV\" UV_PYTHON_DOWNLOADS=never uv sync --inexact{workspace}{groups}";
            return ($"{uv}{sync}{(view.Has(At("uv.lock")) ? " --frozen" : "")}", $"{uv}{sync}");
        }

        if (view.Has(At("poetry.lock")) || project.Table("tool", "poetry") is not null)
        {
            var poetry = project.Table("tool", "poetry");
            var optional = Names(poetry.Table("group")).Where(g => poetry.Table("group", g) is { } t && t.TryGetValue("optional", out var o) && o is true).ToArray();
            var name = (poetry.String("name") ?? project.Table("project").String("name") ?? "").Replace('-', '_').ToLowerInvariant();
            // Poetry insists on finding a package that bears the project's name, or on being told that there is none.
            var hasPackage = poetry?.ContainsKey("packages") == true || poetry?.ContainsKey("package-mode") == true
                || view.Below(folder).Any(p => Paths.Relative(p, folder).ToLowerInvariant() is var r && (r.StartsWith(name + "/", StringComparison.Ordinal) || r.StartsWith($"src/{name}/", StringComparison.Ordinal) || r == name + ".py"));
            var options = (optional.Length > 0 ? $" --with {string.Join(',', optional)}" : "")
                + string.Concat(Names(poetry.Table("extras")).Concat(Names(project.Table("project", "optional-dependencies"))).Distinct(StringComparer.Ordinal).Select(e => $" --extras {e}"))
                + (hasPackage ? "" : " --no-root");
            var tool = found.Tools.Of("poetry").Count > 0 ? "" : "python -m venv \"$HOME/poetry\" && \"$HOME/poetry/bin/pip\" install poetry && ";
            var call = tool.Length == 0 ? "poetry" : "\"$HOME/poetry/bin/poetry\"";
            return ($"{tool}{call} install --no-interaction{options}{also}", $"{tool}{call} lock --no-interaction && {call} install --no-interaction{options}{also}");
        }

        if (view.Has(At("pdm.lock")))
        {
            const string Pdm = "python -m venv \"$HOME/pdm\" && \"$HOME/pdm/bin/pip\" install pdm && ";
            return ($"{Pdm}\"$HOME/pdm/bin/pdm\" sync{also}", $"{Pdm}\"$HOME/pdm/bin/pdm\" install{also}");
        }

        if (view.Has(At("Pipfile")))
        {
            const string Pipenv = "python -m venv \"$HOME/pipenv\" && \"$HOME/pipenv/bin/pip\" install pipenv && ";
            var sync = view.Has(At("Pipfile.lock")) ? "sync --dev" : "install --dev --skip-lock";
            return ($"{Pipenv}\"$HOME/pipenv/bin/pipenv\" {sync}{also}", $"{Pipenv}\"$HOME/pipenv/bin/pipenv\" install --dev{also}");
        }

        var words = PipWords(found, folder, project, wantsPytest);
        return words.Count == 0 ? ("", null) : ($"python -m pip install {string.Join(' ', words)}", null);
    }

    private static List<string> PipWords(DetectionBuilder found, string folder, TomlTable? project, bool wantsPytest)
    {
        var view = found.View;
        var files = RequirementFiles.Where(n => view.Has(Paths.Join(folder, n))).ToList();
        var setup = view.Text(Paths.Join(folder, "setup.py")) + "\n" + view.Text(Paths.Join(folder, "setup.cfg"));
        var words = new List<string>();
        // A setup.cfg alone is no package to pip, whatever metadata it holds.
        var isPackage = project.Table("project") is not null || project.Table("build-system") is not null || view.Has(Paths.Join(folder, "setup.py"));
        // What CI installs beside the lists known by name.
        foreach (var word in found.Ci.Where(c => c.Folder == folder && c.Program == "pip" && c.Kind is null).SelectMany(c => CiPip().Matches(c.Line).Select(m => m.Groups["file"].Value)))
        {
            if (view.Has(Paths.Join(folder, word)) && !files.Contains(word, StringComparer.Ordinal))
                files.Add(word);
        }

        foreach (var file in files)
            words.AddRange(["-r", Shell.Word(file)]);
        if (isPackage)
        {
            var extras = Names(project.Table("project", "optional-dependencies")).Concat(TestGroups.Where(g => Regex.IsMatch(setup, $@"(^|[\s'""{{]){g}['""]?\s*[:=]", RegexOptions.Multiline | RegexOptions.NonBacktracking) && setup.Contains("extras_require", StringComparison.Ordinal)))
                .Distinct(StringComparer.Ordinal).ToArray();
            words.AddRange(["-e", Shell.Word(extras.Length == 0 ? "." : $".[{string.Join(',', extras)}]")]);
        }

        foreach (var group in Names(project.Table("dependency-groups")))
            words.AddRange(project.Table("dependency-groups").List(group).OfType<string>().Where(r => r.Length is > 0 and < 300 && char.IsAsciiLetterOrDigit(r[0]) && !r.Any(char.IsControl)).Select(Shell.Word));
        words.AddRange(ToxDependencies(view.Text(Paths.Join(folder, "tox.ini"))).Select(Shell.Word));
        if (wantsPytest && (words.Count > 0 || found.Tools.Of("pytest").Count == 0))
            words.Add("pytest");
        return words;
    }

    private static readonly string[] RequirementFiles =
    [
        "requirements.txt", "requirements-dev.txt", "requirements_dev.txt", "dev-requirements.txt", "requirements-test.txt", "requirements-tests.txt", "requirements_test.txt", "test-requirements.txt",
        "requirements/base.txt", "requirements/dev.txt", "requirements/test.txt", "requirements/tests.txt", "requirements/testing.txt", "requirements/ci.txt", "tests/requirements.txt", "test/requirements.txt",
    ];

    // The deps of [testenv], those that stand alone: conditions by environment ("py38: ...") are for tox.
    private static IEnumerable<string> ToxDependencies(string tox)
    {
        var inside = false;
        var reading = false;
        foreach (var line in tox.Split('\n').Take(400))
        {
            if (line.StartsWith('['))
                inside = line.Trim() == "[testenv]";
            else if (inside && line.Length > 0 && !char.IsWhiteSpace(line[0]))
                reading = line.Replace(" ", "", StringComparison.Ordinal).StartsWith("deps=", StringComparison.Ordinal);
            var text = line.Contains('=', StringComparison.Ordinal) && reading && !char.IsWhiteSpace(line.FirstOrDefault('x')) ? line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim() : line.Trim();
            if (inside && reading && Requirement().IsMatch(text))
                yield return text;
        }
    }

    private static string Interpreter(DetectionBuilder found, string folder)
    {
        var installed = found.Tools.Of("python3").Select(v => Version.TryParse(v, out var p) ? p : null).OfType<Version>().ToArray();
        var project = found.View.Toml(Paths.Join(folder, "pyproject.toml"));
        var wanted = project.Table("project").String("requires-python") ?? project.Table("tool", "poetry", "dependencies").String("python") ?? "";
        if (installed.Length == 0 || wanted.Length == 0 || Satisfies(installed[0], wanted))
            return "python3";
        if (installed.FirstOrDefault(v => Satisfies(v, wanted)) is { } other)
            return string.Create(CultureInfo.InvariantCulture, $"python{other.Major}.{other.Minor}");
        found.Note($"`{Paths.Join(folder, "pyproject.toml")}` wants Python {wanted}; this machine has {string.Join(", ", found.Tools.Of("python3"))}.");
        return "python3";
    }

    private static bool Satisfies(Version have, string wanted)
    {
        foreach (Match m in Bound().Matches(wanted))
        {
            var bound = new Version(int.Parse(m.Groups["major"].Value, CultureInfo.InvariantCulture), m.Groups["minor"].Success ? int.Parse(m.Groups["minor"].Value, CultureInfo.InvariantCulture) : 0);
            var at = new Version(have.Major, have.Minor);
            var fits = m.Groups["op"].Value switch
            {
                ">=" => at >= bound,
                ">" => at >= bound,
                "<=" => at <= bound,
                "<" => at < bound,
                "^" => at >= bound && at.Major == bound.Major,
                "~=" or "~" => at >= bound && at.Major == bound.Major,
                "==" => m.Groups["minor"].Success ? at == bound : at.Major == bound.Major,
                _ => true,
            };
            if (!fits)
                return false;
        }

        return true;
    }

    private static string Bare(string line) =>
        PythonWrapper().Replace(line.Split(" && ")[^1], "");

    private static IEnumerable<string> Names(TomlTable? table) => table is null ? [] : table.Keys.Where(k => TestGroups.Contains(k.ToLowerInvariant(), StringComparer.Ordinal));

    private static bool IsAside(string folder) => folder.Split('/').Any(p => p is "tests" or "test" or "requirements" or "scripts" or "tools" or "ci");

    private static bool IsConfigurationOnly(RepositoryView view, string folder) =>
        view.FirstIn(folder, "setup.py", "requirements.txt", "Pipfile", "poetry.lock", "uv.lock", "manage.py") is null
        && !view.Text(Paths.Join(folder, "setup.cfg")).Contains("[metadata]", StringComparison.Ordinal)
        && (!view.Has(Paths.Join(folder, "pyproject.toml")) || view.Toml(Paths.Join(folder, "pyproject.toml")) is var p && p.Table("project") is null && p.Table("tool", "poetry") is null && p.Table("build-system") is null);

    [GeneratedRegex(@"(?:^|/)(?:test_[^/]*|[^/]*_test|tests?)\.py$|(?:^|/)tests?/.*\.py$", RegexOptions.NonBacktracking)]
    private static partial Regex PythonTest();

    [GeneratedRegex(@"\s--(?:cov|junit-?xml|junitxml|html|self-contained-html|reruns|numprocesses|dist)(?:-\w+)*(?:[= ](?!-)\S+)?|\s-n[ =]?(?:auto|\d+)")]
    private static partial Regex Coverage();

    [GeneratedRegex(@"^(?:(?:poetry|uv|pdm|pipenv|hatch|rye) run |python3? -m |coverage run -m )+", RegexOptions.NonBacktracking)]
    private static partial Regex PythonWrapper();

    [GeneratedRegex(@"(?:-r|--requirement)[ =](?<file>[\w./-]+\.txt)", RegexOptions.NonBacktracking)]
    private static partial Regex CiPip();

    [GeneratedRegex(@"\A[A-Za-z0-9][\w.-]*(?:\[[\w,.-]+\])?\s*(?:(?:===?|[<>~!]=?|~=)\s*[\w.*+!-]+\s*,?\s*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Requirement();

    [GeneratedRegex(@"(?<op>>=|<=|==|~=|\^|~|<|>)\s*(?<major>\d{1,3})(?:\.(?<minor>\d{1,3}))?", RegexOptions.NonBacktracking)]
    private static partial Regex Bound();
}
