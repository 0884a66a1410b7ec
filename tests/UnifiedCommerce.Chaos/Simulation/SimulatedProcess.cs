using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Chaos.Simulation;

/// <summary>The process ended at this very step: <c>kill -9</c>.</summary>
internal sealed class SimulatedDeathException() : Exception("killed");

/// <summary>The database refused, or its answer was lost.</summary>
internal sealed class SimulatedFaultException(string message) : Exception(message);

/// <summary>A clock that the simulator moves.</summary>
internal sealed class SimulatedTime(DateTimeOffset start) : TimeProvider
{
    DateTimeOffset _now = start;

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;

    public void GoTo(DateTimeOffset moment) => _now = moment;
}

/// <summary>One hub process: the hub's own journey and engine, and how far it is from its death.</summary>
internal sealed class SimulatedProcess
{
    readonly Simulation _simulation;

    public SimulatedProcess(Simulation simulation, string name)
    {
        _simulation = simulation;
        Name = name;
        var channels = SimulatedHouse.Partners.Select(partner => new SimulatedChannel(this, simulation, partner.Reach)).ToList();
        var codec = new SimulatedCodec();
        Journey = new Journey(new JourneyWorld
        {
            Store = simulation.Store, Book = new PartnerBookHolder(SimulatedHouse.Book), Decoder = codec, Renderer = codec, Inbound = [.. channels], Outbound = [.. channels],
            Clock = simulation.Time, Machine = simulation.Time,
        });
        Engine = new JobEngine(simulation.Store, simulation.Store.JobQueue, Journey.BatchHandlers, Journey.EffectHandlers, simulation.Time,
            new JobEngineOptions { Worker = name, Seed = simulation.Seed, BreakerFailures = 8 });
    }

    public string Name { get; }
    public Journey Journey { get; }
    public JobEngine Engine { get; }
    public bool IsDead { get; private set; }
    /// <summary>Dies at this many I/O steps from now; negative: lives on.</summary>
    public int StepsToLive { get; set; } = -1;
    /// <summary>So many I/O steps were made.</summary>
    public int Steps { get; private set; }

    /// <summary>Every transaction's beginning and end and every touch of a partner comes through here.</summary>
    public void Step(string what)
    {
        Steps++;
        if (IsDead)
            throw new SimulatedDeathException();
        if (StepsToLive >= 0 && StepsToLive-- == 0)
        {
            IsDead = true;
            _simulation.Note($"{Name} dies at {what}");
            throw new SimulatedDeathException();
        }
    }

    /// <summary>Does something in this process; a death or an outage ends it.</summary>
    public async Task DoAsync(string what, Func<Task> act)
    {
        if (IsDead)
            return;
        var before = _simulation.Current;
        _simulation.Current = this;
        try
        {
            await act();
        }
        catch (Exception fault) when (fault is SimulatedDeathException or SimulatedFaultException or CommitUnknownException)
        {
            _simulation.Note($"{Name} {what}: {fault.Message}");
        }
        finally
        {
            _simulation.Current = before;
        }
    }
}

/// <summary>The way to the partners, with everything that can go wrong on it.</summary>
internal sealed class SimulatedChannel(SimulatedProcess process, Simulation simulation, Reach reach) : IInboundChannel, IOutboundChannel
{
    public string Kind => reach.ToString().ToLowerInvariant();

    public Task<IReadOnlyList<Arrival>> ClaimAsync(Partner partner, int limit, CancellationToken cancellationToken)
    {
        process.Step($"look into the inbox of {partner.Id}");
        var there = simulation.Partners[partner.Id];
        IReadOnlyList<Arrival> arrivals = [.. there.Answers.Take(limit).Select(answer => new Arrival(partner.Id, answer.Name, answer.Bytes, answer.Name, null))];
        if (simulation.Plant == "finish-early")
            there.Answers.RemoveAll(answer => arrivals.Any(arrival => arrival.Name == answer.Name));
        return Task.FromResult(arrivals);
    }

    public Task FinishAsync(Partner partner, Arrival arrival, CancellationToken cancellationToken)
    {
        process.Step($"move {arrival.Name} away");
        simulation.Partners[partner.Id].Answers.RemoveAll(answer => answer.Name == arrival.Name);
        return Task.CompletedTask;
    }

    public async Task<SendResult> SendAsync(Partner partner, Dispatch dispatch, CancellationToken cancellationToken)
    {
        var there = simulation.Partners[partner.Id];
        process.Step($"send {dispatch.Key} to {partner.Id}");
        await simulation.WhileAwayAsync();
        if (there.Down || simulation.Chance(8))
            return new SendResult.Failed("connection refused", Retryable: true);
        if (simulation.Plant == "lost" && simulation.Chance(6))
            return new SendResult.Sent("nobody looked");
        var name = simulation.Plant == "new-name" ? $"{dispatch.FileName}.{dispatch.Attempt}" : dispatch.FileName;
        byte[] bytes = simulation.Plant == "new-bytes" ? [.. dispatch.Bytes, .. new byte[dispatch.Attempt - 1].Select(_ => (byte)' ')] : dispatch.Bytes;
        there.Receive(name, bytes);
        if (simulation.Plant == "doubled" && simulation.Chance(6))
            there.Receive(dispatch.FileName + "-2", dispatch.Bytes);
        // Some partners are quicker with their acknowledgement than the hub with its evidence.
        if (simulation.Chance(8))
            there.Answer(simulation.Time.GetUtcNow());
        process.Step($"hear from {partner.Id} about {dispatch.Key}");
        await simulation.WhileAwayAsync();
        return simulation.Chance(6) ? new SendResult.Unknown("the answer was lost") : new SendResult.Sent("accepted");
    }

    public Task<ProbeResult> ProbeAsync(Partner partner, Dispatch dispatch, CancellationToken cancellationToken)
    {
        process.Step($"ask {partner.Id} about {dispatch.Key}");
        var there = simulation.Partners[partner.Id];
        if (simulation.Plant == "no-probe")
            return Task.FromResult<ProbeResult>(new ProbeResult.Absent("not asked"));
        if (simulation.Plant == "blind-faith")
            return Task.FromResult<ProbeResult>(new ProbeResult.Present("not asked"));
        return Task.FromResult<ProbeResult>(reach == Reach.Blind ? new ProbeResult.Ambiguous("nobody can tell")
            : there.Has(dispatch.FileName) ? new ProbeResult.Present("it is there") : new ProbeResult.Absent("it is not there"));
    }
}
