namespace UnifiedCommerce.Sourcing;

/// <summary>Prices that were kept because a leaf may need them: rounded to billionths, with the rates of every mode.</summary>
internal sealed class Proof
{
    private readonly SearchModel _model;
    private readonly Prices _prices;
    private readonly bool[] _inLines;
    private readonly double[] _value;
    private readonly double[] _quantity;
    private readonly double[] _weight;

    public Proof(SearchModel model, Prices prices, BoundOracle oracle, double bound)
    {
        _model = model;
        _prices = prices.Copy();
        _inLines = (bool[])oracle.InLines.Clone();
        _value = (double[])oracle.TrialValue.Clone();
        _quantity = (double[])oracle.TrialQuantity.Clone();
        _weight = (double[])oracle.TrialWeight.Clone();
        Bound = bound;
    }

    public double Bound { get; }

    public Prices Prices => _prices;

    public bool[] InLines => _inLines;

    public LeafPrices ToLeaf()
    {
        var model = _model;
        var units = new UnitPrices[model.Units];
        for (var u = 0; u < units.Length; u++)
        {
            // The search takes the price of a shared commitment off the rates of modes, the certificate off the values of offers.
            var shared = _prices.Commitment[model.UnitDistributor[u]];
            Trial[] trials = _inLines[u]
                ? [new Trial(Round(_prices.Value[u] + shared), Round(_prices.Quantity[u]), Round(_prices.Weight[u]))]
                : [.. Enumerable.Range(model.ModeStart[u], model.ModeStart[u + 1] - model.ModeStart[u])
                    .Select(m => new Trial(Round(_value[m] + shared), Round(_quantity[m]), Round(_weight[m]))).Distinct()];
            units[u] = new UnitPrices(model.UnitNumber[u], _inLines[u], trials);
        }

        return new LeafPrices(
            [.. _prices.Line.Select(Round)],
            units,
            [.. _prices.Pool.Select((price, p) => new IndexedPrice(model.PoolIndex[p], Round(price))).Where(price => price.Price != 0)],
            [],
            [.. _prices.Commitment.Select((price, d) => new IndexedPrice(model.DistributorIndex[d], Round(price))).Where(price => price.Price != 0)]);
    }

    private static long Round(double price) => (long)Math.Round(Math.Clamp(price, -9e9, 9e9) * Nano.One);
}

/// <summary>A node of the tree while it grows.</summary>
internal sealed class ProofNode
{
    public SplitSubject Subject { get; private set; }

    public int Index { get; private set; }

    public Int128 AtMost { get; private set; }

    public ProofNode? Lower { get; private set; }

    public ProofNode? Upper { get; private set; }

    public Proof? Proof { get; set; }

    /// <summary>Bound of the leaf; may be better than that of its proof when a decision was made after it.</summary>
    public double Bound { get; set; }

    public (ProofNode Lower, ProofNode Upper) Split(SplitSubject subject, int index, Int128 atMost)
    {
        (Subject, Index, AtMost) = (subject, index, atMost);
        Lower = new ProofNode { Proof = Proof, Bound = Bound };
        Upper = new ProofNode { Proof = Proof, Bound = Bound };
        Proof = null;
        return (Lower, Upper);
    }

    public static CertificatePart ToPart(SearchModel model, ProofNode root)
    {
        var prices = new List<LeafPrices>();
        var numbers = new Dictionary<Proof, int>(ReferenceEqualityComparer.Instance);
        var least = decimal.MaxValue;
        var tree = Convert(root);
        return new CertificatePart(model.LineIndex, prices, tree, least == decimal.MaxValue ? 0 : least);

        CertificateNode Convert(ProofNode node)
        {
            if (node.Lower is not null)
            {
                return new CertificateSplit(node.Subject, node.Index, node.AtMost, Convert(node.Lower), Convert(node.Upper!));
            }

            if (double.IsPositiveInfinity(node.Bound) || node.Proof is null)
            {
                return new CertificateLeaf(-1, decimal.MaxValue);
            }

            if (!numbers.TryGetValue(node.Proof, out var number))
            {
                number = prices.Count;
                numbers[node.Proof] = number;
                prices.Add(node.Proof.ToLeaf());
            }

            var bound = Claim(model, node.Bound);
            least = Math.Min(least, bound);
            return new CertificateLeaf(number, bound);
        }
    }

    /// <summary>
    /// A bound computed in floating point is claimed a little lower: by its own rounding, and by what rounding prices to billionths can
    /// change at most over all that the units can be worth, count and weigh.
    /// </summary>
    public static decimal Claim(SearchModel model, double bound) =>
        decimal.Round((decimal)(bound - (2e-9 * Math.Abs(bound)) - 1e-6 - (1e-9 * model.Extent)), 6, MidpointRounding.ToNegativeInfinity);
}
