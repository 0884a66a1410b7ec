using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Chaos.Simulation;

/// <summary>One history, made by its seed: a few orders, two hub processes on one store, three partners, and faults. Everything runs on one
/// thread; what runs when, what fails when and what time it is come from the seed, so a seed replays its history.</summary>
internal sealed class Simulation : IDisposable
{
    const int Acts = 45;
    const int Orders = 3;
    const int MostRounds = 80;

    readonly Random _random;
    readonly List<string> _history = [];
    readonly List<Order> _toSubmit = [];
    readonly HashSet<string> _acknowledged = new(StringComparer.Ordinal);
    readonly List<SimulatedProcess> _processes = [];
    int _born;
    bool _away;
    bool _healed;
    int _outage;

    Simulation(int seed, string? plant, SimulatedMemory memory)
    {
        Seed = seed;
        Plant = plant;
        Store = memory.Store;
        Time = memory.Time;
        _random = new Random(seed);
        Partners = SimulatedHouse.Partners.ToDictionary(partner => partner.Id, partner => new SimulatedPartner(partner.Id, partner.Reach, new Random(seed ^ partner.Id[0])), StringComparer.Ordinal);
        Store.OnStep = OnStep;
        for (var number = 1; number <= Orders; number++)
            _toSubmit.Add(AnOrder(number));
    }

    public int Seed { get; }
    public string? Plant { get; }
    public HubStore Store { get; }
    public SimulatedTime Time { get; }
    public Dictionary<string, SimulatedPartner> Partners { get; }
    public SimulatedProcess? Current { get; set; }
    /// <summary>Dies at exactly this I/O step, when not negative: for "fail at every step".</summary>
    public int DieAt { get; init; } = -1;
    /// <summary>Faults come only from <see cref="DieAt"/>.</summary>
    public bool Calm { get; init; }
    /// <summary>I/O steps made in all.</summary>
    public int Steps { get; private set; }
    public IReadOnlyList<string> History => _history;

    /// <summary>Runs a seed; returns what does not hold afterwards.</summary>
    public static async Task<(IReadOnlyList<string> Breaches, Simulation Simulation)> RunAsync(int seed, string? plant, SimulatedMemory memory, int dieAt = -1, bool calm = false)
    {
        await memory.ResetAsync();
        using var simulation = new Simulation(seed, plant, memory) { DieAt = dieAt, Calm = calm };
        try
        {
            await simulation.LiveAsync();
            await simulation.HealAsync();
            return (await simulation.JudgeAsync(), simulation);
        }
        catch (Exception fault)
        {
            return ([$"the simulator met {fault.GetType().Name}: {fault.Message} {fault.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("UnifiedCommerce", StringComparison.Ordinal))?.Trim()}"], simulation);
        }
    }

    public bool Chance(int oneIn) => !_healed && !Calm && _random.Next(oneIn) == 0;

    public void Note(string text) => _history.Add($"{Time.GetUtcNow():dd HH:mm:ss} {text}");

    void OnStep(string what)
    {
        if (Current is not { } process)
            return;
        Steps++;
        if (Steps == DieAt)
            process.StepsToLive = 0;
        process.Step(what);
        if (_healed || Calm)
            return;
        if (_outage > 0)
        {
            _outage--;
            throw new SimulatedFaultException("the database is away");
        }
        if (what == "commit" && _random.Next(60) == 0)
            throw new SimulatedFaultException("the database refused the commit");
        if (what == "committed" && _random.Next(60) == 0)
            throw new CommitUnknownException("the answer to the commit was lost", new SimulatedFaultException("reset"));
    }

    Order AnOrder(int number) => new()
    {
        Number = $"W-{number}", Channel = _random.Next(2) == 0 ? "edi" : "webshop", Buyer = new Party { Gln = "4012345000009", Name = "Customer" },
        RequestedDelivery = new DateOnly(2026, 3, 20),
        Lines = [.. Enumerable.Range(1, 1 + _random.Next(3)).Select(line => new OrderLine
        {
            Id = (line * 10).ToString(CultureInfo.InvariantCulture), Item = new Item { BuyerSku = SimulatedHouse.Skus[_random.Next(4)] }, Quantity = new Quantity(1 + _random.Next(40), "EA"),
        })],
    };

