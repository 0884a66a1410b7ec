namespace UnifiedCommerce.Hub.Console.Actions;

internal static partial class ConsoleActions
{
    private static void MapJobActions(IEndpointRouteBuilder group)
    {
        _ = group;
    }
}
