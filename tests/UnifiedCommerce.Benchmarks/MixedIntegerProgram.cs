using System.Globalization;
using System.Text;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Benchmarks;

/// <summary>
/// Writes a problem as a mixed integer program in the LP format, term by term, for a general solver to race against. It shares nothing with
/// the search. Terms that no instance file has (group breaks, freight by weight, promotions, several purchase order keys) are refused by name.
/// </summary>
internal sealed class MixedIntegerProgram
{
    private readonly SourcingProblem _problem;
    private readonly StringBuilder _objective = new();
    private readonly StringBuilder _rows = new();
    private readonly StringBuilder _bounds = new();
    private readonly List<string> _binaries = [];
    private readonly List<string> _generals = [];
    private readonly double[] _rate;
    private readonly Dictionary<int, List<string>> _valueTerms = [];
    private readonly Dictionary<int, List<string>> _quantityTerms = [];
    private readonly Dictionary<int, (double Value, double Quantity)> _greatest = [];
    private double _constant;
    private int _row;

    private MixedIntegerProgram(SourcingProblem problem)
    {
        _problem = problem;
        _rate = [.. problem.Distributors.Select(distributor => distributor.Currency == problem.BaseCurrency
            ? 1.0
            : (double)problem.ExchangeRates.First(rate => rate.Currency == distributor.Currency).Rate)];
    }

    /// <summary>Cost that no choice changes; to be added to what the solver reports.</summary>
    public double Constant => _constant;

    /// <summary>Why a problem cannot be written; null when it can.</summary>
    public static string? Refusal(SourcingProblem problem) =>
        problem.GroupBreaks.Count > 0 ? "group breaks"
        : PurchaseOrderUnits.Keys(problem).Count > 1 ? "several purchase order keys"
        : problem.Offers.Any(offer => offer.Price.Promotion is not null || offer.Price.ChainDiscounts.Count > 0 || offer.Price.PriceBasis != 1 || offer.UseDecisionCost != 0) ? "offer terms beyond net prices"
        : problem.Offers.Any(offer => offer.Price.UnitFactorNumerator != offer.Price.UnitFactorDenominator || offer.Status != SourceStatus.Approved) ? "unit factors or preferred sources"
        : problem.Distributors.Any(distributor => distributor.Terms is var terms && (terms.Freight.ByWeight.Count > 0 || terms.Freight.FreeFromWeight is not null
            || terms.Freight.FreeFromBase != ThresholdBase.BeforeDiscount || terms.EarlyPayment is not null || terms.LineFee != 0 || terms.Minimum?.ChargeBelow is not null)) ? "order terms beyond the instance format"
        : null;

    public static MixedIntegerProgram Of(SourcingProblem problem)
    {
        var program = new MixedIntegerProgram(problem);
        program.Lines();
        for (var d = 0; d < problem.Distributors.Count; d++)
        {
            program.Orders(d);
        }

        program.Shared();
        return program;
    }

    public void Write(TextWriter writer)
    {
        writer.WriteLine("Minimize");
        writer.Write(" obj: ");
        writer.Write(_objective);
        writer.WriteLine();
        writer.WriteLine("Subject To");
        writer.Write(_rows);
        writer.WriteLine("Bounds");
        writer.Write(_bounds);
        writer.WriteLine("Binaries");
        foreach (var name in _binaries)
        {
            writer.WriteLine($" {name}");
        }

        writer.WriteLine("Generals");
        foreach (var name in _generals)
        {
            writer.WriteLine($" {name}");
        }

        writer.WriteLine("End");
    }

    private void Lines()
    {
        var eligible = OfferEligibility.Of(_problem);
        var offers = Enumerable.Range(0, _problem.Offers.Count).Where(o => eligible[o] == Eligibility.Eligible).ToLookup(o => _problem.Offers[o].Line);
        var pools = new Dictionary<int, List<string>>();
        for (var i = 0; i < _problem.Lines.Count; i++)
        {
            var line = _problem.Lines[i];
            _binaries.Add($"f{i}");
            _constant += (double)line.UnfilledPenalty;
            Cost(-(double)line.UnfilledPenalty, $"f{i}");
            var quantity = new List<string>();
            var uses = new List<string>();
            foreach (var o in offers[i])
            {
                Offer(o, line, quantity, uses, pools);
            }

            Row([.. quantity, Term(-line.Quantity, $"f{i}")], ">=", 0);
            Row([.. quantity, Term(-line.MaxQuantity, $"f{i}")], "<=", 0);
            Row([.. uses, Term(-line.MaxSplits, $"f{i}")], "<=", 0);
        }

        foreach (var (pool, terms) in pools)
        {
            Row(terms, "<=", _problem.StockPools[pool].Available);
        }
    }

