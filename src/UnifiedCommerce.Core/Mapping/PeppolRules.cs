namespace UnifiedCommerce.Core.Mapping;

internal static class PeppolRules
{
    public static IEnumerable<string> Check(TreeNode root) => [];
}
