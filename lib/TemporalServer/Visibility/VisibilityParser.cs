using System.Globalization;
using Dapper;
using TemporalServer.Storage;

namespace TemporalServer.Visibility;

/// <summary>
/// The list query language, as far as lists by field need it: comparisons with = != &lt; &lt;= &gt; &gt;=, IN, BETWEEN, STARTS_WITH,
/// IS [NOT] NULL, joined by AND, OR, NOT and parentheses; counts may end in GROUP BY ExecutionStatus.
/// </summary>
internal sealed class VisibilityParser
{
    private static readonly Dictionary<string, string> RunColumnsByName = new(StringComparer.Ordinal)
    {
        ["WorkflowId"] = "workflow_id",
        ["RunId"] = "run_id",
        ["WorkflowType"] = "workflow_type",
        ["TaskQueue"] = "task_queue",
        ["ExecutionStatus"] = "status",
        ["StartTime"] = "start_time",
        ["ExecutionTime"] = "execution_time",
        ["CloseTime"] = "close_time",
        ["HistoryLength"] = "history_length",
        ["ParentWorkflowId"] = "parent_workflow_id",
    };

    private static readonly Dictionary<string, string> ScheduleColumnsByName = new(StringComparer.Ordinal)
    {
        ["ScheduleId"] = "schedule_id",
        ["TemporalSchedulePaused"] = "paused",
    };

    private readonly Dictionary<string, string> _columns;
    private readonly IReadOnlyList<VisibilityToken> _tokens;
    private readonly DynamicParameters _parameters = new();
    private readonly string _query;
    private int _at;
    private int _count;

    private VisibilityParser(string query, Dictionary<string, string> columns)
    {
        _columns = columns;
        _query = query;
        _tokens = VisibilityToken.Read(query);
    }

    /// <summary>Reads a query over one namespace.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the query is not in the language.</exception>
    public static VisibilityFilter Parse(string ns, string query) => Parse(ns, new VisibilityParser(query, RunColumnsByName));

    /// <summary>Reads a query over the schedules of one namespace.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the query is not in the language.</exception>
    public static VisibilityFilter ParseSchedules(string ns, string query)
    {
        var filter = Parse(ns, new VisibilityParser(query, ScheduleColumnsByName));
        return filter.GroupByStatus ? throw VisibilityToken.Error("schedules have no ExecutionStatus to group by", query) : filter;
    }

    private static VisibilityFilter Parse(string ns, VisibilityParser parser)
    {
        parser._parameters.Add("ns", ns);
        var where = "namespace = @ns";
        if (parser.Peek.Kind != VisibilityTokenKind.End && !parser.IsWord("GROUP") && !parser.IsWord("ORDER"))
        {
            where += $" AND ({parser.Or()})";
        }

        var grouped = parser.Group();
        parser.Order();
        return parser.Peek.Kind == VisibilityTokenKind.End ? new VisibilityFilter(where, parser._parameters, grouped) : throw parser.Unexpected("the end");
    }

    private VisibilityToken Peek => _tokens[_at];

    private RpcException Unexpected(string wanted) =>
        VisibilityToken.Error(Peek.Kind == VisibilityTokenKind.End ? $"{wanted} is missing at the end" : $"'{Peek.Text}' at position {Peek.Position} stands where {wanted} should", _query);

    private bool IsWord(string word) => Peek.Kind == VisibilityTokenKind.Word && Peek.Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    private bool TakeWord(string word)
    {
        if (!IsWord(word))
        {
            return false;
        }

        _at++;
        return true;
    }

    private bool TakeSymbol(string symbol)
    {
        if (Peek.Kind != VisibilityTokenKind.Symbol || Peek.Text != symbol)
        {
            return false;
        }

        _at++;
        return true;
    }

    private string Or()
    {
        var sql = And();
        while (TakeWord("OR"))
        {
            sql = $"({sql} OR {And()})";
        }

        return sql;
    }

    private string And()
    {
        var sql = Not();
        while (TakeWord("AND"))
        {
            sql = $"({sql} AND {Not()})";
        }

        return sql;
    }

    private string Not()
    {
        if (TakeWord("NOT"))
        {
            return $"(NOT {Not()})";
        }

        if (!TakeSymbol("("))
        {
            return Comparison();
        }

        var inner = Or();
        return TakeSymbol(")") ? inner : throw Unexpected("')'");
    }