    /// <summary>One binary for each price step of an offer, and a whole number of packs within it.</summary>
    private void Offer(int o, DemandLine line, List<string> quantityOfLine, List<string> usesOfLine, Dictionary<int, List<string>> pools)
    {
        var offer = _problem.Offers[o];
        var rate = _rate[offer.Distributor];
        var (least, greatest) = OfferEligibility.Quantities(_problem, offer);
        if (line.MaxSplits == 1)
        {
            least = Math.Max(least, (line.Quantity + offer.OrderMultiple - 1) / offer.OrderMultiple * offer.OrderMultiple);
        }

        var uses = new List<string>();
        var breaks = offer.Price.Breaks;
        var before = 0.0;
        var (mostValue, any) = (0.0, false);
        for (var b = 0; b < breaks.Count; b++)
        {
            var price = (double)breaks[b].Price;
            var from = Math.Max(1, breaks[b].From);
            var to = b + 1 < breaks.Count ? breaks[b + 1].From - 1 : long.MaxValue;
            var constant = offer.Price.BreakMode == TierMode.Incremental ? before - (price * (from - 1)) : 0;
            before += to == long.MaxValue ? 0 : price * (to - from + 1);
            var lo = (Math.Max(from, least) + offer.OrderMultiple - 1) / offer.OrderMultiple;
            var hi = Math.Min(to, greatest) / offer.OrderMultiple;
            if (lo > hi)
            {
                continue;
            }

            var (z, n) = ($"z{o}_{b}", $"n{o}_{b}");
            _binaries.Add(z);
            _generals.Add(n);
            _bounds.AppendLine(CultureInfo.InvariantCulture, $" 0 <= {n} <= {hi}");
            Row([Term(1, n), Term(-lo, z)], ">=", 0);
            Row([Term(1, n), Term(-hi, z)], "<=", 0);
            uses.Add(Term(1, z));
            quantityOfLine.Add(Term(offer.OrderMultiple, n));
            Collect(_valueTerms, offer.Distributor, Term(constant * rate, z), Term(price * offer.OrderMultiple * rate, n));
            Collect(_quantityTerms, offer.Distributor, Term(offer.OrderMultiple, n));
            Cost((double)offer.UnitExtra * rate * offer.OrderMultiple, n);
            if (offer.StockPool is { } pool)
            {
                Collect(pools, pool, Term(offer.OrderMultiple, n));
            }

            mostValue = Math.Max(mostValue, (constant + (price * hi * offer.OrderMultiple)) * rate);
            any = true;
        }

        if (any)
        {
            usesOfLine.AddRange(uses);
            Row([.. uses, Term(-1, $"u{offer.Distributor}")], "<=", 0);
            var (value, quantity) = _greatest.GetValueOrDefault(offer.Distributor);
            _greatest[offer.Distributor] = (value + mostValue, quantity + greatest);
        }
    }

