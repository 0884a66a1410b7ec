using System.Globalization;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Access;

namespace UnifiedCommerce.Hub.Console.Actions;

internal static partial class ConsoleActions
{
    private static void MapJobActions(IEndpointRouteBuilder group) => Post(group, "/jobs/bulk", ConsoleRole.Operator, async (context, form, actor) =>
    {
        var jobs = Service<IJobDesk>(context);
        string what = Text(form, "what", 20);
        var ids = what.EndsWith("-all", StringComparison.Ordinal)
            ? await jobs.MatchingIdsAsync(
                new JobFilter
                {
                    Stage = Enum.TryParse<JobStage>(form["stage"], out var stage) ? stage : null, Kind = Given(form, "kind"), Lane = Given(form, "lane"), Text = Given(form, "text"),
                },
                context.RequestAborted)
            : [.. form["job"].Select(id => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0).Where(id => id > 0)];
        if (ids.Count == 0)
        {
            throw new RefusedException("Choose at least one job.");
        }
        int changed = what.StartsWith("retry", StringComparison.Ordinal)
            ? await jobs.RetryAsync(ids, actor, context.RequestAborted)
            : await jobs.CancelAsync(ids, actor, $"cancelled by {actor}", context.RequestAborted);
        string left = changed < ids.Count ? $" {ids.Count - changed} stood where that cannot be done and were left alone." : "";
        return what.StartsWith("retry", StringComparison.Ordinal) ? $"{changed} jobs run again.{left}" : $"{changed} jobs are cancelled.{left}";
    });
}
