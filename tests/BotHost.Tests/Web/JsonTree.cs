using System.Text;
using System.Text.Json.Nodes;

namespace CodingAgent.BotHost.Tests.Web;

/// <summary>JSON that may be broken: members twice, and values that are any text. No library writes such.</summary>
internal sealed class JsonTree
{
    private readonly List<(string Name, JsonTree Value)> _members = [];
    private readonly List<JsonTree> _items = [];
    private readonly char _kind;
    private string _raw = "";

    private JsonTree(char kind) => _kind = kind;

    public static JsonTree Of(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                var tree = new JsonTree('{');
                tree._members.AddRange(map.Select(m => ($"\"{m.Key}\"", Of(m.Value))));
                return tree;
            case JsonArray list:
                var array = new JsonTree('[');
                array._items.AddRange(list.Select(Of));
                return array;
            default:
                return Raw(node?.ToJsonString() ?? "null");
        }
    }

    public static JsonTree Raw(string text) => new('=') { _raw = text };

    /// <summary>Every member below, with whose it is: the outer before the inner.</summary>
    public IEnumerable<(JsonTree Of, int At)> Places() =>
        Enumerable.Range(0, _members.Count).Select(i => (this, i)).Concat(_members.Select(m => m.Value).Concat(_items).SelectMany(v => v.Places()));

    public void Drop(int at) => _members.RemoveAt(at);

    public void Duplicate(int at, string? value) => _members.Add((_members[at].Name, value is null ? _members[at].Value : Raw(value)));

    public void Rename(int at, Func<string, string> rename) => _members[at] = (rename(_members[at].Name), _members[at].Value);

    public void Replace(int at, string value) => _members[at] = (_members[at].Name, Raw(value));

    /// <summary>Puts the value of one member into that of another.</summary>
    public void Move(int at, JsonTree to, int toAt) => to._members[toAt] = (to._members[toAt].Name, Raw(_members[at].Value.ToString()));

    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text);
        return text.ToString();
    }

    private void Write(StringBuilder text)
    {
        if (_kind == '=')
        {
            text.Append(_raw);
            return;
        }

        text.Append(_kind);
        for (var i = 0; i < _members.Count + _items.Count; i++)
        {
            if (i > 0)
                text.Append(',');
            if (i < _members.Count)
                text.Append(_members[i].Name).Append(':');
            (i < _members.Count ? _members[i].Value : _items[i - _members.Count]).Write(text);
        }

        text.Append(_kind == '{' ? '}' : ']');
    }
}
