using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;

namespace UnifiedCommerce.Hub.Telemetry;

/// <summary>Collects the meters of this process and writes them as Prometheus text (exposition format 0.0.4).</summary>
public sealed class PrometheusText : IDisposable
{
    /// <summary>Meters that are collected: ours and the runtime's.</summary>
    public static readonly IReadOnlyList<string> Meters =
        ["UnifiedCommerce", JobEngine.Meter, JourneyMeters.Meter, QueueWatch.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "MassTransit", "Npgsql"];

    private const int MostSeriesPerInstrument = 500;
    private static readonly double[] s_bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Family> _families = new(StringComparer.Ordinal);

    /// <summary>Begins to listen.</summary>
    public PrometheusText()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Meters.Contains(instrument.Meter.Name, StringComparer.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(NameOf(instrument), static (name, source) => new Family(name, source), instrument));
            }
        };
        _listener.SetMeasurementEventCallback<double>(Record);
        _listener.SetMeasurementEventCallback<float>((instrument, value, tags, state) => Record(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<decimal>((instrument, value, tags, state) => Record(instrument, (double)value, tags, state));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, state) => Record(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, state) => Record(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<short>((instrument, value, tags, state) => Record(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<byte>((instrument, value, tags, state) => Record(instrument, value, tags, state));
        _listener.Start();
    }

    /// <summary>The text as of now.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder(16 * 1024);
        foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
        {
            family.Write(text);
        }
        return text.ToString();
    }

    /// <inheritdoc />
    public void Dispose() => _listener.Dispose();

    private static void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        (state as Family)?.Record(value, tags);

    private static string NameOf(Instrument instrument)
    {
        string name = string.Concat(instrument.Name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", "ms" => "_milliseconds", _ => "" };
        if (!name.EndsWith(unit, StringComparison.Ordinal))
        {
            name += unit;
        }
        return KindOf(instrument) == "counter" && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    private static string KindOf(Instrument instrument)
    {
        string type = instrument.GetType().Name;
        return type.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : type.Contains("Counter", StringComparison.Ordinal) && !type.Contains("UpDown", StringComparison.Ordinal) ? "counter" : "gauge";
    }

    private sealed class Family(string name, Instrument instrument)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
        private readonly string _kind = KindOf(instrument);
        // Observable instruments and gauges report values, synchronous counters report increments.
        private readonly bool _adds = !instrument.IsObservable && !instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal);

        public string Name => name;

        public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string labels = LabelsOf(tags);
            lock (_gate)
            {
                if (!_series.TryGetValue(labels, out var series))
                {
                    if (_series.Count >= MostSeriesPerInstrument)
                    {
                        return;
                    }
                    _series[labels] = series = new Series(_kind == "histogram");
                }
                if (series.Buckets is { } buckets)
                {
                    series.Value += value;
                    series.Count++;
                    for (int index = s_bounds.Length - 1; index >= 0 && value <= s_bounds[index]; index--)
                    {
                        buckets[index]++;
                    }
                }
                else
                {
                    series.Value = _adds ? series.Value + value : value;
                }
            }
        }

        public void Write(StringBuilder text)
        {
            lock (_gate)
            {
                if (_series.Count == 0)
                {
                    return;
                }
                text.Append("# HELP ").Append(name).Append(' ')
                    .Append((instrument.Description ?? instrument.Name).ReplaceLineEndings(" ").Replace("\\", "\\\\", StringComparison.Ordinal)).Append('\n');
                text.Append("# TYPE ").Append(name).Append(' ').Append(_kind).Append('\n');
                foreach (var (labels, series) in _series)
                {
                    if (series.Buckets is { } buckets)
                    {
                        for (int index = 0; index < s_bounds.Length; index++)
                        {
                            Line(text, "_bucket", Join(labels, $"le=\"{s_bounds[index].ToString(CultureInfo.InvariantCulture)}\""), buckets[index]);
                        }
                        Line(text, "_bucket", Join(labels, "le=\"+Inf\""), series.Count);
                        Line(text, "_sum", labels, series.Value);
                        Line(text, "_count", labels, series.Count);
                    }
                    else
                    {
                        Line(text, "", labels, series.Value);
                    }
                }
            }
        }

        private void Line(StringBuilder text, string suffix, string labels, double value)
        {
            text.Append(name).Append(suffix);
            if (labels.Length > 0)
            {
                text.Append('{').Append(labels).Append('}');
            }
            text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }

        private static string Join(string labels, string more) => labels.Length == 0 ? more : $"{labels},{more}";

        private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.IsEmpty)
            {
                return "";
            }
            var labels = new StringBuilder();
            foreach (var (key, value) in tags)
            {
                if (labels.Length > 0)
                {
                    labels.Append(',');
                }
                foreach (char letter in key)
                {
                    labels.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
                }
                string content = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
                labels.Append("=\"")
                    .Append(content.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
                    .Append('"');
            }
            return labels.ToString();
        }

        private sealed class Series(bool histogram)
        {
            public double Value { get; set; }
            public long Count { get; set; }
            public long[]? Buckets { get; } = histogram ? new long[s_bounds.Length] : null;
        }
    }
}
