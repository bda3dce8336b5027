using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Temporalio.Worker;

/// <summary>Reads from a stack which call of workflow code led to work elsewhere.</summary>
/// <param name="Operation">What was called.</param>
/// <param name="Place">Where in workflow code, with file and line when they are known.</param>
/// <param name="IsContinuation">Whether no call led there: something that was waited for has ended.</param>
/// <param name="Text">The stack.</param>
internal sealed partial record EscapeTrace(string Operation, string Place, bool IsContinuation, string Text)
{
    /// <summary>When there is nothing to read.</summary>
    public static EscapeTrace None { get; } = new("a call", "code after an await", true, string.Empty);

    public static EscapeTrace Capture()
    {
        var trace = new StackTrace(1, fNeedFileInfo: true);
        var called = None.Operation;
        var continued = false;
        foreach (var frame in trace.GetFrames())
        {
            if (frame.GetMethod() is not { DeclaringType: { } type } method)
            {
                continue;
            }

            var isSdk = type.Assembly == typeof(EscapeTrace).Assembly;
            if (!isSdk && !IsOfFramework(type))
            {
                return new(called, Describe(method, type) + Line(frame), continued, trace.ToString());
            }

            continued |= method.Name is "RunContinuations" or "SignalCompletion";
            if (!isSdk || type.Namespace == typeof(Workflows.Workflow).Namespace)
            {
                called = Describe(method, type);
            }
        }

        return None with { Text = trace.ToString() };
    }

    private static bool IsOfFramework(Type type) =>
        type.Assembly.GetName().Name is { } name
        && (name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal));

    private static string Line(StackFrame frame) =>
        frame.GetFileName() is { Length: > 0 } file ? $" ({file}:{frame.GetFileLineNumber()})" : string.Empty;

    /// <summary>Names a method as its author knows it: a state machine or closure goes by the method it was made of.</summary>
    private static string Describe(MethodBase method, Type type)
    {
        var name = method.Name == "MoveNext" ? type.Name : method.Name;
        if (MadeOf().Match(name) is { Success: true } match)
        {
            name = match.Groups["method"].Value;
        }
        else if (method.IsSpecialName && name.StartsWith("get_", StringComparison.Ordinal))
        {
            name = name[4..];
        }

        while (type.Name.StartsWith('<') && type.DeclaringType is { } outer)
        {
            type = outer;
        }

        var typeName = type.Name.Split('`')[0];
        return name == ".ctor" ? $"new {typeName}" : $"{typeName}.{name}";
    }

    [GeneratedRegex("<(?<method>\\w+)>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MadeOf();
}
