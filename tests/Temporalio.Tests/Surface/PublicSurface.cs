using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Temporalio.Tests.Surface;

/// <summary>
/// Writes the public surface of an assembly as text: a line for each type and for each member that code outside can use or override.
/// Namespaces of types in signatures are left out, accessors that are not public too.
/// </summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string[] OfRecords = ["Equals", "GetHashCode", "ToString", "PrintMembers", "Deconstruct", "<Clone>$", "EqualityContract"];

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
    };

    public static Dictionary<string, (string Shape, HashSet<string> Members)> Of(IEnumerable<Assembly> assemblies) =>
        assemblies.SelectMany(a => a.GetTypes()).Where(IsVisible).ToDictionary(FullName, t => (Shape(t), Members(t).ToHashSet()));

    private static bool IsVisible(Type type) =>
        type.IsPublic || (type.DeclaringType is { } outer && (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(outer));

    private static string FullName(Type type) =>
        type.DeclaringType is { } outer ? $"{FullName(outer)}.{Declaration(type)}" : $"{type.Namespace}.{Declaration(type)}";

    private static string Declaration(Type type) => type.IsGenericTypeDefinition
        ? $"{Bare(type)}<{string.Join(", ", type.GetGenericArguments().Skip(type.DeclaringType?.GetGenericArguments().Length ?? 0).Select(a => a.Name))}>"
        : type.Name;

    private static string Bare(Type type) => type.Name.Split('`')[0];

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", Declared) is not null;

    private static string Shape(Type type)
    {
        var kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : IsRecord(type) ? "record" : "class";
        var modifier = kind is "class" or "record"
            ? type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : string.Empty
            : string.Empty;
        if (kind == "enum")
        {
            return kind;
        }

        var inherited = type.BaseType?.GetInterfaces() ?? [];
        var all = type.GetInterfaces();
        var interfaces = all.Except(inherited).Except(all.SelectMany(i => i.GetInterfaces()))
            .Where(i => !(kind == "record" && i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEquatable<>)));
        var bases = (type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType) ? [b] : Type.EmptyTypes).Concat(interfaces)
            .Select(t => Name(t, null)).Order(StringComparer.Ordinal).ToList();
        return modifier + kind + (bases.Count == 0 ? string.Empty : " : " + string.Join(", ", bases));
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(f => $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture)}");
        }

        var isRecord = IsRecord(type);
        bool Ignored(MemberInfo m) => m.GetCustomAttribute<CompilerGeneratedAttribute>() is not null && m is not PropertyInfo
            || (isRecord && OfRecords.Contains(m.Name)) || m.Name.Contains('.', StringComparison.Ordinal);
        return
        [
            .. type.GetConstructors(Declared).Where(c => !c.IsStatic && Access(c) is not null)
                .Where(c => !(isRecord && c.GetParameters() is [{ } only] && only.ParameterType == type))
                .Select(c => $"{Access(c)}{Bare(type)}({Parameters(c)})"),
            .. type.GetMethods(Declared).Where(m => !m.IsSpecialName && !Ignored(m) && Access(m) is not null && m.GetBaseDefinition() == m)
                .Select(m => $"{Access(m)}{Modifier(m)}{Name(m.ReturnType, new NullabilityInfoContext().Create(m.ReturnParameter))} {m.Name}{Generics(m)}({Parameters(m)})"),
            .. type.GetProperties(Declared).Where(p => !Ignored(p)).Select(Property).OfType<string>(),
            .. type.GetFields(Declared).Where(f => (f.IsPublic || f.IsFamily) && !f.IsSpecialName).Select(f =>
                $"{(f.IsPublic ? string.Empty : "protected ")}{(f.IsLiteral ? "const " : f.IsStatic ? "static " : string.Empty)}{(f.IsInitOnly ? "readonly " : string.Empty)}{Name(f.FieldType, new NullabilityInfoContext().Create(f))} {f.Name}"),
        ];
    }

    private static string? Access(MethodBase method) =>
        method.IsPublic ? string.Empty : method.IsFamily || method.IsFamilyOrAssembly ? "protected " : null;

    private static string Modifier(MethodInfo method) => method.IsStatic ? "static "
        : method.DeclaringType!.IsInterface ? string.Empty
        : method.IsAbstract ? "abstract " : method.IsVirtual && !method.IsFinal ? "virtual " : string.Empty;

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : string.Empty;

    private static string? Property(PropertyInfo property)
    {
        var (get, set) = (property.GetMethod, property.SetMethod);
        var (getAccess, setAccess) = (get is null ? null : Access(get), set is null ? null : Access(set));
        if ((getAccess ?? setAccess) is null || (get ?? set) is not { } any || any.GetBaseDefinition() != any)
        {
            return null;
        }

        var isInit = set?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        var access = getAccess is "" || setAccess is "" ? string.Empty : "protected ";
        var getter = getAccess is null ? string.Empty : $"{(getAccess == access ? string.Empty : getAccess)}get; ";
        var setter = setAccess is null ? string.Empty : $"{(setAccess == access ? string.Empty : setAccess)}{(isInit ? "init" : "set")}; ";
        var name = property.GetIndexParameters().Length > 0 ? $"this[{Parameters(get!)}]" : property.Name;
        return $"{access}{Modifier(any)}{Name(property.PropertyType, new NullabilityInfoContext().Create(property))} {name} {{ {getter}{setter}}}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select((p, i) =>
    {
        var isThis = i == 0 && method.IsDefined(typeof(ExtensionAttribute));
        var modifier = isThis ? "this " : p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : p.IsOut ? "out " : p.ParameterType.IsByRef ? "ref " : string.Empty;
        var type = p.ParameterType.IsByRef ? p.ParameterType.GetElementType()! : p.ParameterType;
        return $"{modifier}{Name(type, new NullabilityInfoContext().Create(p))} {p.Name}{(p.HasDefaultValue ? $" = {Default(p)}" : string.Empty)}";
    }));

    private static string Default(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return parameter.DefaultValue switch
        {
            null => "default",
            bool b => b ? "true" : "false",
            string s => $"\"{s}\"",
            { } e when type.IsEnum => $"{type.Name}.{Enum.GetName(type, e)}",
            { } v => Convert.ToString(v, CultureInfo.InvariantCulture)!,
        };
    }

    private static string Name(Type type, NullabilityInfo? nullability)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying, nullability) + "?";
        }

        // The mark on a bare type parameter depends on its constraints in ways that reflection cannot tell: none is written.
        var mark = !type.IsValueType && !type.IsGenericParameter && nullability is { ReadState: NullabilityState.Nullable } or { WriteState: NullabilityState.Nullable, ReadState: NullabilityState.Unknown }
            ? "?"
            : string.Empty;
        if (type.IsArray)
        {
            return $"{Name(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        }

        if (!type.IsGenericType)
        {
            return Keywords.GetValueOrDefault(type, type.Name) + mark;
        }

        var arguments = type.GetGenericArguments().Select((a, i) => Name(a, nullability?.GenericTypeArguments.ElementAtOrDefault(i)));
        return $"{Bare(type)}<{string.Join(", ", arguments)}>{mark}";
    }
}