    async Task LiveAsync()
    {
        for (var act = 0; act < Acts; act++)
        {
            while (_processes.Count(process => !process.IsDead) < 2)
                _processes.Add(new SimulatedProcess(this, $"p{++_born}"));
            _processes.RemoveAll(process => process.IsDead);
            var process = _processes[_random.Next(_processes.Count)];
            switch (_random.Next(18))
            {
                case 0 or 1 or 2:
                    await SubmitAsync(process);
                    break;
                case 3 or 4 or 5 or 6:
                    await process.DoAsync("works", () => process.Engine.RunReadyAsync(CancellationToken.None));
                    break;
                case 7 or 8:
                    await process.DoAsync("ticks", () => process.Journey.Ticks.TickAsync(CancellationToken.None));
                    break;
                case 9 or 10:
                    await process.DoAsync("polls", () => process.Journey.Reception.PollAllAsync(CancellationToken.None));
                    break;
                case 11 or 12:
                    foreach (var partner in Partners.Values)
                        partner.Answer(Time.GetUtcNow());
                    break;
                case 13:
                    Time.Advance(TimeSpan.FromSeconds(_random.Next(1, 900)));
                    break;
                case 14:
                    if (!Calm)
                        Time.Advance(_random.Next(12) switch { 0 => TimeSpan.FromDays(3), 1 => TimeSpan.FromDays(-1), _ => TimeSpan.FromMinutes(_random.Next(1, 60)) });
                    break;
                case 15:
                    if (!Calm)
                        process.StepsToLive = _random.Next(12);
                    break;
                case 16:
                    if (!Calm)
                        _outage = _random.Next(1, 5);
                    break;
                default:
                    var toggled = Partners.Values.ElementAt(_random.Next(3));
                    toggled.Down = !Calm && !toggled.Down;
                    break;
            }
            await PlantAsync();
        }
    }

