using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace UnifiedCommerce.Approval;

/// <summary>Compares the public face of a library with the file beside the test that approves it.</summary>
internal static class ApprovedApi
{
    /// <summary>What the public API has lost (-) and won (+); with UC_APPROVE=1 the file is written first.</summary>
    public static string[] Difference(Assembly assembly, [CallerFilePath] string test = "")
    {
        string file = Path.Combine(Path.GetDirectoryName(test)!, "PublicApi.approved.txt");
        string actual = Describe(assembly);
        if (Environment.GetEnvironmentVariable("UC_APPROVE") == "1")
        {
            File.WriteAllText(file, actual);
        }
        string[] approved = File.ReadAllText(file).Split('\n');
        string[] now = actual.Split('\n');
        return [.. approved.Except(now).Select(line => "- " + line), .. now.Except(approved).Select(line => "+ " + line)];
    }

    private static string Describe(Assembly assembly)
    {
        StringBuilder text = new();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(type.Namespace).Append('.').Append(Name(type)).Append('\n');
            BindingFlags declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
            IEnumerable<string> members = type.IsEnum ? Enum.GetNames(type).Select(n => $"{n} = {Convert.ToInt64(Enum.Parse(type, n), null)}")
                : type.GetMembers(declared).Where(m => m is not (MethodInfo { IsSpecialName: true } or Type)
                    && !(m.Name is "Equals" or "GetHashCode" or "ToString" or "Deconstruct" or "<Clone>$" && IsGenerated(m))).Select(Member);
            foreach (string member in members.Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }
        }
        return text.ToString();
    }

    private static bool IsGenerated(MemberInfo member) => member.GetCustomAttribute<CompilerGeneratedAttribute>() is not null;

    private static string Kind(Type type) => type.IsEnum ? "enum" : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type.IsInterface ? "interface" : type.IsByRefLike ? "ref struct" : type.IsValueType ? "struct"
        : type.IsAbstract && type.IsSealed ? "static class" : type.IsSealed ? "class" : "open class";

    private static string Member(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"new({Parameters(constructor)})",
        PropertyInfo property => $"{Static(property.GetMethod ?? property.SetMethod!)}{Name(property.PropertyType)} {property.Name}"
            + (property.GetIndexParameters().Length > 0 ? "[]" : "") + " {"
            + (property.GetMethod?.IsPublic == true ? " get;" : "") + (property.SetMethod?.IsPublic == true ? IsInit(property) ? " init;" : " set;" : "") + " }",
        MethodInfo method => $"{Static(method)}{Name(method.ReturnType)} {method.Name}({Parameters(method)})",
        FieldInfo field => $"{(field.IsStatic ? "static " : "")}{Name(field.FieldType)} {field.Name}",
        EventInfo happening => $"event {Name(happening.EventHandlerType!)} {happening.Name}",
        _ => member.ToString()!,
    };

    private static bool IsInit(PropertyInfo property) => property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static string Static(MethodInfo method) => method.IsStatic ? "static " : "";

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(p => $"{(p.IsOut ? "out " : p.ParameterType.IsByRef ? "ref " : "")}{Name(p.ParameterType)} {p.Name}{(p.IsOptional ? "?" : "")}"));

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!);
        }
        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }
        string outer = type.IsNested && !type.IsGenericParameter ? Name(type.DeclaringType!) + "." : "";
        string name = outer + type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}
