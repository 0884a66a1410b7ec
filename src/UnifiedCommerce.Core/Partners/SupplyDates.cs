namespace UnifiedCommerce.Core.Partners;

/// <summary>Dates on a supplier's calendar.</summary>
public static class SupplyDates
{
    /// <summary>True when the supplier works that day.</summary>
    public static bool IsWorkingDay(this SupplyCalendar calendar, DateOnly day) => calendar.WorkingDays.Contains(day.DayOfWeek) && !calendar.Holidays.Contains(day);

    /// <summary>The next cut-off after a moment: on a working day, at the supplier's local time.</summary>
    public static DateTimeOffset NextCutOff(this Partner partner, DateTimeOffset after)
    {
        var local = TimeZoneInfo.ConvertTime(after, partner.TimeZone);
        var day = DateOnly.FromDateTime(local.DateTime);
        for (var tries = 0; tries < 400; tries++, day = day.AddDays(1))
        {
            if (!partner.Calendar.IsWorkingDay(day))
            {
                continue;
            }
            var cutOff = At(day, partner.Calendar.CutOff, partner.TimeZone);
            if (cutOff > after)
            {
                return cutOff;
            }
        }
        throw new HubException($"Partner {partner.Id} has no working day within a year. Correct calendar.workingDays and calendar.holidays.");
    }

    /// <summary>The day goods arrive when ordered at a moment: supply days and transport days are working days; the last is a delivery day.</summary>
    /// <param name="partner">The supplier.</param>
    /// <param name="ordered">When the purchase order reaches it.</param>
    /// <param name="supplyDays">Working days to make it ready.</param>
    public static DateOnly Arrival(this Partner partner, DateTimeOffset ordered, int supplyDays)
    {
        var calendar = partner.Calendar;
        var start = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(partner.NextCutOff(ordered), partner.TimeZone).DateTime);
        var day = AddWorkingDays(calendar, start, supplyDays + calendar.TransportDays);
        for (var tries = 0; tries < 400; tries++, day = day.AddDays(1))
        {
            if (calendar.IsWorkingDay(day) && (calendar.DeliveryDays.Count == 0 || calendar.DeliveryDays.Contains(day.DayOfWeek)))
            {
                return day;
            }
        }
        throw new HubException($"Partner {partner.Id} has no delivery day within a year. Correct calendar.deliveryDays.");
    }

    private static DateOnly AddWorkingDays(SupplyCalendar calendar, DateOnly day, int days)
    {
        for (var left = days; left > 0;)
        {
            day = day.AddDays(1);
            left -= calendar.IsWorkingDay(day) ? 1 : 0;
        }
        return day;
    }

    /// <summary>A local time as a moment; a time that daylight saving skips moves an hour on.</summary>
    public static DateTimeOffset At(DateOnly day, TimeOnly time, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(time);
        if (zone.IsInvalidTime(local))
        {
            local = local.AddHours(1);
        }
        return new DateTimeOffset(local, zone.GetUtcOffset(local));
    }
}
