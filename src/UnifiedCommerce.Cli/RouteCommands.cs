using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Cli;

/// <summary><c>uc route</c>: find, check, explain and compare plans on files.</summary>
/// <remarks>Exit codes: 0 done and, for a check, right; 1 a check found something wrong; 2 a file cannot be used.</remarks>
internal static class RouteCommands
{
    private const string ExitCodes = "Exit codes: 0 done (a check: everything holds), 1 a check found something wrong, 2 a file cannot be used.";

    public static Command Create()
    {
        Argument<FileInfo[]> files = Files("files", "Instance files; with --terms, orders: canonical JSON, or any format of a customer partner.");
        OrderOptions orders = new("the files are orders, routed together");
        SolveOptions solve = new();
        Option<FileInfo?> output = new("--out", "-o") { Description = "Where to write the plan." };
        Option<bool> json = Json();
        Command route = new("route", $"Find the best purchase terms for all lines together. {ExitCodes}") { files, output, json };
        orders.AddTo(route);
        solve.AddTo(route);
        route.SetAction(parse => Guard(parse, () =>
        {
            if (orders.Given(parse))
            {
                BuiltProblem built = orders.Read(parse, parse.GetRequiredValue(files));
                WritePlan(parse, built.Problem, SourcingEngine.Solve(built.Problem, solve.From(parse)), parse.GetValue(output), parse.GetValue(json), built.Names);
                return 0;
            }

            foreach (FileInfo file in parse.GetRequiredValue(files))
            {
                SourcingProblem problem = ReadInstance(file);
                SourcingPlan plan = SourcingEngine.Solve(problem, solve.From(parse));
                WritePlan(parse, problem, plan, parse.GetValue(output), parse.GetValue(json));
            }

            return 0;
        }));
        route.Subcommands.Add(Check());
        route.Subcommands.Add(Explain());
        route.Subcommands.Add(Compare());
        return route;
    }

    /// <summary>Writes a plan to a file, and what it says to the console.</summary>
    public static void WritePlan(ParseResult parse, SourcingProblem problem, SourcingPlan plan, FileInfo? output, bool json, ExplanationNames? names = null)
    {
        string text = PlanFile.Write(problem, plan);
        TextWriter console = parse.InvocationConfiguration.Output;
        if (output is not null)
        {
            File.WriteAllText(output.FullName, text);
        }

        if (json)
        {
            console.WriteLine(text);
            return;
        }

        ExplanationSentences sentences = new(problem, null, names);
        console.WriteLine($"{problem.Id}: {sentences.Proof(plan)}");
        foreach (PurchaseOrderCost order in plan.Cost.Orders)
        {
            console.WriteLine("  " + sentences.Of(order));
        }

        if (names is not null)
        {
            // Orders have no instance file to explain later: what a buyer asks first is said now.
            PlanExplanation explanation = PlanExplainer.Explain(problem, plan);
            console.WriteLine("  Lines");
            foreach (LineSentences line in explanation.Lines.Select(sentences.Of))
            {
                console.WriteLine($"    {names.Article!(line.Line)}: {string.Join(' ', line.Decision)}");
                foreach (string remedy in line.Remedies)
                {
                    console.WriteLine($"      + {remedy}");
                }
            }
        }
        else if (plan.Cost.UnfilledLines.Count > 0)
        {
            console.WriteLine($"  {plan.Cost.UnfilledLines.Count} of {problem.Lines.Count} lines unfilled: {string.Join(", ", plan.Cost.UnfilledLines.Take(10).Select(line => problem.Lines[line].Id))}. `uc route explain` says what would fill them.");
        }
    }

