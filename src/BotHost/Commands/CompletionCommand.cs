using System.CommandLine;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent completion bash</c>: what a shell runs so that it completes this program's commands, options and their values.</summary>
internal static class CompletionCommand
{
    // The program itself knows what may stand there; it is asked with the directive [suggest:POSITION], without the program's own name. It answers with what
    // contains the word as well, and after an option that may be given several times with that option's values alone. Bash takes a colon for the end of a word.
    private const string Bash = """
        _codingagent() {
            local typed="${COMP_LINE:0:COMP_POINT}" IFS=$'\n' asked
            local rest="${typed#*[[:blank:]]}" word="${typed##*[[:blank:]]}"
            for asked in "$rest" "${rest%%[[:blank:]]-*} $word"; do
                mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#asked}]" "$asked" 2>/dev/null | grep -E '^(--|[[:alnum:]])')" -- "$word")
                [[ ${#COMPREPLY[@]} -eq 0 && "$word" == -* ]] || break
            done
            if [[ "$word" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
                COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}")
            fi
        }
        complete -o default -F _codingagent codingagent
        """;

    public static Command Create()
    {
        var command = new Command("completion", "Prints what has a shell complete this program's commands and options.");
        var bash = new Command("bash", "For bash, now: source <(codingagent completion bash). For good: the same line in ~/.bashrc.");
        bash.SetAction(_ => Console.WriteLine(Bash.ReplaceLineEndings("\n")));
        command.Add(bash);
        return command;
    }
}
