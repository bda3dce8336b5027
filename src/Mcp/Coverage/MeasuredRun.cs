namespace CodingAgent.Mcp.Coverage;

/// <summary>
/// A check's command run so that its toolchains write which lines it ran. Nothing is added to the repository, and nothing fetched: programs of the
/// same name stand before the real ones on the path and ask for what each can do by itself or with what the repository has. However a check
/// calls its tests (a script, make, npm), they are reached. What cannot be measured runs as it would.
/// <list type="bullet">
/// <item>.NET: the collector that comes with Microsoft.NET.Test.Sdk, or coverlet's where the repository has it.</item>
/// <item>Node: the built-in runner's coverage; Jest's own; Vitest's where its provider is installed; c8 or nyc around other runners where installed.</item>
/// <item>Python: coverage.py where installed, else a line monitor of a few lines.</item>
/// <item>Go: <c>-coverprofile</c>.</item>
/// </list>
/// </summary>
public static class MeasuredRun
{
    /// <summary>Folder of the workspace that reports are written to.</summary>
    public const string Folder = ".coding-agent-coverage";

    // The first of the name on the path that is not our own: a virtual environment may have put itself before.
    private const string Real = """
        #!/bin/sh
        real() { PATH="$(printf ':%s:' "$PATH" | sed "s|:$AGENT_COVERAGE/bin:|:|g; s/^://; s/:\$//")"; command -v "$1"; }
        """;

    private const string DotNet = Real + """

        if [ "$1" = test ]; then
          shift
          case " $* " in
            *" --collect"*|*" --coverage"*|*" --project "*|*" --solution "*) ;;
            *)
              if grep -rqs --include='*.csproj' --include='*.fsproj' --include='*.props' 'coverlet.collector' .; then c='XPlat Code Coverage'; else c='Code Coverage;Format=cobertura'; fi
              set -- --collect "$c" --results-directory "$AGENT_COVERAGE/dotnet.$$" "$@" ;;
          esac
          exec "$(real dotnet)" test "$@"
        fi
        exec "$(real dotnet)" "$@"
        """;

    private const string Go = Real + """

        if [ "$1" = test ]; then
          shift
          case " $* " in *" -coverprofile"*) ;; *) set -- -coverprofile="$AGENT_COVERAGE/go.$$.out" "$@" ;; esac
          exec "$(real go)" test "$@"
        fi
        exec "$(real go)" "$@"
        """;

    private const string Node = Real + """

        n="$(real node)"
        case " $* " in
          *" --test-reporter"*|*" --coverage"*|*"/c8 "*|*"/nyc "*) exec "$n" "$@" ;;
          *" --test "*) exec "$n" --experimental-test-coverage --test-reporter=spec --test-reporter-destination=stdout --test-reporter=lcov "--test-reporter-destination=$AGENT_COVERAGE/node.$$.info" "$@" ;;
        esac
        case "$1" in
          */jest|*/jest.js) exec "$n" "$@" --coverage --coverageReporters=json "--coverageDirectory=$AGENT_COVERAGE/jest.$$" ;;
          */vitest|*/vitest.mjs)
            if [ -d node_modules/@vitest/coverage-v8 ] || [ -d node_modules/@vitest/coverage-istanbul ]; then exec "$n" "$@" --coverage --coverage.reporter=json "--coverage.reportsDirectory=$AGENT_COVERAGE/vitest.$$"; fi ;;
          */mocha|*/mocha.js|*/ava|*/tape|*/jasmine|*/uvu)
            for c in c8 nyc; do
              if [ -x "node_modules/.bin/$c" ]; then exec "$n" "node_modules/.bin/$c" --reporter=lcovonly "--report-dir=$AGENT_COVERAGE/$c.$$" "--temp-directory=$AGENT_COVERAGE/tmp.$$" -- "$n" "$@"; fi
            done ;;
        esac
        exec "$n" "$@"
        """;

