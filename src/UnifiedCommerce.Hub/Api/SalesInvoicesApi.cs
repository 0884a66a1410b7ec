using System.Globalization;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Hub.Api;

/// <summary>Sales invoices: the ERP gives them, the portal shows them.</summary>
public static class SalesInvoicesApi
{
    private const int MostInvoices = 1000;
    private static readonly string[] s_columns =
        ["number", "customer", "issued", "due", "currency", "total", "open", "order_number", "line_id", "quantity", "amount"];

    /// <summary>Maps the end points below <c>/api</c>.</summary>
    public static void MapSalesInvoicesApi(this IEndpointRouteBuilder api)
    {
        api.MapPost("/sales-invoices", TakeInAsync).RequireScope("invoices:write")
            .Accepts<List<SalesInvoice>>("application/json", "text/csv").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithName("TakeInSalesInvoices").WithTags("Sales invoices").WithSummary("Takes sales invoices in, or replaces them by number.")
            .WithDescription("A JSON list, or CSV (UTF-8, comma) with the columns " + string.Join(", ", s_columns)
                + ": one row per invoice line, the first seven columns repeated. Send an invoice again when what is open changes.");
        api.MapGet("/sales-invoices", ListAsync).RequireScope("orders:read").Produces<IReadOnlyList<SalesInvoice>>().ProducesProblem(StatusCodes.Status404NotFound)
            .WithName("SalesInvoices").WithTags("Sales invoices").WithSummary("A customer's sales invoices, newest first; ?open=true for those with an open amount.");
    }

    private static async Task<IResult> TakeInAsync(HttpContext context, IStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        string type = context.Request.ContentType ?? "";
        bool csv = type.StartsWith("text/csv", StringComparison.OrdinalIgnoreCase);
        if (!csv && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            return Problems.Of(StatusCodes.Status415UnsupportedMediaType, "content-type", "Content-Type missing or wrong", $"Found Content-Type '{type}', expected application/json or text/csv.");
        }
        if (await ApiJson.ReadBodyAsync(context.Request, cancellationToken) is not { } body)
        {
            return Problems.Of(StatusCodes.Status413PayloadTooLarge, "too-large", "The file is too large", $"Found more than {ApiJson.MaxBody / 1024 / 1024} MB, expected less. Send it in parts.");
        }
        var mistakes = new List<Diagnostic>();
        var invoices = csv ? ReadCsv(body, mistakes) : ReadJson(body, mistakes);
        if (mistakes.Count == 0)
        {
            Check(invoices, mistakes);
        }
        if (mistakes.Count > 0)
        {
            return Problems.Of(StatusCodes.Status422UnprocessableEntity, "sales-invoices-refused", "The sales invoices were refused; nothing was stored", mistakes.Take(100).ToList());
        }
        var caller = context.Client();
        if (invoices.Find(invoice => !caller.MaySee(invoice.Customer)) is { } foreign)
        {
            return Problems.Of(StatusCodes.Status403Forbidden, "other-customer", "Another customer's invoice", $"Invoice {foreign.Number} is for '{foreign.Customer}', and this key is bound to '{caller.Customer}'.");
        }
        await using var work = await store.BeginAsync(cancellationToken);
        await work.SalesInvoices.SaveAsync(invoices, cancellationToken);
        await work.Audit.AddAsync(
            [new AuditEntry(time.GetUtcNow(), $"api:{caller.Id}", "sales-invoices.taken-in", $"sales-invoices:{invoices.Count}", null, null)], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ListAsync(HttpContext context, IStore store, string? customer, bool? open, CancellationToken cancellationToken)
    {
        var caller = context.Client();
        string? of = caller.Customer ?? customer;
        if (of is null)
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "no-customer", "Customer missing", "Found no customer, expected ?customer=KEY, as orders name the buyer.");
        }
        if (customer is not null && !caller.MaySee(customer))
        {
            return Problems.NotFound("customer");
        }
        await using var work = await store.BeginReadAsync(cancellationToken);
        return TypedResults.Ok(await work.SalesInvoices.OfCustomerAsync(of, open ?? false, cancellationToken));
    }

    private static List<SalesInvoice> ReadJson(byte[] body, List<Diagnostic> mistakes)
    {
        var (invoices, mistake) = ApiJson.Read<List<SalesInvoice>>(body);
        if (mistake is not null)
        {
            mistakes.Add(mistake);
        }
        return invoices ?? [];
    }

