using System.Text.Json;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Tests.Partners;

namespace UnifiedCommerce.Core.Tests.Orders;

public sealed class SampleOrderTests
{
    [Fact]
    public void The_sample_web_orders_are_good_orders()
    {
        string[] orders = Directory.GetFiles(Path.Combine(PartnerFileTests.Root(), "samples", "orders", "webshop"), "*.json");

        Assert.Equal(24, orders.Length);
        Assert.All(orders, file =>
        {
            Order order = JsonSerializer.Deserialize<Order>(File.ReadAllText(file), CanonicalJson.Options)!;
            Assert.Empty(OrderRules.Check(order, new DateOnly(2026, 3, 2)));
        });
    }
}
