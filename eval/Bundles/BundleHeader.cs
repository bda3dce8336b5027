namespace CodingAgent.Eval.Bundles;

/// <summary>The header of a <see cref="RepositoryBundle"/>.</summary>
internal sealed class BundleHeader
{
    /// <summary>Language and tools, for the table.</summary>
    public string Ecosystem { get; set; } = "";

    /// <summary>Title of the issue.</summary>
    public string Issue { get; set; } = "";

    /// <summary>Body of the issue.</summary>
    public string Body { get; set; } = "";

    /// <summary>How the task is to end.</summary>
    public Ending Expect { get; set; } = Ending.Merged;

    /// <summary>Regular expressions that what the person reads must match, each of them, ignoring case.</summary>
    public List<string> Words { get; set; } = [];

    /// <summary>Shell line that prepares a checkout outside the product; empty for none. The product never sees it.</summary>
    public string Setup { get; set; } = "";

    /// <summary>Shell line that runs the repository's own tests outside the product; empty for none.</summary>
    public string Test { get; set; } = "";

    /// <summary>True when the tests fail on the base: the issue's failing test already exists.</summary>
    public bool Red { get; set; }

    /// <summary>Programs it needs on the PATH; without them it is skipped, with the reason.</summary>
    public List<string> Needs { get; set; } = [];

    /// <summary>Name endings of files whose lines end with CR LF.</summary>
    public List<string> Crlf { get; set; } = [];

    /// <summary>Name endings of files that begin with a UTF-8 byte order mark.</summary>
    public List<string> Bom { get; set; } = [];

    /// <summary>Files that are executable.</summary>
    public List<string> Executable { get; set; } = [];

    /// <summary>Paths the change deletes.</summary>
    public List<string> Deleted { get; set; } = [];

    /// <summary>How many small data files are added, in folders of 80 under <c>data/</c>.</summary>
    public int Filler { get; set; }

    /// <summary>Folder of a submodule; empty for none.</summary>
    public string Submodule { get; set; } = "";
}

/// <summary>How a task ends.</summary>
internal enum Ending
{
    /// <summary>Merged by a person.</summary>
    Merged,

    /// <summary>It stops or parks with words, before a model is asked.</summary>
    Stops,
}
