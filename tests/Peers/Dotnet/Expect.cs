using System.Runtime.CompilerServices;

namespace CodingAgent.Peers.Dotnet;

/// <summary>What a scenario demands; the message names the expression.</summary>
internal static class Expect
{
    public static void Same<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "") =>
        True(EqualityComparer<T>.Default.Equals(expected, actual), $"{what} is '{actual}', not '{expected}'");

    public static void True(bool condition, string message)
    {
        if (!condition)
            throw new InvalidOperationException(message);
    }

    public static T Is<T>(object? value) => value is T t ? t : throw new InvalidOperationException($"a {typeof(T).Name} was expected, not {value ?? "nothing"}");

    public static async Task<T> ThrowsAsync<T>(Func<Task> call)
        where T : Exception
    {
        try
        {
            await call();
        }
        catch (T e)
        {
            return e;
        }

        throw new InvalidOperationException($"{typeof(T).Name} was not thrown");
    }
}
