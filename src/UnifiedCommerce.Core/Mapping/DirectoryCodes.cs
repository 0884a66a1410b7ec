using System.Text;
using UnifiedCommerce.Edi;
using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Compares the literals of a segment mapping with the code lists of its directory.</summary>
internal static class DirectoryCodes
{
    /// <summary>Literals that would be written and are no code of their element; what is only read may be anything. Codes of another
    /// agency's list (3055 beside them) are its own business, and so are EAN's, which end in E (<c>33E</c>).</summary>
    public static IEnumerable<Diagnostic> Check(MessageMapping mapping)
    {
        CompiledMapping compiled = mapping.Compiled;
        bool x12 = compiled.Syntax == MessageSyntax.X12;
        if (compiled.Root is null || EdiSchemas.Default.Nearest(x12 ? EdiStandard.X12 : EdiStandard.Edifact, compiled.Version + compiled.Release) is not { } directory)
            yield break;
        foreach (SegmentTemplate template in compiled.Root.Templates())
        {
            if (directory.Segment(template.Tag) is not { } segment)
            {
                yield return Diagnostic.Error("unknown-segment", template.Place.ToString(), $"Found segment {template.Tag}, which {directory.Version} does not have. Correct the tag.");
                continue;
            }
            bool written = mapping.CanWrite && (template.Marks & (Marks.ReadOnly | Marks.Skip)) == 0;
            foreach (PlacedSlot placed in template.Slots)
            {
                Slot slot = placed.Slot;
                if (slot.Role == SlotRole.Pairs)
                {
                    foreach (PairSlot pair in slot.Pairs)
                    {
                        foreach (Diagnostic found in Compare(directory, Use(segment, placed.Element, x12 ? 1 : 2), pair.Qualifiers, slot, written && !pair.ReadOnly))
                            yield return found;
                    }
                }
                else if (slot.Role is SlotRole.Literal or SlotRole.AnyOf or SlotRole.Assert or SlotRole.WriteOnly && !HasOwnAgency(template, segment, placed))
                {
                    foreach (Diagnostic found in Compare(directory, Use(segment, placed.Element, placed.Component), slot.Literals, slot, written))
                        yield return found;
                }
            }
        }
    }

    private static IEnumerable<Diagnostic> Compare(SchemaDirectory directory, ElementSchema? element, string[] literals, Slot slot, bool written)
    {
        if (element?.Codes is not { } codes)
            yield break;
        if (written && literals is [{ Length: > 0 } code, ..] && !codes.Contains(Encoding.Latin1.GetBytes(code)) && !(code.Length > 1 && code[^1] == 'E' && char.IsAsciiDigit(code[^2])))
        {
            yield return Diagnostic.Error("unknown-code", slot.Place.ToString(),
                $"Found '{code}', which is no code of element {element.Id} in {directory.Version}.{Suggest.DidYouMean(code, codes.Values)} Correct it, or name the agency whose code it is beside it.");
        }
    }

    private static ElementSchema? Use(SegmentSchema segment, int element, int component)
    {
        if (element > segment.Elements.Length)
            return null;
        ElementUse use = segment.Elements[element - 1];
        return use.Composite is { } composite ? component <= composite.Components.Length ? composite.Components[component - 1].Element : null : component == 1 ? use.Element : null;
    }

    /// <summary>The composite names an agency whose codes these are.</summary>
    private static bool HasOwnAgency(SegmentTemplate template, SegmentSchema segment, PlacedSlot placed) =>
        template.Slots.Any(other => other.Element == placed.Element && other.Component > placed.Component && Use(segment, other.Element, other.Component)?.Id == "3055")
        || Use(segment, placed.Element, placed.Component)?.Id == "3055";
}
