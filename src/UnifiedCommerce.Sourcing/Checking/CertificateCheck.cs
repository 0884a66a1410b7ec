using System.Numerics;

namespace UnifiedCommerce.Sourcing;

/// <summary>Walks a certificate and recomputes what it proves.</summary>
internal sealed class CertificateCheck(CheckedProblem problem, int mostNodes)
{
    private readonly List<CheckFault> _faults = [];
    private int _nodes;

    public IReadOnlyList<CheckFault> Faults => _faults;

    public int Leaves { get; private set; }

    /// <summary>The bound proved (base currency x 1e21); null when the certificate is not sound.</summary>
    public BigInteger? Run(Certificate certificate)
    {
        var usable = Enumerable.Range(0, problem.Problem.Offers.Count).Where(o => problem.Usable[o]).ToLookup(o => problem.Problem.Offers[o].Line);
        var linesOnce = EveryLineOnce(certificate);
        if (!linesOnce)
        {
            return null;
        }

        BigInteger sum = 0;
        var owners = new Dictionary<(string What, int Index), int>();
        for (var p = 0; p < certificate.Parts.Count; p++)
        {
            var part = new CheckedPart(problem, certificate.Parts[p].Lines, usable);
            Own(owners, part, p);
            if (Part(certificate.Parts[p], part, p, certificate.Parts.Count == 1) is not { } bound)
            {
                return null;
            }

            sum += bound;
        }

        // A commitment of a distributor that nothing can be bought from is missed whatever the plan is.
        for (var d = 0; d < problem.Problem.Distributors.Count; d++)
        {
            if (problem.Problem.Distributors[d].Commitment is not null && !owners.ContainsKey(("distributor", d)))
            {
                sum += (OrderCostPieces.FullShortfall(problem, d) * LeafBound.Scale).Floor();
            }
        }

        return _faults.Count == 0 ? sum : null;
    }

    private bool EveryLineOnce(Certificate certificate)
    {
        var seen = new int[problem.Problem.Lines.Count];
        foreach (var i in certificate.Parts.SelectMany(part => part.Lines))
        {
            if (i < 0 || i >= seen.Length)
            {
                Fault("unknown-line", "certificate", $"There is no line {i}; there are {seen.Length}.");
                return false;
            }

            seen[i]++;
        }

        for (var i = 0; i < seen.Length; i++)
        {
            if (seen[i] != 1)
            {
                Fault("line-not-once", "certificate", $"Line {problem.Problem.Lines[i].Id} is in {seen[i]} parts; it must be in one.");
            }
        }

        return _faults.Count == 0;
    }

    /// <summary>Parts may share nothing that couples their lines: units, pools, groups, and commitments over several units.</summary>
    private void Own(Dictionary<(string What, int Index), int> owners, CheckedPart part, int p)
    {
        foreach (var unit in part.Units)
        {
            Take("unit", unit);
        }

        foreach (var pool in part.Pools)
        {
            Take("pool", pool);
        }

        foreach (var group in part.GroupGreatest.Keys)
        {
            Take("group", group);
        }

        foreach (var distributor in part.UnitsOfDistributor.Select(units => units.Key))
        {
            if (problem.Problem.Distributors[distributor].Commitment is not null)
            {
                Take("distributor", distributor);
            }
        }

        void Take(string what, int index)
        {
            if (!owners.TryAdd((what, index), p))
            {
                Fault("parts-share", $"part {p}", $"It shares {what} {index} with part {owners[(what, index)]}; such parts must be proved together.");
            }
        }
    }