    private static Command Check()
    {
        Argument<FileInfo> instance = new("instance") { Description = "The instance." };
        Argument<FileInfo> planFile = new("plan") { Description = "The plan." };
        Option<bool> json = Json();
        Command check = new("check", $"Check a plan, its cost and its bound without the solver. {ExitCodes}") { instance, planFile, json };
        check.SetAction(parse => Guard(parse, () =>
        {
            SourcingProblem problem = ReadInstance(parse.GetRequiredValue(instance));
            PlanClaim claim = ReadPlan(problem, parse.GetRequiredValue(planFile));
            CheckReport report = PlanChecker.Check(problem, claim);
            TextWriter console = parse.InvocationConfiguration.Output;
            if (parse.GetValue(json))
            {
                console.WriteLine(JsonSerializer.Serialize(
                    new { holds = report.Holds, cost = report.Cost, bound = report.Bound, gap = report.Gap, leaves = report.Leaves, faults = report.Faults }, Web));
            }
            else
            {
                foreach (CheckFault fault in report.Faults)
                {
                    console.WriteLine($"{fault.Code} at {fault.Place}: {fault.Message}");
                }

                if (report.Cost is { } cost)
                {
                    console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The plan is feasible and costs {cost:0.####} {problem.BaseCurrency}."));
                }

                console.WriteLine(report.Bound is { } bound
                    ? string.Create(CultureInfo.InvariantCulture, $"It is proved that no plan costs less than {bound:0.####} {problem.BaseCurrency} ({report.Leaves} leaves; gap {100 * report.Gap:0.####} %).")
                    : "No bound is proved.");
            }

            return report.Holds ? 0 : 1;
        }));
        return check;
    }

    private static Command Explain()
    {
        Argument<FileInfo> instance = new("instance") { Description = "The instance." };
        Argument<FileInfo?> planFile = new("plan") { Description = "The plan; it is found first when not given.", Arity = ArgumentArity.ZeroOrOne };
        Option<string[]> lines = new("--line") { Description = "Only these lines, by identifier." };
        Option<bool> exact = new("--exact") { Description = "Solve again for the second-best plan, the preferred suppliers, the soft rules and (with --line) every other offer." };
        Option<bool> json = Json();
        SolveOptions solve = new();
        Command explain = new("explain", $"Explain a plan as a buyer reads it. {ExitCodes}") { instance, planFile, lines, exact, json };
        solve.AddTo(explain);
        explain.SetAction(parse => Guard(parse, () =>
        {
            SourcingProblem problem = ReadInstance(parse.GetRequiredValue(instance));
            SourcingPlan plan = parse.GetValue(planFile) is { } file ? PlanOf(problem, ReadPlan(problem, file), file) : SourcingEngine.Solve(problem, solve.From(parse));
            int[]? wanted = LinesOf(problem, parse.GetValue(lines) ?? []);
            PlanExplanation explanation = PlanExplainer.Explain(problem, plan, new ExplainOptions { Lines = wanted });
            if (parse.GetValue(exact))
            {
                explanation = Exact(problem, plan, explanation, solve.From(parse), wanted is not null);
            }

            if (parse.GetValue(json))
            {
                PlanSentences sentences = new ExplanationSentences(problem).Of(plan, explanation);
                parse.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(new { id = problem.Id, explanation, sentences }, Web));
            }
            else
            {
                Print(parse.InvocationConfiguration.Output, problem, plan, explanation);
            }

            return 0;
        }));
        return explain;
    }

    /// <summary>Prints an explanation in the order in which a buyer asks.</summary>
    public static void Print(TextWriter console, SourcingProblem problem, SourcingPlan plan, PlanExplanation explanation)
    {
        PlanSentences sentences = new ExplanationSentences(problem).Of(plan, explanation);
        console.WriteLine($"{problem.Id}: {sentences.Proof}");
        Section(console, "Purchase orders", sentences.Orders);
        Section(console, "Other ways to buy", sentences.Comparisons);
        Section(console, "Near a threshold", sentences.Thresholds);
        Section(console, "Weighed, not paid", sentences.SoftRules);
        console.WriteLine();
        console.WriteLine("Lines");
        foreach (LineSentences line in sentences.Lines)
        {
            console.WriteLine($"  {problem.Lines[line.Line].Id}: {string.Join(' ', line.Decision)}");
            foreach (string remedy in line.Remedies)
            {
                console.WriteLine($"    + {remedy}");
            }

            foreach (string offer in line.Remedies.Count > 0 ? [] : line.Offers)
            {
                console.WriteLine($"    - {offer}");
            }
        }
    }

