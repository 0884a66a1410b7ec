using System.Collections.Immutable;
using UnifiedCommerce.Edi.Guides;
using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Edi.Validation;

/// <summary>A node of a message, flattened: the root is 0, children follow their parent.</summary>
internal sealed class PlanNode
{
    public required int Index { get; init; }
    public required int Parent { get; init; }

    /// <summary>Its place among its parent's children, from 0.</summary>
    public required int Order { get; init; }
    public required SchemaNode Schema { get; init; }
    public int[] Children { get; set; } = [];

    /// <summary>The leaf that begins it: itself, or the first segment of the group.</summary>
    public int TriggerLeaf { get; set; }
    public SegmentPlan? Segment { get; set; }
    public int Max { get; set; } = 1;
    public bool Mandatory { get; set; }

    /// <summary>Set by a guide: only a segment whose first element (or component) has one of these values begins this node.</summary>
    public NodeGuide? Guide { get; set; }

    /// <summary>The names from the outermost group to this node, as guides and people write them.</summary>
    public required string Path { get; init; }
}

/// <summary>A guide's narrowing of a segment or group.</summary>
internal sealed record NodeGuide(string GuideName, bool Required, bool Forbidden, int Max, DiscriminatorValues? Discriminator, FindingSeverity Severity);

/// <summary>Values of one place in the trigger segment that tell groups with the same trigger apart.</summary>
internal sealed record DiscriminatorValues(int Element, int Component, CodeList Values);

/// <summary>One step of the state machine: from the leaf read last, on a tag, to the next leaf.</summary>
internal sealed class Transition
{
    public required int Target { get; init; }

    /// <summary>The node that is repeated or newly entered at the level where the two leaves part.</summary>
    public required int Pivot { get; init; }

    /// <summary>Whether <see cref="Pivot"/> holds the old leaf too, that is, repeats.</summary>
    public required bool Repeats { get; init; }
    public required int Max { get; init; }

    /// <summary>The nodes that are newly entered, <see cref="Pivot"/> among them unless it repeats.</summary>
    public required int[] Entered { get; init; }

    /// <summary>Mandatory nodes that this step leaves out.</summary>
    public required int[] Missing { get; init; }

    /// <summary>Where the same segment could stand otherwise, in order of preference.</summary>
    public Transition? Next { get; set; }

    /// <summary>The group whose trigger must match before this step is taken, or null.</summary>
    public DiscriminatorValues? Discriminator { get; set; }
}

/// <summary>
/// A message compiled to a state machine. A state is the leaf read last: the parent chain and the forward order of the schema make
/// everything else follow from it, except how often each node on the chain has been seen.
/// </summary>
internal sealed class MessagePlan
{
    private static readonly Transition Nowhere = new() { Target = -1, Pivot = -1, Repeats = false, Max = 0, Entered = [], Missing = [] };

    private readonly uint[] tagKeys;
    private readonly int[] tagValues;
    private readonly int tagShift;
    private readonly Transition?[] table;
    private readonly int tagCount;
    private readonly string[] tags;
    private readonly int[]?[] missingAtEnd;