    private BigInteger? Part(CertificatePart claimed, CheckedPart part, int p, bool onlyPart)
    {
        var prices = new PricedPart?[claimed.Prices.Count];
        BigInteger? least = null;
        var stack = new Stack<(CertificateNode Node, SplitPath? Path)>();
        stack.Push((claimed.Root, null));
        while (stack.TryPop(out var next))
        {
            if (++_nodes > mostNodes)
            {
                Fault("too-many-nodes", $"part {p}", $"The certificate has more than {mostNodes} nodes.");
                return null;
            }

            switch (next.Node)
            {
                case CertificateSplit split when Known(part, split, onlyPart):
                    stack.Push((split.Upper, new SplitPath(split, false, next.Path)));
                    stack.Push((split.Lower, new SplitPath(split, true, next.Path)));
                    break;
                case CertificateSplit split:
                    Fault("split-outside-part", $"part {p}", $"It splits on {split.Subject} {split.Index}, which nothing in the part depends on.");
                    return null;
                case CertificateLeaf leaf:
                    if (!Leaf(claimed, part, prices, leaf, next.Path, $"part {p}, leaf {Leaves}", ref least))
                    {
                        return null;
                    }

                    break;
                default:
                    Fault("empty-node", $"part {p}", "A node is neither a split nor a leaf.");
                    return null;
            }
        }

        // When no leaf leaves anything the part itself would be impossible, which cannot be: every line may stay unfilled.
        if (least is null)
        {
            Fault("nothing-left", $"part {p}", "Every leaf claims to be contradictory, but a plan always exists.");
            return null;
        }

        if (Exceeds(claimed.LowerBound, least.Value))
        {
            Fault("part-not-proved", $"part {p}", $"It claims {claimed.LowerBound}; its leaves prove {Text(least.Value)}.");
        }

        return least;
    }

    /// <summary>Recomputes one leaf; false when the certificate cannot be followed further.</summary>
    private bool Leaf(
        CertificatePart claimed, CheckedPart part, PricedPart?[] prices, CertificateLeaf leaf, SplitPath? path, string place, ref BigInteger? least)
    {
        Leaves++;
        if (leaf.Prices < -1 || leaf.Prices >= claimed.Prices.Count)
        {
            Fault("unknown-prices", place, $"It refers to prices {leaf.Prices}; there are {claimed.Prices.Count}.");
            return false;
        }

        PricedPart priced;
        if (leaf.Prices < 0)
        {
            priced = PricedPart.Nothing(part);
        }
        else
        {
            priced = prices[leaf.Prices] ??= PricedPart.Read(part, claimed.Prices[leaf.Prices], $"{place}, prices {leaf.Prices}", _faults);
            if (_faults.Count > 0)
            {
                return false;
            }
        }

        var bound = LeafBound.Of(part, priced, LeafDecisions.Of(path), place, _faults);
        if (_faults.Count > 0)
        {
            return false;
        }

        if (bound is null)
        {
            return true;
        }

        if (leaf.Prices < 0)
        {
            Fault("leaf-not-empty", place, "It claims that its decisions contradict each other, but they do not.");
            return false;
        }

        if (Exceeds(leaf.Bound, bound.Value))
        {
            Fault("leaf-not-proved", place, $"It claims {leaf.Bound}; its prices prove {Text(bound.Value)}.");
        }

        least = least is null ? bound : BigInteger.Min(least.Value, bound.Value);
        return true;
    }

    private bool Known(CheckedPart part, CertificateSplit split, bool onlyPart) => split.Lower is not null && split.Upper is not null && split.Subject switch
    {
        SplitSubject.UnitUsed or SplitSubject.UnitValue or SplitSubject.UnitQuantity or SplitSubject.UnitWeight => part.TryLocalUnit(split.Index, out _),
        SplitSubject.DistributorUsed => part.UnitsOfDistributor.Contains(split.Index) && (problem.OneKey || onlyPart),
        SplitSubject.OfferQuantity => split.Index >= 0 && split.Index < problem.Problem.Offers.Count && problem.Usable[split.Index]
            && part.HasLine(problem.Problem.Offers[split.Index].Line),
        SplitSubject.GroupQuantity => part.GroupGreatest.ContainsKey(split.Index),
        SplitSubject.LineFilled => part.HasLine(split.Index),
        _ => false,
    };

    private static bool Exceeds(decimal claimed, BigInteger proved) => (Ratio.Of(claimed) * LeafBound.Scale) > (Ratio)proved;

    private static string Text(BigInteger proved) => ((decimal)LeafBound.FloorDivide(proved, 1_000_000_000_000) / 1_000_000_000).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void Fault(string code, string place, string message) => _faults.Add(new CheckFault(code, place, message));
}
