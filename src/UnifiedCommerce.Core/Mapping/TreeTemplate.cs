namespace UnifiedCommerce.Core.Mapping;

/// <summary>An element, attribute, member or array item of an XML or JSON example.</summary>
internal sealed class TreeTemplate
{
    public required string Name { get; init; }
    /// <summary>Namespace URI of an XML element.</summary>
    public string Namespace { get; init; } = "";
    /// <summary>The name as written, prefix included.</summary>
    public string WrittenName { get; init; } = "";
    public required TextPlace Place { get; init; }
    public required Scope Scope { get; init; }
    public TreeTemplate? Parent { get; init; }
    public Marks Marks { get; init; }
    public Condition? Condition { get; init; }
    public Slot? Value { get; set; }
    public List<TreeTemplate> Children { get; } = [];
    public int Choice { get; set; } = -1;
    public int Index { get; set; }
    /// <summary>The node stands for every item of its scope's list.</summary>
    public bool IsEach { get; init; }
    public bool IsAttribute { get; init; }
    /// <summary>JSON: an array stands around it.</summary>
    public bool IsArray { get; init; }
    /// <summary>JSON: written between quotes.</summary>
    public bool IsQuoted { get; init; } = true;
    /// <summary>JSON: an object, even when it has no members.</summary>
    public bool IsObject { get; set; }
    /// <summary>XML namespace declarations, written as they stand in the example.</summary>
    public bool IsNamespaceDeclaration { get; init; }
    public bool HasFields { get; set; }
}

/// <summary>A node of a message in XML or JSON: attributes are children whose name begins with @.</summary>
internal sealed class TreeNode
{
    public required string Name { get; init; }
    public string Namespace { get; init; } = "";
    public string? Value { get; set; }
    public List<TreeNode> Children { get; } = [];
    public TreeNode? Parent { get; init; }
    /// <summary>Position among the children of its parent with the same name, from 1.</summary>
    public int Position { get; init; } = 1;

    public string Path()
    {
        string own = Position > 1 ? $"{Name}[{Position}]" : Name;
        return Parent is null ? "/" + own : $"{Parent.Path()}/{own}";
    }
}
