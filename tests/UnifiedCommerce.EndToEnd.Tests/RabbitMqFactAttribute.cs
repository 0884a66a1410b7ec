using UnifiedCommerce.Adapters.Tests;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>A test that needs RabbitMQ: skipped with the reason where there is none, failing there when UC_REQUIRE_SERVERS=1.</summary>
public sealed class RabbitMqFactAttribute : FactAttribute
{
    /// <summary>Decides. <paramref name="postgres"/>: PostgreSQL is needed too.</summary>
    public RabbitMqFactAttribute(bool postgres = false)
    {
        if ((ThrowAwayRabbitMq.Absent ?? (postgres ? ThrowAwayPostgres.Absent : null)) is { } reason && !ThrowAwayPostgres.Required)
        {
            Skip = reason;
        }
    }
}
