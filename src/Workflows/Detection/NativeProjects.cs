using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Detection;

/// <summary>
/// C and C++ (CMake with CTest, Meson, autotools), and make as the last resort of every repository. Build folders lie in HOME, whose
/// changes end with the command: what is compiled is compiled for exactly the tree that is checked.
/// </summary>
internal static partial class NativeProjects
{
    private const string Build = "\"$HOME/build\"";

    public static void Detect(DetectionBuilder found)
    {
        if (!found.HasTestsIn(""))
            CMake(found);
        if (!found.HasTestsIn("") && found.View.Has("meson.build") && found.HasTool("meson", "meson.build"))
            Meson(found);
        if (!found.HasTestsIn("") && found.View.FirstIn("", "configure.ac", "configure.in") is { } configure && found.View.Has("Makefile.am") && found.HasTool("make", configure))
        {
            found.Ecosystems.Add("native");
            var start = found.View.Has("configure") ? "" : found.View.Has("autogen.sh") ? "NOCONFIGURE=1 sh ./autogen.sh && " : "autoreconf -fi && ";
            found.Check("autotools", "", $"{start}./configure && make && make check", CheckKind.Test);
        }

        if (!found.HasTestsIn(""))
            Make(found);
    }

    private static void CMake(DetectionBuilder found)
    {
        var view = found.View;
        if (!view.Has("CMakeLists.txt") || !found.HasTool("cmake", "CMakeLists.txt"))
            return;
        found.Ecosystems.Add("native");
        var texts = string.Join('\n', view.Named("CMakeLists.txt").Take(60).Select(view.Text).Concat(view.Ending(".cmake").Take(20).Select(view.Text)));
        var fetches = texts.Contains("FetchContent_", StringComparison.Ordinal) || texts.Contains("CPMAddPackage", StringComparison.Ordinal);
        var hasTests = Tests().IsMatch(texts);
        // Options that CI gives decide which tests are built at all.
        var options = found.Ci.Where(c => c.Program == "cmake" && c.Folder.Length == 0 && !c.Line.Contains("--build", StringComparison.Ordinal))
            .Select(c => string.Concat(Define().Matches(c.Line).Select(m => " " + m.Value))).FirstOrDefault(o => o.Length > 0) ?? "";
        options += Switch().Matches(texts).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal).Where(n => !options.Contains($"-D{n}=", StringComparison.Ordinal)).Take(3).Aggregate("", (a, n) => $"{a} -D{n}=ON");
        var configure = $"cmake -S . -B {Build}{options}";
        if (fetches)
        {
            found.Setup(new SetupStep(
                "cmake configure", "", configure, "native", configure)
            {
                Registries = "cmake",
            });
        }

        var line = $"{configure}{(fetches ? " -DFETCHCONTENT_FULLY_DISCONNECTED=ON" : "")} && cmake --build {Build} --parallel 2";
        found.Check("cmake", "", hasTests ? $"{line} && cd {Build} && ctest --output-on-failure" : line, hasTests ? CheckKind.Test : CheckKind.Build, optional: !hasTests && found.HasTests);
    }

    private static void Meson(DetectionBuilder found)
    {
        var view = found.View;
        found.Ecosystems.Add("native");
        if (view.AllPaths.Any(p => Paths.Folder(p) == "subprojects" && Paths.Extension(p) == ".wrap"))
        {
            found.Setup(new SetupStep("meson subprojects", "", "meson subprojects download", "native", "meson subprojects update")
            {
                Registries = "meson",
            });
        }

        var hasTests = view.Named("meson.build").Take(60).Any(p => MesonTest().IsMatch(view.Text(p)));
        found.Check("meson", "", $"meson setup {Build} . && {(hasTests ? $"meson test -C {Build} --print-errorlogs" : $"ninja -C {Build}")}", hasTests ? CheckKind.Test : CheckKind.Build);
    }

    private static void Make(DetectionBuilder found)
    {
        var makefile = found.View.FirstIn("", "GNUmakefile", "makefile", "Makefile");
        if (makefile is null || !found.Tools.MayHave("make"))
            return;
        var text = found.View.Text(makefile);
        var targets = Target().Matches(text).Select(m => m.Groups["name"].Value).ToArray();
        var ci = found.CiFor("", CheckKind.Test, "make").FirstOrDefault(c => c.Line.Split(' ').Skip(1).Any(w => targets.Contains(w, StringComparer.Ordinal)));
        var target = new[] { "test", "check", "tests", "unit-test", "test-unit" }.FirstOrDefault(t => targets.Contains(t, StringComparer.Ordinal));
        if (ci is null && target is null)
            return;
        found.Ecosystems.Add("native");
        found.Check("make", "", ci?.Line ?? $"make {target}", CheckKind.Test);
    }

    [GeneratedRegex(@"\b(?:enable_testing|add_test|include\s*\(\s*CTest|gtest_discover_tests|catch_discover_tests|doctest_discover_tests)\b", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Tests();

    [GeneratedRegex(@"-D[A-Za-z_][\w]*(?::\w+)?=[\w./-]+", RegexOptions.NonBacktracking)]
    private static partial Regex Define();

    // option(FOO_BUILD_TESTS "..." OFF)
    [GeneratedRegex(@"\boption\s*\(\s*(?<name>\w*(?:BUILD_TESTS|BUILD_TESTING|BUILD_UNIT_TESTS|ENABLE_TESTS|ENABLE_TESTING)\w*)\b[^)]*\bOFF\s*\)", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Switch();

    [GeneratedRegex(@"^\s*test\s*\(", RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex MesonTest();

    [GeneratedRegex(@"^(?<name>[A-Za-z][\w.-]*)(?:[ \t]+[\w.-]+)*[ \t]*::?(?:[^=]|\z)", RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Target();
}