    private static void Section(TextWriter console, string title, IReadOnlyList<string> sentences)
    {
        if (sentences.Count == 0)
        {
            return;
        }

        console.WriteLine();
        console.WriteLine(title);
        foreach (string sentence in sentences)
        {
            console.WriteLine($"  {sentence}");
        }
    }

    /// <summary>Replaces what was found at once by what solving again finds.</summary>
    private static PlanExplanation Exact(SourcingProblem problem, SourcingPlan plan, PlanExplanation explanation, SourcingOptions options, bool offersToo)
    {
        List<PlanComparison> comparisons = [.. explanation.Comparisons.Where(comparison => comparison.Kind == ComparisonKind.CheapestPerLine)];
        if (PlanQuestions.SecondBest(problem, plan, options) is { } second)
        {
            comparisons.Insert(0, second);
        }

        if (explanation.Comparisons.Any(comparison => comparison.Kind == ComparisonKind.PreferredSuppliers))
        {
            comparisons.Add(PlanQuestions.PreferredSuppliers(problem, plan, options));
        }

        IReadOnlyList<LineExplanation> lines = !offersToo ? explanation.Lines : [.. explanation.Lines.Select(line => line with
        {
            Offers = [.. line.Offers.Select(offer => offer.Outcome is OfferOutcome.Chosen or OfferOutcome.NotUsable ? offer : Priced(offer))],
        })];
        return explanation with { Comparisons = comparisons, Lines = lines };

        OfferExplanation Priced(OfferExplanation offer)
        {
            ChoicePrice price = PlanQuestions.PriceOf(problem, plan, offer.Offer, options);
            return price.AtMost is { } most
                ? offer with { Price = price, Outcome = most < 0 ? OfferOutcome.CostsLess : OfferOutcome.CostsMore }
                : offer;
        }
    }

    private static Command Compare()
    {
        Argument<FileInfo[]> files = Files("files", "Past orders: instance files; with --terms, orders in canonical JSON or any format of a customer partner, each routed by itself.");
        OrderOptions orders = new("the files are orders, each routed by itself");
        Option<FileInfo[]> rules = new("--rules") { Description = "Two rule files: JSON with maxDistributors, costOfCapital, orderHandlingCost, maxSplits, preference {distributor: rate}, exclude [distributor].", Required = true, Arity = new ArgumentArity(2, 2), AllowMultipleArgumentsPerToken = false };
        Option<bool> json = Json();
        SolveOptions solve = new();
        Command compare = new("compare", $"Show what a change of rules would have done to past orders, in money, purchase orders, splits and days. {ExitCodes}") { files, rules, json };
        solve.AddTo(compare);
        orders.AddTo(compare);
        compare.SetAction(parse => Guard(parse, () =>
        {
            FileInfo[] two = parse.GetRequiredValue(rules);
            InstanceRules[] read = [.. two.Select(rule => InstanceRules.Read(rule.Name, Text(rule)))];
            FileInfo[] past = parse.GetRequiredValue(files);
            List<(string Name, SourcingProblem Problem)> problems = orders.Given(parse)
                ? [.. orders.ReadEach(parse, past).Select(built => (built.Problem.Id, built.Problem))]
                : [.. past.Select(file => (file.Name, ReadInstance(file)))];
            HashSet<string> known = [.. problems.SelectMany(entry => entry.Problem.Distributors).Select(distributor => distributor.Id)];
            List<RuleOutcome> outcomes = [];
            foreach ((string name, SourcingProblem order) in problems)
            {
                for (int r = 0; r < two.Length; r++)
                {
                    SourcingProblem problem = read[r].Apply(order, known, two[r].Name);
                    outcomes.Add(RuleOutcome.Of(name, two[r].Name, problem, SourcingEngine.Solve(problem, solve.From(parse) with { WithCertificate = false })));
                }
            }

            RuleComparison.Write(parse.InvocationConfiguration.Output, outcomes, two, parse.GetValue(json));
            return 0;
        }));
        return compare;
    }

