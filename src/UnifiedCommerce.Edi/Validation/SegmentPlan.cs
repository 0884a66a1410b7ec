using System.Collections.Immutable;
using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Edi.Validation;

/// <summary>How a value is looked at; chosen once so that the hot path needs one switch.</summary>
internal enum ValueKind : byte
{
    /// <summary>Only the length counts.</summary>
    Text,

    /// <summary>Length and code list.</summary>
    Coded,

    /// <summary>EDIFACT a: no digits.</summary>
    Letters,

    /// <summary>EDIFACT n: digits, one decimal mark, a leading minus.</summary>
    Number,

    /// <summary>X12 N0 to N9: digits and a leading minus.</summary>
    Integer,

    /// <summary>X12 R: digits, one point, a leading minus, an exponent.</summary>
    Real,

    /// <summary>X12 DT.</summary>
    Date,

    /// <summary>X12 TM.</summary>
    Time,

    /// <summary>X12 B: anything.</summary>
    Binary,
}

/// <summary>What one simple element or component must look like.</summary>
internal struct ValueRule
{
    public ValueKind Kind;
    public bool Mandatory;

    /// <summary>Index of 1131 and 3055 among the components of the same composite, or -1: they may name another list than the directory's.</summary>
    public sbyte ListQualifier;
    public sbyte ListAgency;
    public int Min;
    public int Max;
    public CodeList? Codes;
    public ElementSchema Element;

    /// <summary>What a partner's guide adds, or null.</summary>
    public ValueGuide? Guide;
}

/// <summary>A guide's narrowing of one value.</summary>
internal sealed record ValueGuide(string GuideName, CodeList? Codes, int MaxLength, bool Required, bool Forbidden, FindingSeverity Severity);

/// <summary>One element of a segment: where its rules begin and how many components it has.</summary>
internal struct ElementSlot
{
    public int First;
    public int Count;
    public int MaxRepeats;
    public bool Mandatory;
    public bool IsComposite;

    /// <summary>Whether a component after the first is mandatory, so that a simple value there is a fault.</summary>
    public bool NeedsMore;

    /// <summary>Whether it is C507, whose third component says how its second is written.</summary>
    public bool IsFormattedDate;
    public ImmutableArray<ConditionNote> Notes;
    public bool HasNotes;

    /// <summary>The mandatory components as bits.</summary>
    public ulong MandatoryMask;
}

/// <summary>A condition note as bits over the segment's elements (or the composite's components).</summary>
internal readonly struct NoteMask(ConditionNote note)
{
    public readonly ConditionNote Note = note;
    private readonly ulong first = note.Positions[0] is > 0 and <= 64 ? 1UL << (note.Positions[0] - 1) : 0;
    private readonly ulong all = note.Positions.Where(position => position is > 0 and <= 64).Aggregate(0UL, (mask, position) => mask | (1UL << (position - 1)));

    public bool Holds(ulong present)
    {
        var here = present & all;
        switch (Note.Kind)
        {
            case 'P' or '2': return here == 0 || here == all;
            case 'R' or '3': return here != 0;
            case 'E' or '4': return (here & (here - 1)) == 0;
            case '1': return here != 0 && (here & (here - 1)) == 0;
            case 'C' or '5': return (here & first) == 0 || here == all;
            case 'L' or '6': return (here & first) == 0 || here != first;
            case '7': return (here & first) == 0 || here == first;
            default: return true;
        }
    }
}

/// <summary>A segment's definition in the form the checker walks.</summary>
internal sealed class SegmentPlan
{
    public readonly SegmentSchema Segment;
    public readonly ElementSlot[] Slots;
    public readonly ValueRule[] Rules;
    public readonly NoteMask[] Notes;

    /// <summary>Position of the last mandatory element, 0 when there is none.</summary>
    public readonly int LastMandatory;

    private (int Element, int Component)[]? requiredByGuide;

    /// <summary>The places that a guide requires; component 0 for a simple element.</summary>
    public (int Element, int Component)[] RequiredByGuide => requiredByGuide ??= Enumerable.Range(0, Slots.Length)
        .SelectMany(i => Enumerable.Range(0, Slots[i].Count).Where(c => Rules[Slots[i].First + c].Guide is { Required: true }).Select(c => (i + 1, Slots[i].IsComposite ? c + 1 : 0)))
        .ToArray();

    /// <summary>Whether any value is narrowed by a guide.</summary>
    public bool HasGuide { get; init; }

    public SegmentPlan(SegmentSchema segment)
    {
        Segment = segment;
        Slots = new ElementSlot[segment.Elements.Length];
        var rules = new List<ValueRule>();
        for (var i = 0; i < Slots.Length; i++)
        {
            var use = segment.Elements[i];
            var components = use.Composite?.Components ?? [use];
            Slots[i] = new()
            {
                First = rules.Count,
                Count = components.Length,
                MaxRepeats = use.MaxRepeats,
                Mandatory = use.Mandatory,
                IsComposite = use.Composite is not null,
                NeedsMore = use.Composite is not null && components.Skip(1).Any(component => component.Mandatory),
                IsFormattedDate = use.Composite is { Id: "C507" } && components is [_, { Id: "2380" }, { Id: "2379" }],
                Notes = use.Composite?.Notes ?? [],
                HasNotes = use.Composite?.Notes.IsEmpty == false,
                MandatoryMask = components.Index().Where(component => component.Item.Mandatory).Aggregate(0UL, (mask, component) => mask | (1UL << component.Index)),
            };
            if (use.Mandatory) LastMandatory = i + 1;
            for (var c = 0; c < components.Length; c++)
            {
                var rule = Compile(components[c].Element!);
                rule.Mandatory = use.Composite is not null ? components[c].Mandatory : use.Mandatory;
                rule.ListQualifier = rule.ListAgency = -1;
                // C002 1001 1131 3055: the pair after a coded component says whose list its value comes from.
                for (var next = c + 1; use.Composite is not null && next < Math.Min(c + 3, components.Length); next++)
                {
                    if (components[next].Id == "1131") rule.ListQualifier = (sbyte)next;
                    if (components[next].Id == "3055") rule.ListAgency = (sbyte)next;
                }

                rules.Add(rule);
            }
        }

        Rules = [.. rules];
        Notes = segment.Notes.Select(note => new NoteMask(note)).ToArray();
    }

    /// <summary>A copy whose rules a guide may narrow.</summary>
    public SegmentPlan(SegmentPlan other)
    {
        Segment = other.Segment;
        Slots = [.. other.Slots];
        Rules = [.. other.Rules];
        Notes = other.Notes;
        LastMandatory = other.LastMandatory;
    }

    private static ValueRule Compile(ElementSchema element)
    {
        var codes = element.Codes is { IsBorrowed: false } list ? list : null;
        return new()
        {
            Element = element,
            Min = element.MinLength,
            Max = element.MaxLength == 0 ? int.MaxValue : element.MaxLength,
            Codes = codes,
            Kind = element.Type switch
            {
                ElementType.Numeric => codes is null ? ValueKind.Number : ValueKind.Coded,
                ElementType.Alphabetic => codes is null ? ValueKind.Letters : ValueKind.Coded,
                ElementType.Real => ValueKind.Real,
                ElementType.Date => ValueKind.Date,
                ElementType.Time => ValueKind.Time,
                ElementType.Binary => ValueKind.Binary,
                >= ElementType.Integer => ValueKind.Integer,
                _ => codes is null ? ValueKind.Text : ValueKind.Coded,
            },
        };
    }
}
