using UnifiedCommerce.Core.Jobs;

namespace UnifiedCommerce.Core.Purchasing;

/// <summary>The jobs that carry a purchase order out of the house.</summary>
public static class DispatchJobs
{
    /// <summary>Renders a released purchase order and freezes its bytes.</summary>
    public static NewJob Prepare(PurchaseState purchase) =>
        new("prepare-dispatch", $$"""{"purchaseId":{{purchase.Id}},"version":{{purchase.Document.Version}}}""")
        {
            Lane = purchase.Partner, UniqueKey = $"prepare-dispatch:{purchase.Id}:{purchase.Document.Version}",
        };

    /// <summary>Sends frozen bytes.</summary>
    public static NewJob Send(Dispatch dispatch) =>
        new("send-dispatch", $$"""{"dispatchId":{{dispatch.Id}}}""") { Lane = dispatch.Partner, UniqueKey = $"send-dispatch:{dispatch.Id}" };
}
