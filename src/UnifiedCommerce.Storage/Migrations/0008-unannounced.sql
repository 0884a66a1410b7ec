-- What of a purchase order line shipped on the word of a receipt or an invoice (thousandths of the order unit), so that a despatch advice that comes late does
-- not ship it again; and the few purchase orders that a version wrote which does not count what is bought (0005), so that they are added when it is read.
-- Compatible-from: 3

alter table purchase_lines add column unannounced bigint not null default 0;
create index purchases_uncounted on purchases (partner, decided_at) where counted is null;