    public static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web)
    {
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static SourcingProblem ReadInstance(FileInfo file)
    {
        InstanceReading reading = InstanceFile.Read(Text(file));
        IReadOnlyList<ProblemFault> faults = reading.Problem is { } problem ? SourcingEngine.Validate(problem) : reading.Faults;
        return faults.Count == 0 ? reading.Problem! : throw new UnusableFileException(file.Name, [.. faults.Select(fault => $"{fault.Code} at {fault.Place}: {fault.Message}")]);
    }

    private static PlanClaim ReadPlan(SourcingProblem problem, FileInfo file)
    {
        PlanReading reading = PlanFile.Read(problem, Text(file));
        return reading.Claim ?? throw new UnusableFileException(file.Name, [.. reading.Faults.Select(fault => $"{fault.Code}: {fault.Message}")]);
    }

    private static SourcingPlan PlanOf(SourcingProblem problem, PlanClaim claim, FileInfo file)
    {
        Evaluation evaluation = SourcingEngine.Evaluate(problem, claim.Allocations);
        return evaluation.Cost is not { } cost
            ? throw new UnusableFileException(file.Name, [.. evaluation.Faults.Select(fault => $"{fault.Code} at {fault.Place}: {fault.Message}")])
            : new SourcingPlan
            {
                ProblemId = problem.Id, Allocations = claim.Allocations, Cost = cost, LowerBound = Math.Min(claim.LowerBound ?? 0, cost.Total),
                Status = claim.LowerBound >= cost.Total * 0.999999m ? PlanStatus.Proved : PlanStatus.WorkLimit, WorkSteps = 0, Elapsed = TimeSpan.Zero,
                Certificate = claim.Certificate,
            };
    }

    private static int[]? LinesOf(SourcingProblem problem, string[] wanted)
    {
        if (wanted.Length == 0)
        {
            return null;
        }

        List<int> lines = [];
        foreach (string id in wanted)
        {
            int at = problem.Lines.ToList().FindIndex(line => string.Equals(line.Id, id, StringComparison.OrdinalIgnoreCase));
            lines.Add(at >= 0 ? at : throw new UnusableFileException("--line", [$"There is no line {id}. The first are {string.Join(", ", problem.Lines.Take(5).Select(line => line.Id))}."]));
        }

        return [.. lines];
    }

    private static string Text(FileInfo file) =>
        file.Exists ? File.ReadAllText(file.FullName) : throw new UnusableFileException(file.Name, [$"There is no file {file.FullName}."]);

    private static Argument<FileInfo[]> Files(string name, string description) => new(name) { Description = description, Arity = ArgumentArity.OneOrMore };

    private static Option<bool> Json() => new("--json") { Description = "Write JSON." };

    /// <summary>Says what is wrong with a file instead of throwing.</summary>
    private static int Guard(ParseResult parse, Func<int> action)
    {
        try
        {
            return action();
        }
        catch (UnusableFileException unusable)
        {
            foreach (string fault in unusable.Found)
            {
                parse.InvocationConfiguration.Error.WriteLine($"{unusable.File}: {fault}");
            }

            return 2;
        }
        catch (HubException unusable)
        {
            parse.InvocationConfiguration.Error.WriteLine(unusable.Message);
            return 2;
        }
    }
}

/// <summary>Options of commands that read order files.</summary>
internal sealed class OrderOptions(string what)
{
    private readonly Option<DirectoryInfo?> _terms = new("--terms") { Description = $"The folder with house.yaml and the partners' terms: {what}." };
    private readonly Option<DirectoryInfo?> _catalogue = new("--catalogue") { Description = "With --terms: the folder with articles.csv and catalogues/PARTNER/prices.* and stock.*. Default: samples beside the terms." };
    private readonly Option<string?> _customer = new("--partner") { Description = "With --terms: the customer partner of files whose envelope names none." };
    private readonly Option<DateTimeOffset?> _asOf = new("--as-of") { Description = "With --terms: the moment of the decision. Default: now." };

