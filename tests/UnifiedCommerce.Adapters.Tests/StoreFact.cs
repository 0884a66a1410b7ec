using System.ComponentModel;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace UnifiedCommerce.Adapters.Tests;

/// <summary>A test of a contract suite that runs on every database. In classes for PostgreSQL it is skipped with the reason where that is absent,
/// and fails there when UC_REQUIRE_SERVERS=1.</summary>
[XunitTestCaseDiscoverer("UnifiedCommerce.Adapters.Tests.StoreFactDiscoverer", "UnifiedCommerce.Adapters.Tests")]
public sealed class StoreFactAttribute : FactAttribute;

/// <summary>Decides when the class is known.</summary>
public sealed class StoreFactDiscoverer(IMessageSink messages) : FactDiscoverer(messages)
{
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        ThrowAwayPostgres.Absent is not null && !ThrowAwayPostgres.Required && testMethod.TestClass.Class.Name.Contains("Postgres", StringComparison.Ordinal)
            ? new AbsentServerTestCase(DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)
            : base.CreateTestCase(discoveryOptions, testMethod, factAttribute);
}

/// <summary>Reported as skipped with the reason.</summary>
public sealed class AbsentServerTestCase : XunitTestCase
{
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("For xUnit's serializer.")]
    public AbsentServerTestCase()
    {
    }

    public AbsentServerTestCase(IMessageSink messages, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(messages, display, options, method)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) => ThrowAwayPostgres.Absent;
}

/// <summary>A test that needs PostgreSQL: skipped with the reason where there is none, failing there when UC_REQUIRE_SERVERS=1.</summary>
public sealed class PostgresFactAttribute : FactAttribute
{
    /// <summary>Decides.</summary>
    public PostgresFactAttribute()
    {
        if (ThrowAwayPostgres.Absent is { } reason && !ThrowAwayPostgres.Required)
            Skip = reason;
    }
}