    // Where coverage.py is not, the interpreter itself tells which lines run.
    private const string Python = """
        import atexit, json, os, sys
        _root = os.environ.get("AGENT_ROOT", "") + os.sep
        _file = os.path.join(os.environ.get("AGENT_COVERAGE", ""), "python.%d.json" % os.getpid())

        def _ours(name):
            return name.startswith(_root) and "site-packages" not in name and not name.startswith(os.environ.get("AGENT_COVERAGE", "") + os.sep)

        def _begin():
            try:
                import coverage
                c = coverage.Coverage(data_file=None, source=[_root], config_file=False)
                c.start()
                def done():
                    c.stop()
                    c.json_report(outfile=_file)
                atexit.register(lambda: _quiet(done))
                return
            except ImportError:
                pass
            ran = {}
            def hit(code, line):
                ran.setdefault(code.co_filename, set()).add(line)
            if hasattr(sys, "monitoring"):
                m = sys.monitoring
                m.use_tool_id(m.COVERAGE_ID, "coding-agent")
                def on_line(code, line):
                    if _ours(code.co_filename):
                        hit(code, line)
                    return m.DISABLE
                m.register_callback(m.COVERAGE_ID, m.events.LINE, on_line)
                m.set_events(m.COVERAGE_ID, m.events.LINE)
            else:
                import threading
                def trace(frame, event, arg):
                    if not _ours(frame.f_code.co_filename):
                        return None
                    if event == "line" or event == "call":
                        hit(frame.f_code, frame.f_lineno)
                    return trace
                threading.settrace(trace)
                sys.settrace(trace)
            def lines(code, found):
                for entry in code.co_lines() if hasattr(code, "co_lines") else []:
                    if entry[2]:
                        found.add(entry[2])
                for inner in code.co_consts:
                    if hasattr(inner, "co_code"):
                        lines(inner, found)
            def write():
                files = {}
                for folder, names, entries in os.walk(_root):
                    names[:] = [n for n in names if not n.startswith(".") and n not in ("node_modules", "site-packages", "venv")]
                    for name in entries:
                        path = os.path.join(folder, name)
                        if name.endswith(".py") and (path in ran or len(files) < 5000):
                            try:
                                with open(path, "rb") as source:
                                    found = set()
                                    lines(compile(source.read(), path, "exec"), found)
                                hits = ran.get(path, set())
                                files[path] = {"executed_lines": sorted(hits), "missing_lines": sorted(found - hits)}
                            except Exception:
                                pass
                if ran:
                    with open(_file, "w") as out:
                        json.dump({"meta": {}, "files": files}, out)
            atexit.register(lambda: _quiet(write))

        def _quiet(work):
            try:
                work()
            except BaseException:
                pass

        if _root != os.sep:
            _quiet(_begin)
        """;

    /// <summary>The line that runs a check and measures it, to be run at the root of a workspace; it ends as the check does.</summary>
    /// <param name="line">The check's.</param>
    public static string Of(string line) => $"""
        export AGENT_ROOT="$PWD" AGENT_COVERAGE="$PWD/{Folder}"
        rm -rf -- "$AGENT_COVERAGE" && mkdir -p "$AGENT_COVERAGE/bin" "$AGENT_COVERAGE/python"
        {Write("bin/dotnet", DotNet)}
        {Write("bin/go", Go)}
        {Write("bin/node", Node)}
        {Write("python/sitecustomize.py", Python)}
        chmod +x "$AGENT_COVERAGE"/bin/*
        for p in dotnet go node; do PATH="$PATH" command -v "$p" >/dev/null || rm -f "$AGENT_COVERAGE/bin/$p"; done
        export PATH="$AGENT_COVERAGE/bin:$PATH" PYTHONPATH="$AGENT_COVERAGE/python$(test -z "$PYTHONPATH" || echo ":$PYTHONPATH")"
        {line}
        """;

    private static string Write(string file, string content) => $"cat > \"$AGENT_COVERAGE/{file}\" <<'END-OF-FILE'\n{content}\nEND-OF-FILE";
}