    public MessagePlan(MessageSchema message, bool isExact, IReadOnlyList<PartnerGuide>? guides = null, List<string>? problems = null)
    {
        Message = message;
        IsExact = isExact;
        var nodes = new List<PlanNode>();
        var plans = new Dictionary<string, SegmentPlan?>(StringComparer.Ordinal);
        // The root stands for the message; its first state is "nothing read yet".
        nodes.Add(new() { Index = 0, Parent = -1, Order = 0, Schema = new SchemaNode(message.Type, true, 1, message.Nodes), Path = "" });
        nodes[0].Children = Flatten(message.Nodes, 0, "");
        Nodes = [.. nodes];
        foreach (var node in Nodes)
        {
            var leaf = node.Index;
            while (Nodes[leaf].Children.Length > 0) leaf = Nodes[leaf].Children[0];
            node.TriggerLeaf = leaf;
        }

        tags = Nodes.Where(node => node.Children.Length == 0).Select(node => node.Schema.Name).Distinct(StringComparer.Ordinal).ToArray();
        tagCount = tags.Length;
        table = new Transition?[Nodes.Length * tagCount];
        missingAtEnd = new int[]?[Nodes.Length];
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, tagCount * 4));
        tagKeys = new uint[size];
        tagValues = new int[size];
        tagShift = 32 - System.Numerics.BitOperations.Log2((uint)size);
        for (var i = 0; i < tags.Length; i++)
        {
            uint key = 0;
            foreach (var c in tags[i]) key = (key << 8) | (byte)c;
            var slot = (int)((key * 0x9E3779B1u) >> tagShift);
            while (tagKeys[slot] != 0) slot = (slot + 1) & (size - 1);
            tagKeys[slot] = key;
            tagValues[slot] = i;
        }

        foreach (var guide in guides ?? [])
        {
            GuideCompiler.Apply(this, guide, problems);
            HasGuide = true;
        }

        int[] Flatten(ImmutableArray<SchemaNode> children, int parent, string path)
        {
            var indexes = new int[children.Length];
            for (var i = 0; i < children.Length; i++)
            {
                var child = children[i];
                var name = path.Length == 0 ? child.Name : path + "/" + child.Name;
                if (child.IsGroup && !child.Name.StartsWith("SG", StringComparison.Ordinal)) name += "-group";
                var node = new PlanNode { Index = nodes.Count, Parent = parent, Order = i, Schema = child, Path = name, Max = child.MaxRepeats, Mandatory = child.Mandatory };
                indexes[i] = node.Index;
                nodes.Add(node);
                if (child.IsGroup)
                {
                    node.Children = Flatten(child.Children, node.Index, name);
                }
                else
                {
                    if (!plans.TryGetValue(child.Name, out var plan)) plans[child.Name] = plan = message.Directory.Segment(child.Name) is { } segment ? new(segment) : null;
                    node.Segment = plan;
                }
            }

            return indexes;
        }
    }

    public MessageSchema Message { get; }

    /// <summary>Whether the message's own version was found, not a stand-in.</summary>
    public bool IsExact { get; }

    public PlanNode[] Nodes { get; }

    /// <summary>Whether a guide was laid over it.</summary>
    public bool HasGuide { get; }

    /// <summary>The number of a tag in this message, or -1 when the message has no such segment.</summary>
    public int TagIndex(uint key)
    {
        for (var slot = (int)((key * 0x9E3779B1u) >> tagShift); tagKeys[slot] != 0; slot = (slot + 1) & (tagKeys.Length - 1))
        {
            if (tagKeys[slot] == key) return tagValues[slot];
        }

        return -1;
    }

    /// <summary>The first step from a leaf on a tag, or null when the tag cannot follow. Steps are worked out when first met.</summary>
    public Transition? Step(int leaf, int tag)
    {
        var step = table[(leaf * tagCount) + tag];
        if (step is null)
        {
            // Two threads may work out the same step; both results are equal.
            step = Resolve(leaf, tags[tag]) ?? Nowhere;
            Volatile.Write(ref table[(leaf * tagCount) + tag], step);
        }

        return ReferenceEquals(step, Nowhere) ? null : step;
    }

    /// <summary>The mandatory nodes that are still missing when the message ends after a leaf.</summary>
    public int[] MissingAtEnd(int leaf)
    {
        if (missingAtEnd[leaf] is { } known) return known;
        var missing = new List<int>();
        if (leaf == 0) AddMandatory(missing, 0, 0, int.MaxValue);
        for (var node = Nodes[leaf]; node.Parent >= 0; node = Nodes[node.Parent]) AddMandatory(missing, node.Parent, node.Order + 1, int.MaxValue);
        return missingAtEnd[leaf] = [.. missing];
    }

    /// <summary>Whether the tag stood earlier at some level around the leaf, so that the segment is out of order rather than unknown there.</summary>
    public bool CameBefore(int leaf, int tag)
    {
        for (var node = Nodes[leaf]; node.Parent >= 0; node = Nodes[node.Parent])
        {
            var siblings = Nodes[node.Parent].Children;
            for (var i = 0; i <= node.Order; i++)
            {
                if (Nodes[siblings[i]].Schema.Trigger == tags[tag]) return true;
            }
        }

        return false;
    }

    private Transition? Resolve(int leaf, string tag)
    {
        Transition? first = null, last = null;
        var missing = new List<int>();
        if (leaf == 0)
        {
            Level(0, -1);
            return first;
        }

        for (var node = Nodes[leaf]; node.Parent >= 0; node = Nodes[node.Parent])
        {
            // The trigger of a group that stands once does not repeat in place: the group does.
            var isTrigger = node.Order == 0 && node.Parent != 0 && node.Max == 1;
            if (!isTrigger && node.Schema.Trigger == tag) Offer(node, repeats: true);
            Level(node.Parent, node.Order);
            AddMandatory(missing, node.Parent, node.Order + 1, int.MaxValue);
        }

        return first;

        void Level(int parent, int after)
        {
            var siblings = Nodes[parent].Children;
            var skipped = missing.Count;
            for (var i = after + 1; i < siblings.Length; i++)
            {
                var sibling = Nodes[siblings[i]];
                if (sibling.Schema.Trigger == tag) Offer(sibling, repeats: false);
                if (sibling.Mandatory) missing.Add(sibling.Index);
            }

            missing.RemoveRange(skipped, missing.Count - skipped);
        }

        void Offer(PlanNode pivot, bool repeats)
        {
            var entered = new List<int>();
            if (!repeats) entered.Add(pivot.Index);
            for (var node = pivot; node.Children.Length > 0; node = Nodes[node.Children[0]]) entered.Add(node.Children[0]);
            var step = new Transition
            {
                Target = pivot.TriggerLeaf, Pivot = pivot.Index, Repeats = repeats, Max = pivot.Max, Entered = [.. entered], Missing = [.. missing],
                Discriminator = pivot.Guide?.Discriminator,
            };
            if (first is null) first = step;
            else last!.Next = step;
            last = step;
        }
    }

    private void AddMandatory(List<int> missing, int parent, int from, int to)
    {
        var siblings = Nodes[parent].Children;
        for (var i = from; i < Math.Min(to, siblings.Length); i++)
        {
            if (Nodes[siblings[i]].Mandatory) missing.Add(siblings[i]);
        }
    }
}