    private static List<SalesInvoice> ReadCsv(byte[] body, List<Diagnostic> mistakes)
    {
        var invoices = new Dictionary<string, SalesInvoice>(StringComparer.Ordinal);
        var (table, fault) = CsvTable.Read(body, "line");
        if (table is null)
        {
            mistakes.Add(fault!);
            return [];
        }
        foreach (string missing in s_columns.Except(table.Columns, StringComparer.OrdinalIgnoreCase))
        {
            mistakes.Add(Diagnostic.Error("missing-column", "line 1", $"The column {missing} is missing, expected {string.Join(", ", s_columns)}."));
        }
        if (mistakes.Count > 0)
        {
            return [];
        }
        foreach (var fields in table.Rows)
        {
            int row = fields.Line;
            string Text(string column) => fields[column] ?? "";
            decimal? Amount(string column)
            {
                if (decimal.TryParse(Text(column), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount))
                {
                    return amount;
                }
                mistakes.Add(Diagnostic.Error("not-a-number", $"line {row} {column}", $"Found '{Text(column)}', expected a number with a decimal point, such as 1234.50."));
                return null;
            }
            DateOnly? Day(string column, bool needed)
            {
                if (DateOnly.TryParseExact(Text(column), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
                {
                    return day;
                }
                if (needed || Text(column).Length > 0)
                {
                    mistakes.Add(Diagnostic.Error("not-a-date", $"line {row} {column}", $"Found '{Text(column)}', expected a date such as 2026-03-02."));
                }
                return null;
            }
            var issued = Day("issued", needed: true);
            var due = Day("due", needed: false);
            decimal? total = Amount("total"), open = Amount("open"), quantity = Amount("quantity"), amount = Amount("amount");
            if (issued is null || total is null || open is null || quantity is null || amount is null)
            {
                continue;
            }
            var invoice = invoices.GetValueOrDefault(Text("number")) ?? new SalesInvoice
            {
                Number = Text("number"), Customer = Text("customer"), Issued = issued.Value, Due = due, Currency = Text("currency"), Total = total.Value, Open = open.Value,
            };
            if (invoice.Total != total || invoice.Open != open || invoice.Customer != Text("customer"))
            {
                mistakes.Add(Diagnostic.Error("rows-differ", $"line {row}", $"The rows of invoice {invoice.Number} differ in customer, total or open, expected the same in each row."));
            }
            invoices[invoice.Number] = invoice with { Lines = [.. invoice.Lines, new SalesInvoiceLine(Text("order_number"), Text("line_id"), quantity.Value, amount.Value)] };
        }
        return [.. invoices.Values];
    }

    private static void Check(List<SalesInvoice> invoices, List<Diagnostic> mistakes)
    {
        if (invoices.Count is 0 or > MostInvoices)
        {
            mistakes.Add(Diagnostic.Error("invoice-count", "", $"Found {invoices.Count} invoices, expected 1 to {MostInvoices}."));
        }
        var numbers = new HashSet<string>(StringComparer.Ordinal);
        for (int index = 0; index < invoices.Count; index++)
        {
            var invoice = invoices[index];
            string place = $"/{index}";
            if (invoice is null)
            {
                mistakes.Add(Diagnostic.Error("json-null", place, "Found null, expected an invoice."));
                continue;
            }
            if (string.IsNullOrWhiteSpace(invoice.Number) || invoice.Number.Length > 35)
            {
                mistakes.Add(Diagnostic.Error("invoice-number", $"{place}/number", "Found no number or more than 35 characters, expected the sales invoice's number."));
            }
            else if (!numbers.Add(invoice.Number))
            {
                mistakes.Add(Diagnostic.Error("invoice-twice", $"{place}/number", $"Invoice {invoice.Number} is in the list twice, expected once."));
            }
            if (string.IsNullOrWhiteSpace(invoice.Customer))
            {
                mistakes.Add(Diagnostic.Error("no-customer", $"{place}/customer", "Found no customer, expected the key of the buyer as in its orders."));
            }
            if (invoice.Currency is not { Length: 3 } || !invoice.Currency.All(char.IsAsciiLetterUpper))
            {
                mistakes.Add(Diagnostic.Error("unknown-currency", $"{place}/currency", $"Found '{invoice.Currency}', expected an ISO 4217 code such as EUR."));
            }
            if (Math.Abs(invoice.Open) > Math.Abs(invoice.Total))
            {
                mistakes.Add(Diagnostic.Error("open-above-total", $"{place}/open", $"Found {invoice.Open} open of {invoice.Total}, expected at most the total."));
            }
        }
    }
}
