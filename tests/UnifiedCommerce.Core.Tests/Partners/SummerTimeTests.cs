using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Core.Tests.Partners;

/// <summary>A supplier in Amsterdam on the days on which clocks go forward (2026-03-29, 02:00 becomes 03:00) and back (2026-10-25, 03:00 becomes 02:00).</summary>
public sealed class SummerTimeTests
{
    private static readonly TimeZoneInfo Amsterdam = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");
    private static readonly DayOfWeek[] EveryDay = [.. Enum.GetValues<DayOfWeek>()];

    [Theory]
    [InlineData("2026-03-27T15:29:59Z", "2026-03-27T15:30:00Z")]
    [InlineData("2026-03-27T15:30:00Z", "2026-03-30T14:30:00Z")]
    [InlineData("2026-10-23T14:30:00Z", "2026-10-26T15:30:00Z")]
    public void A_cut_off_stays_at_the_suppliers_local_time_over_the_change(string after, string cutOff) =>
        Assert.Equal(Moment(cutOff), Supplier("16:30").NextCutOff(Moment(after)));

    [Fact]
    public void A_cut_off_in_the_hour_that_is_skipped_is_an_hour_later()
    {
        var supplier = Supplier("02:30", EveryDay);
        Assert.Equal(Moment("2026-03-29T01:30:00Z"), supplier.NextCutOff(Moment("2026-03-28T12:00:00Z")));
        Assert.Equal(Moment("2026-03-30T00:30:00Z"), supplier.NextCutOff(Moment("2026-03-29T01:30:00Z")));
    }

    [Fact]
    public void A_cut_off_in_the_hour_that_comes_twice_comes_once()
    {
        var supplier = Supplier("02:30", EveryDay);
        var cutOff = supplier.NextCutOff(Moment("2026-10-24T12:00:00Z"));
        Assert.Equal(Moment("2026-10-25T01:30:00Z"), cutOff);
        Assert.Equal(Moment("2026-10-26T01:30:00Z"), supplier.NextCutOff(cutOff));
    }

    [Theory]
    [InlineData("00:00")]
    [InlineData("02:00")]
    [InlineData("02:30")]
    [InlineData("03:00")]
    [InlineData("16:30")]
    [InlineData("23:59")]
    public void A_year_has_one_cut_off_on_each_day(string time)
    {
        var supplier = Supplier(time, EveryDay);
        var days = new List<DateOnly>();
        for (var cutOff = supplier.NextCutOff(Moment("2026-01-01T12:00:00Z")); days.Count < 364; cutOff = supplier.NextCutOff(cutOff))
        {
            var local = TimeZoneInfo.ConvertTime(cutOff, Amsterdam);
            days.Add(DateOnly.FromDateTime(local.DateTime));
            Assert.Equal(local.DateTime, cutOff.DateTime);
        }
        Assert.Equal(Enumerable.Range(0, 364).Select(days[0].AddDays), days);
    }

    [Theory]
    [InlineData("2026-03-27T16:00:00Z", "2026-03-31")]
    [InlineData("2026-03-28T23:30:00Z", "2026-03-31")]
    [InlineData("2026-10-23T15:00:00Z", "2026-10-27")]
    [InlineData("2026-10-24T22:30:00Z", "2026-10-27")]
    public void Goods_that_take_a_working_day_arrive_on_the_same_day_of_the_week_as_ever(string ordered, string day) =>
        Assert.Equal(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture), Supplier("16:30").Arrival(Moment(ordered), 0));

    [Theory]
    [InlineData("2026-03-28", "2026-03-28T17:00:00Z")]
    [InlineData("2026-03-29", "2026-03-29T16:00:00Z")]
    [InlineData("2026-10-24", "2026-10-24T16:00:00Z")]
    [InlineData("2026-10-25", "2026-10-25T17:00:00Z")]
    public void The_evening_of_a_promised_day_is_the_suppliers_evening(string day, string evening) =>
        Assert.Equal(Moment(evening), SupplyDates.At(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture), new TimeOnly(18, 0), Amsterdam));

    private static Partner Supplier(string cutOff, params DayOfWeek[] workingDays) => new()
    {
        Id = "vandermeer", Name = "Van der Meer", Role = PartnerRole.Distributor, State = GoLiveState.Live, Country = "NL", TimeZone = Amsterdam,
        Party = new Party { Id = "vandermeer", Name = "Van der Meer" }, Envelope = new EnvelopeIdentity("14", "8720495000010", "14", "8719326000015"),
        Calendar = workingDays.Length == 0
            ? new SupplyCalendar { CutOff = TimeOnly.Parse(cutOff, System.Globalization.CultureInfo.InvariantCulture), TransportDays = 1 }
            : new SupplyCalendar { CutOff = TimeOnly.Parse(cutOff, System.Globalization.CultureInfo.InvariantCulture), TransportDays = 1, WorkingDays = workingDays },
    };

    private static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
