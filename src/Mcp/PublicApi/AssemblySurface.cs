using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CodingAgent.Mcp.PublicApi;

/// <summary>
/// What others can use of compiled assemblies, by Roslyn's reader of metadata: nothing is loaded, so nothing of theirs runs. It knows
/// nullability, tuples, default values and the newest members as the compiler does. Used by a program of its own, in a sandbox.
/// </summary>
internal static class AssemblySurface
{
    private const long LargestFile = 64 << 20;
    private const int DeepestNesting = 100;

    // Attributes that callers, derived types or their compilers act upon; the others are the assembly's own business.
    private static readonly HashSet<string> Contract = new(
        [
            "System.ObsoleteAttribute", "System.FlagsAttribute", "System.AttributeUsageAttribute",
            "System.Diagnostics.CodeAnalysis.ExperimentalAttribute", "System.Diagnostics.CodeAnalysis.AllowNullAttribute", "System.Diagnostics.CodeAnalysis.DisallowNullAttribute",
            "System.Diagnostics.CodeAnalysis.MaybeNullAttribute", "System.Diagnostics.CodeAnalysis.NotNullAttribute", "System.Diagnostics.CodeAnalysis.MaybeNullWhenAttribute",
            "System.Diagnostics.CodeAnalysis.NotNullWhenAttribute", "System.Diagnostics.CodeAnalysis.NotNullIfNotNullAttribute", "System.Diagnostics.CodeAnalysis.MemberNotNullAttribute",
            "System.Diagnostics.CodeAnalysis.MemberNotNullWhenAttribute", "System.Diagnostics.CodeAnalysis.DoesNotReturnAttribute", "System.Diagnostics.CodeAnalysis.DoesNotReturnIfAttribute",
            "System.Diagnostics.CodeAnalysis.SetsRequiredMembersAttribute",
            "System.Runtime.CompilerServices.CallerMemberNameAttribute", "System.Runtime.CompilerServices.CallerFilePathAttribute", "System.Runtime.CompilerServices.CallerLineNumberAttribute",
            "System.Runtime.CompilerServices.CallerArgumentExpressionAttribute", "System.Runtime.CompilerServices.CollectionBuilderAttribute",
            "System.Runtime.CompilerServices.InterpolatedStringHandlerAttribute", "System.Runtime.CompilerServices.OverloadResolutionPriorityAttribute",
        ],
        StringComparer.Ordinal);

    // What only tests are built on: an assembly that refers to one is no library.
    private static readonly HashSet<string> TestLibraries = new(
        ["xunit.core", "xunit.v3.core", "nunit.framework", "Microsoft.VisualStudio.TestPlatform.TestFramework", "MSTest.TestFramework", "TUnit.Core"], StringComparer.OrdinalIgnoreCase);

