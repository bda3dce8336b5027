using System.Linq.Expressions;
using System.Reflection;

namespace Temporalio.Common;

/// <summary>Takes a single call, or a property read, out of an expression such as <c>wf => wf.RunAsync(input)</c>.</summary>
internal static class ExpressionUtil
{
    public static (MethodInfo Method, IReadOnlyCollection<object?> Args) ExtractCall(LambdaExpression expression)
    {
        if (Strip(expression.Body) is not MethodCallExpression call || !IsTarget(call.Object, expression))
        {
            throw new ArgumentException("The expression must be a single call of a static method or of a method of its parameter.", nameof(expression));
        }

        return (call.Method, [.. call.Arguments.Select(Evaluate)]);
    }

    public static MemberInfo? ExtractProperty(LambdaExpression expression) =>
        Strip(expression.Body) is MemberExpression { Member: PropertyInfo property } member && IsTarget(member.Expression, expression)
            ? property
            : null;

    private static bool IsTarget(Expression? target, LambdaExpression lambda) =>
        target is null || lambda.Parameters.Count == 0 || (Strip(target) is ParameterExpression parameter && lambda.Parameters.Contains(parameter));

    private static Expression Strip(Expression expression) =>
        expression is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.ConvertChecked } convert ? Strip(convert.Operand) : expression;

    private static object? Evaluate(Expression argument)
    {
        switch (argument)
        {
            case ConstantExpression constant:
                return constant.Value;
            case MemberExpression { Member: FieldInfo field } member when member.Expression is null or ConstantExpression:
                // A captured local: far cheaper read than compiled.
                return field.GetValue((member.Expression as ConstantExpression)?.Value);
            default:
                return Expression.Lambda<Func<object?>>(Expression.Convert(argument, typeof(object))).Compile(preferInterpretation: true)();
        }
    }
}