    private string Comparison()
    {
        if (Peek.Kind != VisibilityTokenKind.Word)
        {
            throw Unexpected("the name of a field");
        }

        var field = _tokens[_at++].Text;
        if (TakeWord("IS"))
        {
            var not = TakeWord("NOT");
            return TakeWord("NULL") ? IsNull(field, not) : throw Unexpected("NULL");
        }

        if (TakeWord("BETWEEN"))
        {
            var low = Value(field);
            return TakeWord("AND") ? $"({Compare(field, ">=", low)} AND {Compare(field, "<=", Value(field))})" : throw Unexpected("AND");
        }

        if (TakeWord("STARTS_WITH"))
        {
            var prefix = Value(field);
            return Custom(field, column => $"substr({column}, 1, length({prefix})) = {prefix}");
        }

        var negated = TakeWord("NOT");
        if (TakeWord("IN"))
        {
            return In(field, negated);
        }

        if (negated || Peek.Kind != VisibilityTokenKind.Symbol || Peek.Text is not ("=" or "!=" or "<>" or "<" or "<=" or ">" or ">="))
        {
            throw Unexpected("a comparison");
        }

        var op = _tokens[_at++].Text;
        return Compare(field, op, Value(field));
    }

    private string In(string field, bool negated)
    {
        if (!TakeSymbol("("))
        {
            throw Unexpected("'('");
        }

        var values = new List<string> { Value(field) };
        while (TakeSymbol(","))
        {
            values.Add(Value(field));
        }

        if (!TakeSymbol(")"))
        {
            throw Unexpected("')'");
        }

        var sql = Custom(field, column => $"{column} IN ({string.Join(", ", values)})");
        return negated ? $"(NOT {sql})" : sql;
    }

    private string Compare(string field, string op, string value) =>
        op is "!=" or "<>" ? $"(NOT {Custom(field, column => $"{column} = {value}")})" : Custom(field, column => $"{column} {op} {value}");

    private string IsNull(string field, bool not)
    {
        if (_columns.TryGetValue(field, out var column))
        {
            return $"{column} IS {(not ? "NOT " : string.Empty)}NULL";
        }

        var exists = Custom(field, _ => "1 = 1");
        return not ? exists : $"(NOT {exists})";
    }

    /// <summary>A condition on a column, or on any value of a custom search attribute.</summary>
    private string Custom(string field, Func<string, string> condition)
    {
        if (_columns.TryGetValue(field, out var column))
        {
            return $"({condition(column)})";
        }

        var path = Parameter($"$.\"{field.Replace("\"", string.Empty, StringComparison.Ordinal)}\"");
        return $"EXISTS (SELECT 1 FROM json_each(search_attributes, {path}) AS found WHERE {condition("found.value")})";
    }

    private string Value(string field)
    {
        var token = Peek;
        if (token.Kind is not (VisibilityTokenKind.Text or VisibilityTokenKind.Number) && !IsWord("true") && !IsWord("false"))
        {
            throw Unexpected("a value");
        }

        _at++;
        return field switch
        {
            "ExecutionStatus" => Parameter((int)Status(token)),
            "StartTime" or "ExecutionTime" or "CloseTime" => Parameter(Time(token)),
            _ when token.Kind == VisibilityTokenKind.Number => Parameter(Number(token)),
            _ when token.Kind == VisibilityTokenKind.Word => Parameter(token.Text.Equals("true", StringComparison.OrdinalIgnoreCase) ? 1 : 0),
            _ => Parameter(token.Text),
        };
    }

    private double Number(VisibilityToken token) =>
        double.TryParse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw VisibilityToken.Error($"'{token.Text}' at position {token.Position} is not a number", _query);

    private WorkflowExecutionStatus Status(VisibilityToken token)
    {
        var text = token.Text;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Enum.IsDefined((WorkflowExecutionStatus)number))
        {
            return (WorkflowExecutionStatus)number;
        }

        var name = text.Equals("Cancelled", StringComparison.OrdinalIgnoreCase) ? "Canceled" : text;
        return Enum.TryParse<WorkflowExecutionStatus>(name, ignoreCase: true, out var status) ? status : throw VisibilityToken.Error($"'{text}' at position {token.Position} is not an execution status", _query);
    }

    private long Time(VisibilityToken token) =>
        DateTimeOffset.TryParse(token.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? RunColumns.Micros(time)
            : throw VisibilityToken.Error($"'{token.Text}' at position {token.Position} is not a time", _query);

    private string Parameter(object value)
    {
        var name = $"p{_count++}";
        _parameters.Add(name, value);
        return "@" + name;
    }

    private bool Group()
    {
        if (!TakeWord("GROUP"))
        {
            return false;
        }

        return TakeWord("BY") && TakeWord("ExecutionStatus") ? true : throw VisibilityToken.Error("only GROUP BY ExecutionStatus is supported", _query);
    }

    private void Order()
    {
        if (!TakeWord("ORDER"))
        {
            return;
        }

        // The one order there is: newest start first.
        if (!TakeWord("BY") || !TakeWord("StartTime") || !TakeWord("DESC"))
        {
            throw VisibilityToken.Error("only ORDER BY StartTime DESC is supported", _query);
        }
    }
}
