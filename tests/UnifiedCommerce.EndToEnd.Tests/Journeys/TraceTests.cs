using System.Collections.Concurrent;
using System.Diagnostics;
using UnifiedCommerce.Core.Jobs;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

public sealed class TraceTests
{
    [Fact]
    public async Task What_a_document_sets_off_is_one_trace_across_its_jobs()
    {
        using var source = new ActivitySource("test");
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = candidate => candidate.Name is "test" or JobEngine.Meter,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var bench = await Workbench.OpenAsync();
        var prices = await File.ReadAllBytesAsync(Path.Combine(Workbench.Samples, "catalogues", "nordhandel", "prices.edi"));
        ActivityTraceId trace;
        using (var began = source.StartActivity("a file arrives"))
        {
            trace = began!.TraceId;
            await bench.HandInAsync("nordhandel", "prices.edi", prices);
        }
        await bench.WorkAsync();

        var jobs = ended.Where(activity => activity.Source.Name == JobEngine.Meter && activity.TraceId == trace).ToList();
        Assert.Contains(jobs, job => job.OperationName == "read-document");
        // The CONTRL that answers it is sent by a job that the first job made.
        Assert.Contains(jobs, job => job.OperationName == "send-dispatch");
    }
}
