-- What is ordered of each supplier's stock since it was counted and not shipped yet (thousandths of a base unit), so that no routing run adds up the open
-- lines of a busy day. purchase_lines.reserved is what of a line is in it; lines that a version wrote or changed which does not know of it are the few in the
-- second index, and are added when it is read. decided_at is when the purchase order was decided that changed the row last.
-- Compatible-from: 3

alter table purchase_lines add column reserved bigint;
create table reserved (partner text not null, sku text not null, since bigint not null, amount bigint not null, decided_at bigint not null, primary key (partner, sku)){churn};
update purchase_lines set reserved = (awaiting + confirmed) * unit_factor / 1000000 where awaiting > 0 or confirmed > 0;
insert into reserved (partner, sku, since, amount, decided_at) select s.partner, s.sku, s.as_of, coalesce((select cast(sum(l.reserved) as bigint) from purchase_lines l
  where l.partner = s.partner and l.sku = s.sku and l.decided_at > s.as_of and (l.awaiting > 0 or l.confirmed > 0)), 0), 0 from stock s;
create index purchase_lines_uncounted on purchase_lines (partner, sku) where coalesce(reserved, 0) <> (awaiting + confirmed) * unit_factor / 1000000;