    /// <summary>A client that asks again until it is answered 2xx.</summary>
    async Task SubmitAsync(SimulatedProcess process)
    {
        var order = _toSubmit.Find(candidate => !_acknowledged.Contains(candidate.Number));
        if (order is null)
            return;
        await process.DoAsync($"takes in {order.Number}", async () =>
        {
            if (Plant == "early-answer")
                _acknowledged.Add(order.Number);
            await using var work = await Store.BeginAsync(CancellationToken.None);
            var result = await process.Journey.Intake.TakeInAsync(work, order, null, null, "client", CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
            if (result.Outcome is not (IntakeOutcome.Accepted or IntakeOutcome.Replay))
                throw new InvalidOperationException($"{order.Number} was answered {result.Outcome}: {string.Join("; ", result.Diagnostics)}");
            _acknowledged.Add(order.Number);
        });
    }

    /// <summary>While one process waits for a partner, the world goes on: another process works, or leases end.</summary>
    public async Task WhileAwayAsync()
    {
        if (_away || !Chance(4))
            return;
        _away = true;
        try
        {
            if (_random.Next(3) == 0)
                Time.Advance(TimeSpan.FromMinutes(_random.Next(1, 10)));
            if (_processes.Find(process => process != Current && !process.IsDead) is { } other)
            {
                await other.DoAsync("polls meanwhile", () => other.Journey.Reception.PollAllAsync(CancellationToken.None));
                await other.DoAsync("works meanwhile", () => other.Engine.RunReadyAsync(CancellationToken.None));
            }
        }
        finally
        {
            _away = false;
        }
    }

    /// <summary>Faults end, time goes on, and the hub must come to rest by itself. What a person has to decide is decided.</summary>
    async Task HealAsync()
    {
        _healed = true;
        Note("faults end");
        foreach (var partner in Partners.Values)
            partner.Down = false;
        _processes.Clear();
        var process = new SimulatedProcess(this, $"p{++_born}");
        _processes.Add(process);
        var quiet = 0;
        for (var round = 0; round < MostRounds && quiet < 3; round++)
        {
            if (process.IsDead)
            {
                _processes.Clear();
                _processes.Add(process = new SimulatedProcess(this, $"p{++_born}"));
            }
            await SubmitAsync(process);
            var done = 0;
            await process.DoAsync("ticks", async () => done += await process.Journey.Ticks.TickAsync(CancellationToken.None));
            await process.DoAsync("polls", async () => done += await process.Journey.Reception.PollAllAsync(CancellationToken.None));
            await process.DoAsync("works", async () => done += await process.Engine.RunReadyAsync(CancellationToken.None));
            foreach (var partner in Partners.Values)
                partner.Answer(Time.GetUtcNow());
            await DecideHeldAsync(process);
            var waits = Partners.Values.Any(partner => partner.Answers.Count > 0) || _acknowledged.Count < Orders || (await Store.JobDesk.DepthsAsync(CancellationToken.None)).Any(depth => depth.Ready + depth.Running + depth.Scheduled > 0);
            quiet = done > 0 || waits ? 0 : quiet + 1;
            // Waits that were set before the clock went back are over a day later.
            Time.Advance(round == MostRounds / 2 ? TimeSpan.FromDays(4) : TimeSpan.FromMinutes(quiet > 0 ? 8 * 60 : 35));
        }
        await process.DoAsync("seals", () => Store.SelfAudit.SealAsync(Time.GetUtcNow(), CancellationToken.None));
        await PlantAsync();
    }

    /// <summary>A person asks the partner on the telephone and says what is true.</summary>
    async Task DecideHeldAsync(SimulatedProcess process)
    {
        List<(long Id, string Partner, string File)> held;
        await using (var read = await Store.ReadAsync(CancellationToken.None))
        {
            held = await read.Session.ListAsync("select id, partner, file_name from dispatches where state = 'Held'", null,
                static row => (row.Number(), row.Text(), row.Text()), CancellationToken.None);
        }
        foreach (var (id, partner, file) in held)
            await process.DoAsync($"decides {file}", () => process.Journey.Desk.DecideDispatchAsync(id, Partners[partner].Has(file) ? "received" : "send-again", "by telephone", "anna", CancellationToken.None));
    }

    async Task<IReadOnlyList<string>> JudgeAsync()
    {
        var breaches = (await Store.SelfAudit.CheckAsync(CancellationToken.None)).Select(breach => $"{breach.Invariant} {breach.Subject}: {breach.Text}").ToList();
        breaches.AddRange((await Store.SelfAudit.VerifyAsync(null, CancellationToken.None)).Breaches.Select(breach => $"{breach.Invariant} {breach.Subject}: {breach.Text}"));
        await using var read = await Store.ReadAsync(CancellationToken.None);
        var session = read.Session;
        var stored = (await session.ListAsync("select number from orders", null, static row => row.Text(), CancellationToken.None)).ToHashSet(StringComparer.Ordinal);
        breaches.AddRange(_acknowledged.Where(number => !stored.Contains(number)).Select(number => $"lost: order {number} was answered 2xx and is not there"));
        if (_acknowledged.Count < Orders)
            breaches.Add($"stuck: {Orders - _acknowledged.Count} orders could not be taken in after the faults ended");
        var documents = await session.ListAsync("select d.key, d.partner, d.file_name, d.state, d.kind, d.sha256 from dispatches d", null,
            static row => (Key: row.Text(), Partner: row.Text(), File: row.Text(), State: Enum.Parse<DispatchState>(row.Text()), Kind: row.Text(), Sha: row.Text()), CancellationToken.None);
        foreach (var document in documents)
        {
            var arrived = Partners[document.Partner].Arrived.Count(arrival => arrival.Name == document.File);
            if (document.State is DispatchState.Sent or DispatchState.Confirmed && arrived == 0)
                breaches.Add($"lost: {document.Key} is {document.State} and {document.Partner} has it not");
            if (document.State is DispatchState.Prepared or DispatchState.Sending or DispatchState.Unknown)
                breaches.Add($"unsettled: {document.Key} is {document.State}");
        }
        var hashes = (await session.ListAsync("select sha256 from documents", null, static row => row.Text(), CancellationToken.None)).ToHashSet(StringComparer.Ordinal);
        foreach (var partner in Partners.Values)
        {
            breaches.AddRange(partner.Published.Where(answer => !hashes.Contains(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(answer.Bytes))))
                .Select(answer => $"I9: {answer.Name} of {partner.Id} was taken away and is nowhere"));
            var numbers = partner.Arrived.Select(arrival => JsonSerializer.Deserialize<SentDocument>(arrival.Bytes, CanonicalJson.Options)!)
                .Where(sent => sent.Order is not null).GroupBy(sent => $"{sent.Order!.Number} version {sent.Order.Version}", StringComparer.Ordinal);
            breaches.AddRange(numbers.Where(group => group.Count() > 1).Select(group => $"doubled: {partner.Id} has {group.Key} {group.Count()} times"));
            breaches.AddRange(partner.Arrived.GroupBy(arrival => arrival.Name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => $"doubled: {partner.Id} has {group.Key} {group.Count()} times"));
            breaches.AddRange(partner.Arrived.Where(arrival => documents.TrueForAll(document => document.File != arrival.Name)).Select(arrival => $"unknown: {partner.Id} has {arrival.Name}, which the hub does not know"));
            var controls = partner.Arrived.GroupBy(arrival => JsonSerializer.Deserialize<SentDocument>(arrival.Bytes, CanonicalJson.Options)!.Control, StringComparer.Ordinal);
            breaches.AddRange(controls.Where(group => group.Select(arrival => arrival.Name).Distinct(StringComparer.Ordinal).Count() > 1).Select(group => $"I6: {partner.Id} has control number {group.Key} on two documents"));
        }
        breaches.AddRange(await session.ListAsync("select 'unsettled: job ' || id || ' ' || kind || ' ' || coalesce(reason, '') from jobs where state <> 3", null, static row => row.Text(), CancellationToken.None));
        breaches.AddRange(await session.ListAsync("select 'failed: job ' || id || ' ' || kind || ' ' || coalesce(reason, '') from jobs where state = 3", null, static row => row.Text(), CancellationToken.None));
        breaches.AddRange(await session.ListAsync("select 'silent: purchase order ' || p.number || ' is ' || p.status || ' with lines that nobody answered, without deadline or task' from purchases p "
            + "where exists (select 1 from purchase_lines l where l.purchase_id = p.id and l.awaiting > 0) and not exists (select 1 from deadlines d where d.subject = 'purchase:' || p.id) "
            + "and not exists (select 1 from tasks t where t.purchase_id = p.id and t.closed_at is null)", null, static row => row.Text(), CancellationToken.None));
        // I8: what a partner sent is there, once.
        breaches.AddRange(await session.ListAsync("select 'doubled: invoice of document ' || document_id || ' for more than was ordered' from supplier_invoices i join purchase_lines l on l.purchase_id = i.purchase_id where l.invoiced > l.ordered",
            null, static row => row.Text(), CancellationToken.None));
        breaches.AddRange(await session.ListAsync("select 'I10: order ' || o.number || ' has no event' from orders o where not exists (select 1 from events e where e.order_id = o.id)", null, static row => row.Text(), CancellationToken.None));
        breaches.AddRange(await session.ListAsync("select 'I10: the first event of order ' || o.number || ' is ' || e.type from orders o join events e on e.order_id = o.id "
            + "where e.type <> 'order.received' and not exists (select 1 from events b where b.order_id = o.id and b.sequence < e.sequence)", null, static row => row.Text(), CancellationToken.None));
        breaches.AddRange(await session.ListAsync("select 'I10: order ' || o.number || ' of version ' || o.version || ' was told as received ' || count(*) || ' times' from orders o join events e on e.order_id = o.id "
            + "where e.type = 'order.received' group by o.number, o.version having count(*) > 1", null, static row => row.Text(), CancellationToken.None));
        breaches.AddRange(await session.ListAsync("select 'I10: purchase order ' || p.number || ' left, and nobody was told once: ' || (select count(*) from events e where e.type = 'purchase-order.sent' and e.subject = p.number) "
            + "from purchases p where exists (select 1 from dispatches d where d.purchase_id = p.id and d.kind = 'PurchaseOrder' and d.sent_at is not null and d.evidence not like '%telephone%') "
            + "and (select count(*) from events e where e.type = 'purchase-order.sent' and e.subject = p.number) <> 1", null, static row => row.Text(), CancellationToken.None));
        breaches.AddRange(await session.ListAsync("select 'I8: document ' || d.name || ' was applied and left no key behind' from documents d where d.outbound = 0 and d.state = 'Applied' "
            + "and not exists (select 1 from inbox_keys k where k.document_id = d.id)", null, static row => row.Text(), CancellationToken.None));
        breaches.AddRange(await AcknowledgementsAsync(session));
        return breaches;
    }

