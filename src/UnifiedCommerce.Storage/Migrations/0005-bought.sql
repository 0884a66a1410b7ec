-- What was bought of each partner on each day (days since 1970 UTC), so that no routing run adds up a year of purchase orders.
-- counted is what of a purchase order is in it; null where a version wrote the row that did not know of it.
-- Compatible-from: 3

alter table purchases add column counted bigint;
create table bought (partner text not null, day bigint not null, amount bigint not null, primary key (partner, day));
update purchases set counted = case when status in ('Refused', 'Cancelled', 'Rejected') then 0 else coalesce((select cast(sum((l.ordered - l.cancelled)
  * l.net_price / l.price_basis) as bigint) from purchase_lines l where l.purchase_id = purchases.id), 0) end;
insert into bought (partner, day, amount) select partner, decided_at / 86400000000, cast(sum(counted) as bigint) from purchases group by partner, decided_at / 86400000000;
