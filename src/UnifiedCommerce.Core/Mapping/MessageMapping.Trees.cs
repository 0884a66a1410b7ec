using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <content>XML and JSON.</content>
public sealed partial class MessageMapping
{
    private ReadResult ReadTree(ReadOnlyMemory<byte> bytes, MappingContext context)
    {
        Findings findings = new();
        TreeNode? root = Syntax == MessageSyntax.Xml ? TreeParsing.Xml(bytes, findings) : TreeParsing.Json(bytes, findings);
        if (root is null)
            return new ReadResult([], findings.All);
        TreeTemplate template = compiled.Tree!;
        if (Syntax == MessageSyntax.Xml && (root.Name != template.Name || (template.Namespace.Length > 0 && root.Namespace != template.Namespace)))
            return new ReadResult([], [Diagnostic.Error("other-message", root.Path(), $"Found a {root.Name} of '{root.Namespace}', expected a {template.Name} of '{template.Namespace}': another mapping reads it.")]);
        // A JSON array at the top holds one document an item.
        IEnumerable<TreeNode> documents = template.IsArray ? root.Children.Where(child => child.Name.Length == 0) : [root];
        List<ReadMessage> messages = [];
        foreach (TreeNode node in documents)
        {
            TreeReading session = new(compiled, context);
            session.Read(node);
            messages.Add(new ReadMessage
            {
                Kind = KindOf(session.Document),
                Document = session.Findings.All.Exists(finding => finding.Code == "missing-field" && finding.Severity == Severity.Error) ? null : session.Document,
                MessageType = MessageType,
                Index = messages.Count,
                ByteLength = bytes.Length,
                MappingId = Id,
                Diagnostics = session.Findings.All,
                Unmapped = session.Unmapped,
            });
        }
        return new ReadResult(messages, []);
    }

    private ReadOnlyMemory<byte> WriteTree(object document, MappingContext context, Findings findings)
    {
        DocumentWalker walker = new(compiled, context, document, findings);
        TreeWriting writing = new(compiled, walker);
        byte[]? bytes = writing.Write(document);
        if (bytes is null)
        {
            writing.ReportRoot(document);
            return default;
        }
        return bytes;
    }

    private DocumentKind KindOf(object? document) => document is Inbound.Invoice { IsCredit: true } ? DocumentKind.CreditNote : Document;
}