    /// <summary>Order terms as modes: fixed + rate x value between thresholds of value and quantity, one of them when the distributor is used.</summary>
    private void Orders(int d)
    {
        var distributor = _problem.Distributors[d];
        var terms = distributor.Terms;
        var rate = _rate[d];
        var factor = (1 - (double)terms.RebateRate) * (1 - ((double)_problem.CostOfCapital * terms.PaymentDays / 365.0)) * (1 + (double)distributor.PreferencePenalty);
        if (distributor.Commitment is { } commitment)
        {
            Cost((double)commitment.ShortfallRate, $"s{d}");
            Row([Term(1, $"s{d}"), .. _valueTerms.GetValueOrDefault(d) ?? []], ">=", (double)commitment.MinValue * rate);
        }

        if (!_greatest.TryGetValue(d, out var greatest))
        {
            return;
        }

        _binaries.Add($"u{d}");
        var tiers = terms.Discount?.Tiers ?? [];
        var byQuantity = terms.Discount?.Basis == DiscountBasis.Quantity;
        var values = new SortedSet<double> { 0 };
        values.UnionWith(new[] { terms.Minimum?.Value, terms.SmallOrder?.Below, terms.Freight.FreeFromValue }.Where(at => at is not null).Select(at => (double)at!));
        values.UnionWith(byQuantity ? [] : tiers.Select(tier => (double)tier.From));
        var quantities = new SortedSet<double> { 0 };
        quantities.UnionWith(byQuantity ? tiers.Select(tier => (double)decimal.Ceiling(tier.From)) : []);
        var (uses, valueParts, quantityParts) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var (from, to) in values.Zip(values.Skip(1).Append(double.PositiveInfinity)))
        {
            if (terms.Minimum is { } minimum && from < (double)minimum.Value)
            {
                continue;
            }

            foreach (var (least, below) in quantities.Zip(quantities.Skip(1).Append(double.PositiveInfinity)))
            {
                var mode = uses.Count;
                var (reached, given) = (0.0, 0.0);
                foreach (var tier in tiers.Where(tier => byQuantity ? least >= (double)tier.From : from >= (double)tier.From))
                {
                    given += byQuantity || terms.Discount!.Mode == TierMode.AllUnits ? 0 : ((double)tier.Rate - reached) * (double)tier.From;
                    reached = (double)tier.Rate;
                }

                var charges = (double)terms.HandlingFee
                    + (terms.Freight.FreeFromValue is { } free && from >= (double)free ? 0 : (double)terms.Freight.Fixed)
                    + (terms.SmallOrder is { } small && from < (double)small.Below ? (double)small.Surcharge : 0);
                var (y, v, q) = ($"y{d}_{mode}", $"v{d}_{mode}", $"q{d}_{mode}");
                _binaries.Add(y);
                uses.Add(Term(1, y));
                valueParts.Add(Term(-1, v));
                Cost((charges * rate) + (double)terms.AdministrationCost + (factor * given * rate), y);
                Cost(factor * (1 - reached), v);
                Row([Term(1, v), Term(-from * rate, y)], ">=", 0);
                Row([Term(1, v), Term(-Math.Min(to * rate, greatest.Value), y)], "<=", 0);
                if (quantities.Count > 1)
                {
                    quantityParts.Add(Term(-1, q));
                    Row([Term(1, q), Term(-least, y)], ">=", 0);
                    Row([Term(1, q), Term(-Math.Min(below - 1, greatest.Quantity), y)], "<=", 0);
                }
            }
        }

        Row([.. uses, Term(-1, $"u{d}")], "=", 0);
        Row([.. _valueTerms[d], .. valueParts], "=", 0);
        if (quantityParts.Count > 0)
        {
            Row([.. _quantityTerms[d], .. quantityParts], "=", 0);
        }
    }

    private void Shared()
    {
        if (_problem.MaxDistributors is { } most)
        {
            Row([.. _greatest.Keys.Order().Select(d => Term(1, $"u{d}"))], "<=", most);
        }
    }

    private void Cost(double amount, string variable)
    {
        if (amount != 0)
        {
            _objective.Append(Term(amount, variable)).AppendLine();
        }
    }

    private void Row(IReadOnlyList<string> terms, string sense, double right)
    {
        if (terms.Count == 0)
        {
            return;
        }

        _rows.Append(CultureInfo.InvariantCulture, $" r{_row++}:");
        for (var t = 0; t < terms.Count; t++)
        {
            _rows.Append(terms[t]);
            if (t % 10 == 9)
            {
                _rows.AppendLine();
            }
        }

        _rows.AppendLine(CultureInfo.InvariantCulture, $" {sense} {right:R}");
    }

    private static string Term(double factor, string variable) => string.Create(CultureInfo.InvariantCulture, $" {(factor < 0 ? '-' : '+')} {Math.Abs(factor):0.################} {variable}");

    private static void Collect(Dictionary<int, List<string>> into, int key, params ReadOnlySpan<string> terms)
    {
        if (!into.TryGetValue(key, out var list))
        {
            into[key] = list = [];
        }

        list.AddRange(terms);
    }
}