    /// <summary>I11: what partners said of our interchanges is what the hub knows, what they did not say is watched, what we never sent is told to a person, and
    /// what they sent is acknowledged once.</summary>
    async Task<IReadOnlyList<string>> AcknowledgementsAsync(Session session)
    {
        var breaches = new List<string>();
        var ours = await session.ListAsync("select partner, interchange_control, key, acknowledgement, state, (select count(*) from deadlines x where x.subject = 'dispatch:' || d.id) "
            + "+ (select count(*) from tasks t where t.key like '%:' || d.id) from dispatches d where d.kind <> 'Acknowledgement' and d.state <> 'Void'", null,
            static row => (Partner: row.Text(), Control: row.Text(), Key: row.Text(), Known: Enum.Parse<AcknowledgementState>(row.Text()), State: Enum.Parse<DispatchState>(row.Text()), Watched: row.Number() > 0),
            CancellationToken.None);
        foreach (var dispatch in ours.Where(dispatch => SimulatedHouse.Acknowledges(dispatch.Partner)))
        {
            if (!Partners[dispatch.Partner].Said.TryGetValue(dispatch.Control, out var said))
            {
                if (!dispatch.Watched && dispatch.State is DispatchState.Sent or DispatchState.Confirmed)
                    breaches.Add($"I11: {dispatch.Partner} has not acknowledged {dispatch.Key}, and nothing watches it");
            }
            else if (dispatch.Known != said || dispatch.State != (said == AcknowledgementState.Rejected ? DispatchState.Failed : DispatchState.Confirmed))
            {
                breaches.Add($"I11: {dispatch.Partner} said {said} of {dispatch.Key}, which is {dispatch.State} and {dispatch.Known}");
            }
        }
        foreach (var partner in Partners.Values)
        {
            var unknown = partner.Said.Keys.Count(control => !ours.Exists(dispatch => dispatch.Partner == partner.Id && dispatch.Control == control));
            var told = await session.NumberAsync("select count(*) from tasks where kind = 'orphan-acknowledgement' and partner = @partner", new { partner = partner.Id }, CancellationToken.None) ?? 0;
            if (unknown != told)
                breaches.Add($"I11: {partner.Id} acknowledged {unknown} interchanges that were never sent, and people were told of {told}");
            breaches.AddRange(partner.Acknowledged.Where(pair => pair.Value > 1).Select(pair => $"I11: interchange {pair.Key} of {partner.Id} was acknowledged {pair.Value} times"));
        }
        breaches.AddRange(await session.ListAsync("select 'I11: document ' || d.name || ' of ' || d.partner || ' was read and not acknowledged' from documents d where d.outbound = 0 and d.partner in ('nord', 'west') "
            + "and exists (select 1 from messages m where m.document_id = d.id) and not exists (select 1 from dispatches a where a.acknowledges_document_id = d.id)", null, static row => row.Text(), CancellationToken.None));
        return breaches;
    }