    public void AddTo(Command command)
    {
        command.Options.Add(_terms);
        command.Options.Add(_catalogue);
        command.Options.Add(_customer);
        command.Options.Add(_asOf);
    }

    public bool Given(ParseResult parse) => parse.GetValue(_terms) is not null;

    public BuiltProblem Read(ParseResult parse, FileInfo[] orders) =>
        OrderRouting.BuildAsync(orders, Terms(parse), Catalogue(parse), parse.GetValue(_customer), AsOf(parse), parse.InvocationConfiguration.Error).GetAwaiter().GetResult();

    public IReadOnlyList<BuiltProblem> ReadEach(ParseResult parse, FileInfo[] orders) =>
        OrderRouting.BuildEachAsync(orders, Terms(parse), Catalogue(parse), parse.GetValue(_customer), AsOf(parse), parse.InvocationConfiguration.Error).GetAwaiter().GetResult();

    private DirectoryInfo Terms(ParseResult parse) => parse.GetValue(_terms)!;

    private DirectoryInfo Catalogue(ParseResult parse) => parse.GetValue(_catalogue) ?? new DirectoryInfo(Path.Combine(Terms(parse).FullName, "..", "samples"));

    private DateTimeOffset AsOf(ParseResult parse) => parse.GetValue(_asOf) ?? TimeProvider.System.GetUtcNow();
}

/// <summary>A file that the user gave cannot be used.</summary>
internal sealed class UnusableFileException(string file, IReadOnlyList<string> found) : Exception($"{file}: {string.Join(' ', found)}")
{
    public string File { get; } = file;

    public IReadOnlyList<string> Found { get; } = found;
}

/// <summary>Options of everything that solves.</summary>
internal sealed class SolveOptions
{
    private readonly Option<string> _time = new("--time") { Description = "Longest time to search: 500ms, 2s, 1m.", DefaultValueFactory = _ => "2s" };
    private readonly Option<long?> _work = new("--work") { Description = "Most solver steps; with it there is no time limit unless --time is given, and a replay gives the same plan." };
    private readonly Option<double> _gap = new("--gap") { Description = "Stop when the plan is proved to be within this fraction of the best.", DefaultValueFactory = _ => 1e-6 };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads to use.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of every random choice.", DefaultValueFactory = _ => 1 };

    public void AddTo(Command command)
    {
        _time.Validators.Add(result =>
        {
            if (Parse(result.GetValueOrDefault<string>() ?? "") is null)
            {
                result.AddError("A time is a number with ms, s or m, such as 500ms, 2s or 1m.");
            }
        });
        command.Options.Add(_time);
        command.Options.Add(_work);
        command.Options.Add(_gap);
        command.Options.Add(_threads);
        command.Options.Add(_seed);
    }

    public SourcingOptions From(ParseResult parse)
    {
        long? work = parse.GetValue(_work);
        bool timed = work is null || parse.GetResult(_time) is { Implicit: false };
        return new SourcingOptions
        {
            WorkLimit = work ?? long.MaxValue,
            TimeLimit = timed ? Parse(parse.GetValue(_time)!) : null,
            GapTarget = parse.GetValue(_gap),
            Threads = parse.GetValue(_threads),
            Seed = parse.GetValue(_seed),
        };
    }

    private static TimeSpan? Parse(string text)
    {
        (string number, double milliseconds) = text switch
        {
            [.. var head, 'm', 's'] => (head, 1d),
            [.. var head, 's'] => (head, 1000d),
            [.. var head, 'm'] => (head, 60_000d),
            _ => (text, 1000d),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value is > 0 and < 86_400_000
            ? TimeSpan.FromMilliseconds(value * milliseconds)
            : null;
    }
}