    // Whatever assemblies refer to beside each other is the runtime's, or stays a name.
    private static readonly PortableExecutableReference[] Runtime =
        [.. Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "*.dll").Where(f => Path.GetFileName(f).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(f) is "netstandard.dll" or "mscorlib.dll").Select(f => MetadataReference.CreateFromFile(f))];

    private static readonly SymbolDisplayFormat Member = Format(SymbolDisplayDelegateStyle.NameOnly);

    private static readonly SymbolDisplayFormat Name = Member.WithGenericsOptions(SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeVariance);

    private static readonly SymbolDisplayFormat NameWithConstraints = Name.AddGenericsOptions(SymbolDisplayGenericsOptions.IncludeTypeConstraints);

    private static SymbolDisplayFormat Format(SymbolDisplayDelegateStyle delegates) => new(
        SymbolDisplayGlobalNamespaceStyle.Omitted,
        SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeTypeConstraints | SymbolDisplayGenericsOptions.IncludeVariance,
        SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeContainingType | SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeConstantValue
            | SymbolDisplayMemberOptions.IncludeAccessibility | SymbolDisplayMemberOptions.IncludeModifiers | SymbolDisplayMemberOptions.IncludeRef,
        delegates,
        SymbolDisplayExtensionMethodStyle.StaticMethod,
        SymbolDisplayParameterOptions.IncludeExtensionThis | SymbolDisplayParameterOptions.IncludeParamsRefOut | SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName
            | SymbolDisplayParameterOptions.IncludeDefaultValue,
        SymbolDisplayPropertyStyle.NameOnly,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier
            | SymbolDisplayMiscellaneousOptions.IncludeNotNullableReferenceTypeModifier);

    /// <summary>The surface of each assembly that is no test's; a file that is no assembly is told in a note.</summary>
    /// <param name="folder">Folder that paths are told from.</param>
    /// <param name="files">Assemblies, by path.</param>
    public static ApiSurface Of(string folder, IReadOnlyList<string> files)
    {
        var (entries, notes) = (new List<ApiEntry>(), new List<string>());
        var units = new Dictionary<string, string>(StringComparer.Ordinal);
        var alone = files.Where(f => new FileInfo(f).Length <= LargestFile).Select(f => (Path: f, Reference: MetadataReference.CreateFromFile(f))).ToArray();
        foreach (var (path, reference) in alone)
        {
            var compilation = CSharpCompilation.Create(
                "surface", null, [reference, .. alone.Where(o => o.Path != path && Path.GetFileName(o.Path) != Path.GetFileName(path)).DistinctBy(o => Path.GetFileName(o.Path)).Select(o => o.Reference), .. Runtime],
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary).WithMetadataImportOptions(MetadataImportOptions.Public));
            if (compilation.GetAssemblyOrModuleSymbol(reference) is not IAssemblySymbol assembly || assembly.Name.Length == 0)
            {
                notes.Add($"{Path.GetRelativePath(folder, path)} is no assembly that can be read.");
                continue;
            }

            if (assembly.Modules.SelectMany(m => m.ReferencedAssemblies).Any(r => TestLibraries.Contains(r.Name))) continue;
            var unit = $"{assembly.Name} {Framework(assembly)}".TrimEnd();
            var place = Path.GetRelativePath(folder, path).Split("obj/")[0].TrimEnd('/');
            if (!units.TryAdd(unit, place))
            {
                // The same project built in another configuration; or two of one name, of which the second is told by its folder.
                if (units[unit] == place || !units.TryAdd(unit = $"{unit} {place}", place)) continue;
            }

            entries.AddRange(OfAssembly(assembly).Select(e => e with { Unit = unit }));
        }

        return new ApiSurface(entries, notes);
    }

    private static IEnumerable<ApiEntry> OfAssembly(IAssemblySymbol assembly)
    {
        foreach (var friend in assembly.GetAttributes().Where(a => a.AttributeClass?.Name == "InternalsVisibleToAttribute"))
        {
            if (friend.ConstructorArguments is [{ Value: string name }]) yield return new ApiEntry("", $"friend {name}", $"[assembly: InternalsVisibleTo(\"{name}\")]");
        }

        foreach (var type in assembly.GetForwardedTypes()) yield return new ApiEntry("", Id(type), $"forwarded {type.ToDisplayString(Name)} to {type.ContainingAssembly?.Name}");
        foreach (var entry in OfNamespace(assembly.GlobalNamespace, 0)) yield return entry;
    }

    private static IEnumerable<ApiEntry> OfNamespace(INamespaceSymbol space, int depth) => depth > DeepestNesting ? [] :
        space.GetTypeMembers().Where(IsVisible).SelectMany(t => OfType(t, depth)).Concat(space.GetNamespaceMembers().SelectMany(n => OfNamespace(n, depth + 1)));

    private static IEnumerable<ApiEntry> OfType(INamedTypeSymbol type, int depth)
    {
        if (depth > DeepestNesting) yield break;
        yield return new ApiEntry("", Id(type), Declare(type));
        if (type.TypeKind == TypeKind.Delegate) yield break;
        foreach (var member in type.GetMembers())
        {
            if (member is INamedTypeSymbol nested)
            {
                if (!IsVisible(nested)) continue;
                foreach (var entry in OfType(nested, depth + 1)) yield return entry;
            }
            else if (IsVisible(member) && Declare(member) is { } text)
            {
                yield return new ApiEntry("", Id(member), text) { Obliges = IsObligation(member) };
            }
        }
    }

    // Names that no source can hold are the compiler's; what an extension block declares stands in such a type.
    private static bool IsVisible(ISymbol symbol) =>
        (symbol.CanBeReferencedByName || symbol is INamedTypeSymbol { TypeKind: TypeKind.Extension } or IMethodSymbol or IPropertySymbol { IsIndexer: true }) && !symbol.MetadataName.Contains('<', StringComparison.Ordinal)
            && IsReachable(symbol)
        || (symbol is INamedTypeSymbol { TypeKind: TypeKind.Extension } && IsReachable(symbol));

    private static bool IsReachable(ISymbol symbol) => symbol.DeclaredAccessibility switch
    {
        Accessibility.Public => true,
        // Nobody derives from what is sealed, or has no constructor for them.
        Accessibility.Protected or Accessibility.ProtectedOrInternal => symbol.ContainingType is { } type && CanBeDerived(type),
        _ => false,
    };

    private static bool CanBeDerived(INamedTypeSymbol type) => type is { TypeKind: TypeKind.Interface } || (type is { TypeKind: TypeKind.Class, IsSealed: false, IsStatic: false }
        && type.InstanceConstructors.Any(c => c.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal));

    private static bool IsObligation(ISymbol member) => member.ContainingType is { } type && ((member.IsAbstract && CanBeDerived(type))
        || member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true });

    private static string Id(ISymbol symbol) => DocumentationCommentId.CreateDeclarationId(symbol) is { Length: > 0 } id ? id : symbol.ToDisplayString(Name);

    private static string Declare(INamedTypeSymbol type)
    {
        if (type.TypeKind == TypeKind.Delegate) return $"{Attributes(type)}{Accessible(type)} delegate {type.ToDisplayString(Format(SymbolDisplayDelegateStyle.NameAndSignature))}";
        var modifiers = (type.TypeKind, type) switch
        {
            (TypeKind.Class, { IsStatic: true }) => "static ",
            (TypeKind.Class, { IsAbstract: true }) => "abstract ",
            (TypeKind.Class, _) when !CanBeDerived(type) => "sealed ",
            (TypeKind.Struct, _) => (type.IsReadOnly ? "readonly " : "") + (type.IsRefLikeType ? "ref " : ""),
            _ => "",
        };
        var keyword = type.TypeKind switch
        {
            TypeKind.Class => type.IsRecord ? "record" : "class",
            TypeKind.Struct => "struct",
            TypeKind.Interface => "interface",
            TypeKind.Enum => "enum",
            TypeKind.Extension => "extension",
            var other => other.ToString().ToLowerInvariant(),
        };
        var name = type.ToDisplayString(Name);
        var constraints = type.ToDisplayString(NameWithConstraints) is var full && full.StartsWith(name, StringComparison.Ordinal) ? full[name.Length..] : "";
        var bases = type.TypeKind == TypeKind.Enum ? [type.EnumUnderlyingType!.ToDisplayString(Name)] : Bases(type).ToArray();
        return $"{Attributes(type)}{Accessible(type)} {modifiers}{keyword} {name}{(bases.Length > 0 ? " : " + string.Join(", ", bases) : "")}{constraints}";
    }

    // Which interfaces a source names beside those that come with them is nothing that others see.
    private static IEnumerable<string> Bases(INamedTypeSymbol type)
    {
        if (type is { TypeKind: TypeKind.Class, BaseType: { SpecialType: not SpecialType.System_Object } parent }) yield return parent.ToDisplayString(Name);
        var inherited = type.BaseType?.AllInterfaces ?? [];
        foreach (var name in type.AllInterfaces.Except(inherited, SymbolEqualityComparer.Default).Cast<INamedTypeSymbol>().Where(i => i.TypeKind == TypeKind.Error || IsVisibleOutside(i)).Select(i => i.ToDisplayString(Name)).Order(StringComparer.Ordinal))
            yield return name;
    }

    private static bool IsVisibleOutside(INamedTypeSymbol type) => type.DeclaredAccessibility == Accessibility.Public && (type.ContainingType is not { } outer || IsVisibleOutside(outer));

    private static string? Declare(ISymbol member)
    {
        switch (member)
        {
            case IMethodSymbol { MethodKind: MethodKind.PropertyGet or MethodKind.PropertySet or MethodKind.EventAdd or MethodKind.EventRemove or MethodKind.EventRaise or MethodKind.StaticConstructor or MethodKind.Destructor }:
                return null;
            case IMethodSymbol { MethodKind: MethodKind.ExplicitInterfaceImplementation } or IPropertySymbol { ExplicitInterfaceImplementations.Length: > 0 } or IEventSymbol { ExplicitInterfaceImplementations.Length: > 0 }:
                return null;
            case IFieldSymbol { ContainingType.TypeKind: TypeKind.Enum, HasConstantValue: false } or IMethodSymbol { ContainingType.TypeKind: TypeKind.Enum }:
                return null;
            case IPropertySymbol property:
                var accessors = new[] { (Method: property.GetMethod, Word: "get"), (Method: property.SetMethod, Word: property.SetMethod?.IsInitOnly == true ? "init" : "set") }
                    .Where(a => a.Method is not null && IsReachable(a.Method))
                    .Select(a => $"{(a.Method!.DeclaredAccessibility == property.DeclaredAccessibility ? "" : Accessible(a.Method) + " ")}{a.Word};").ToArray();
                return accessors.Length == 0 ? null : $"{Attributes(property)}{Signature(property)} {{ {string.Join(' ', accessors)} }}";
            case IEventSymbol:
                return $"{Attributes(member)}{Signature(member)}";
            default:
                return Attributes(member) + Signature(member);
        }
    }

    // The library leaves out what a declaration in an interface need not say, and the words of events and constants.
    private static string Signature(ISymbol member)
    {
        var text = member.ToDisplayString(Member);
        if (member.ContainingType is { TypeKind: TypeKind.Interface })
            text = $"{(member.IsStatic && !text.Contains("static ", StringComparison.Ordinal) ? "static " : "")}{text}{(member.IsAbstract ? "" : " (with a body)")}";
        return member is IEventSymbol && !text.StartsWith("event ", StringComparison.Ordinal) ? "event " + text : text;
    }

    private static string Accessible(ISymbol symbol) => symbol.DeclaredAccessibility == Accessibility.Public ? "public" : "protected";

    private static string Attributes(ISymbol symbol)
    {
        var found = symbol.GetAttributes().Where(IsContract).Select(a => $"[{Words(a)}]");
        if (symbol is IMethodSymbol method)
        {
            found = found.Concat(method.GetReturnTypeAttributes().Where(IsContract).Select(a => $"[return: {Words(a)}]"))
                .Concat(method.Parameters.SelectMany(p => p.GetAttributes().Where(IsContract).Select(a => $"[{p.Name}: {Words(a)}]")));
        }

        // Obsolete first: the rest is compared without it.
        var all = found.OrderByDescending(a => a.StartsWith("[System.Obsolete", StringComparison.Ordinal)).ThenBy(a => a, StringComparer.Ordinal).ToArray();
        return all.Length == 0 ? "" : string.Join(' ', all) + " ";
    }

    private static bool IsContract(AttributeData attribute) => attribute.AttributeClass is { } type && Contract.Contains(type.ToDisplayString(Name));

    private static string Words(AttributeData attribute)
    {
        var name = attribute.AttributeClass!.ToDisplayString(Name);
        var arguments = attribute.ConstructorArguments.Select(Value).Concat(attribute.NamedArguments.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => $"{n.Key} = {Value(n.Value)}")).ToArray();
        return $"{name[..^"Attribute".Length]}{(arguments.Length == 0 ? "" : $"({string.Join(", ", arguments)})")}";
    }

    private static string Value(TypedConstant constant) => constant switch
    {
        { IsNull: true } => "null",
        { Kind: TypedConstantKind.Array } => $"[{string.Join(", ", constant.Values.Select(Value))}]",
        { Kind: TypedConstantKind.Type, Value: ITypeSymbol type } => $"typeof({type.ToDisplayString(Name)})",
        { Value: string text } => SymbolDisplay.FormatLiteral(text, quote: true),
        { Value: bool flag } => flag ? "true" : "false",
        var other => Convert.ToString(other.Value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Framework(IAssemblySymbol assembly) =>
        assembly.GetAttributes().FirstOrDefault(a => a.AttributeClass?.Name == "TargetFrameworkAttribute") is { ConstructorArguments: [{ Value: string name }, ..] } ? name.Replace(",Version=v", " ", StringComparison.Ordinal) : "";
}