    /// <summary>Bugs that somebody might make, done to the store by hand.</summary>
    async Task PlantAsync()
    {
        var sql = Plant switch
        {
            "lost-order" => "delete from orders where id = (select max(id) from orders)",
            "lost-line" => "delete from order_lines where order_id = (select max(order_id) from order_lines) and idx = 0",
            "lost-job" => "delete from jobs where id = (select min(id) from jobs where state = 0)",
            "lost-wake" => "delete from pool_wakes",
            "lost-document" => "delete from documents where id = (select max(id) from documents where state = 'Received')",
            "lost-deadline" => "delete from deadlines",
            "lost-event" => "delete from events",
            "lost-peg" => "delete from pegs where rank = 1",
            "lost-control" => "delete from control_numbers where number = (select max(number) from control_numbers)",
            "number-again" => "update counters set last = last - 1 where name <> 'catalogue' and last > 1",
            "ledger-drift" => "update order_lines set open = open + 1000 where order_id = (select max(order_id) from order_lines)",
            "bucket-drift" => "update purchase_lines set awaiting = awaiting - 1000, confirmed = confirmed + 1000 where awaiting >= 1000 and position = 1 and purchase_id = (select max(purchase_id) from purchase_lines)",
            "keys-forgotten" => "delete from inbox_keys",
            "audit-changed" => "update audit set actor = 'nobody' where id = (select min(id) from audit)",
            "audit-deleted" => "delete from audit where id = (select min(id) from audit)",
            "bytes-changed" => "update dispatches set bytes = x'00' where id = (select max(id) from dispatches)",
            "wrong-partner" => "update dispatches set partner = 'sud' where id = (select min(id) from dispatches where partner = 'nord')",
            "forgets-sent" => "update dispatches set state = 'Prepared', attempt = 0 where id = (select max(id) from dispatches where state = 'Sent')",
            "acknowledgement-forgotten" => "update dispatches set acknowledgement = 'Awaited' where id = (select max(id) from dispatches where acknowledgement = 'Accepted')",
            "acknowledgement-unwatched" => "delete from deadlines where kind = 'acknowledgement'",
            "acknowledgement-untold" => "delete from tasks where kind = 'orphan-acknowledgement'",
            "acknowledgement-unwritten" => "update dispatches set acknowledges_document_id = null where id = (select max(id) from dispatches where kind = 'Acknowledgement')",
            "first-event-lost" => "delete from events where sequence = (select max(sequence) from events where type = 'order.received')",
            "first-event-late" => "update events set sequence = sequence + 1000000 where sequence = (select min(sequence) from events where type = 'order.received')",
            "event-twice" => "insert into events (type, at, order_id, customer, audience, subject, data) select type, at, order_id, customer, audience, subject, data from events "
                + "where type = 'order.received' and not exists (select 1 from events group by type, order_id having type = 'order.received' and count(*) > 1) limit 1",
            "sent-untold" => "delete from events where sequence = (select max(sequence) from events where type = 'purchase-order.sent')",
            "sent-told-twice" => "insert into events (type, at, order_id, customer, audience, subject, data) select type, at, order_id, customer, audience, subject, data from events "
                + "where type = 'purchase-order.sent' limit 1",
            "steered-by-another" => "update supplier_invoices set partner = case partner when 'sud' then 'nord' else 'sud' end where purchase_id is not null and document_id = (select max(document_id) from supplier_invoices where purchase_id is not null)",
            _ => null,
        };
        if (sql is null || _random.Next(4) != 0 && !_healed)
            return;
        await using var read = await Store.ReadAsync(CancellationToken.None);
        await read.Session.RunAsync(sql, null, CancellationToken.None);
    }

    public void Dispose() => Store.OnStep = null;
}
