using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Chaos;

/// <summary>A job, and the repository that it is tried on.</summary>
/// <param name="Name">What it is called here.</param>
/// <param name="Verb">The verb of its label.</param>
/// <param name="Title">Title of the issue.</param>
/// <param name="Body">Body of the issue.</param>
/// <param name="Files">The repository's files, by path.</param>
public sealed record ChaosJob(string Name, string Verb, string Title, string Body, IReadOnlyDictionary<string, string> Files)
{
    private static readonly ReferenceFile[] Refactored =
    [
        new("src/__init__.py", "", ""),
        new("src/price.py", "def total(items):\n    result = 0\n    for item in items:\n        result = result + item\n    return result\n", "def total(items):\n    return sum(items)\n"),
        new("tests/__init__.py", "", ""),
        new("tests/test_price.py", "import unittest\nfrom src.price import total\n\n\nclass PriceTest(unittest.TestCase):\n    def test_total(self):\n        self.assertEqual(6, total([1, 2, 3]))\n",
            "import unittest\nfrom src.price import total\n\n\nclass PriceTest(unittest.TestCase):\n    def test_total(self):\n        self.assertEqual(6, total([1, 2, 3]))\n\n    def test_nothing(self):\n        self.assertEqual(0, total([]))\n"),
    ];

    /// <summary>Every job that can be tried.</summary>
    public static IReadOnlyList<ChaosJob> All { get; } =
    [
        new("implement", "implement", ShellSample.IssueTitle, ShellSample.IssueBody, ShellSample.Files) { IsReviewed = true },
        new("fix", "fix", ShellSample.IssueTitle, ShellSample.IssueBody, ShellSample.Files) { IsReviewed = true },
        new("refactor", "refactor", "Simplify the total", "It adds by hand what `sum` does.", WithPolicy(Refactored.ToDictionary(f => f.Path, f => f.Before!, StringComparer.Ordinal), "python3 -m unittest discover -s tests -t ."))
        {
            References = [new ReferenceChange($"{Stage.Owner}/*", "Simplify the total", [.. Refactored.Where(f => f.Before != f.After)])],
        },
        Upgrade("upgrade", "batch") with { IsDivided = true },
        Upgrade("upgrade-in-one", "one"),
    ];

    // One canary, one more that is green, one whose call is mended, and one that cannot be.
    private static ChaosJob Upgrade(string name, string pulls) =>
        new(name, "upgrade", "Upgrade lib to 2.0.0", "Please.", WithPolicy(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["libs/1"] = "both\nold\ngone\n",
                ["libs/2"] = "both\nnew\n",
                ["tests/check.sh"] = "red=0\nfor m in a b c d; do\n  major=$(sed -n 's/^lib==\\([0-9]\\).*/\\1/p' $m/requirements.txt)\n  grep -qx \"$(sed -n 's/^import lib; lib[.]//p' $m/app.py)\" libs/$major || { echo \"$m: lib $major does not have that\"; red=1; }\ndone\nexit $red\n",
                ["a/requirements.txt"] = "lib==1.0.0\n",
                ["b/requirements.txt"] = "lib==1.0.0\n",
                ["c/requirements.txt"] = "lib==1.0.0\n",
                ["d/requirements.txt"] = "lib==1.0.0\n",
                ["a/app.py"] = "import lib; lib.both\n",
                ["b/app.py"] = "import lib; lib.old\n",
                ["c/app.py"] = "import lib; lib.gone\n",
                ["d/app.py"] = "import lib; lib.both\n",
            },
            "sh tests/check.sh",
            // One part after the other, so that a moment has the same number in every run.
            $"upgrade: {{ pulls: {pulls}, parallel: 1, batch: 10, canary: [a] }}\n"))
        {
            References = [new ReferenceChange($"{Stage.Owner}/*", "Mend the calls", [new ReferenceFile("b/app.py", "import lib; lib.old\n", "import lib; lib.new\n")])],
        };

    /// <summary>What the model knows beforehand; empty where it has a script of its own.</summary>
    public IReadOnlyList<ReferenceChange> References { get; init; } = [];

    /// <summary>CI refuses the first submission, and Ada asks for changes: else she takes what comes.</summary>
    public bool IsReviewed { get; init; }

    /// <summary>It comes to several pull requests, which Ada leaves open: she stops the task when they are there.</summary>
    public bool IsDivided { get; init; }

    /// <summary>Writes the repository into a folder.</summary>
    public void WriteTo(string folder)
    {
        foreach (var (path, text) in Files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            File.WriteAllText(Path.Combine(folder, path), text);
        }
    }

    private static Dictionary<string, string> WithPolicy(Dictionary<string, string> files, string check, string more = "") => new(files, StringComparer.Ordinal)
    {
        [".github/coding-agent.yml"] = $"version: 1\nplan: {{ approval: always }}\ntests: {{ patterns: [\"tests/**\"] }}\nchecks: [ {{ name: test, run: \"{check}\" }} ]\nsetup: []\nci: {{ required: false }}\ndanger: {{ dependencies: allow }}\n{more}",
    };
}
