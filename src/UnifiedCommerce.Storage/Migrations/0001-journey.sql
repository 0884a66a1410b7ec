-- The journey: documents, orders, purchase orders, dispatches, routing, catalogue, events, tasks, deadlines, audit.
-- Money is in ten-thousandths, quantities in thousandths, unit factors in millionths, moments in microseconds since 1970 UTC,
-- days are ISO 8601 text, JSON is text.
-- Compatible-from: 1

create table hub_meta (name text primary key, value text not null);
create table settings (name text primary key, value text not null);

create table documents (
  id {identity}, outbound bigint not null, partner text, transport text not null, name text not null, message_id text,
  received_at bigint not null, sha256 text not null, size bigint not null, bytes {bytes} not null, format text, state text not null,
  reason text, diagnostics text not null);
create index documents_by_state on documents (state, id);
create index documents_by_partner on documents (partner, id);
create index documents_by_sha256 on documents (sha256);

create table inbox_keys (key text primary key, document_id bigint not null);

create table messages (
  document_id bigint not null, idx bigint not null, kind text not null, number text, order_number text, state text not null,
  reason text, waits_for text, canonical text, mapping_version text, diagnostics text not null, primary key (document_id, idx));
create index messages_that_wait on messages (waits_for, document_id) where waits_for is not null;
create index messages_by_order_number on messages (order_number) where order_number is not null;
create index messages_by_number on messages (number) where number is not null;

create table orders (
  id {identity}, number text not null, channel text not null, customer text not null, pool text not null, content_hash text not null,
  version bigint not null, received_at bigint not null, document_id bigint, body text not null, unique (customer, number));
create index orders_by_number on orders (number);
create index orders_by_document on orders (document_id) where document_id is not null;

create table order_lines (
  order_id bigint not null, line_id text not null, idx bigint not null, sku text, unit_factor bigint not null, need_by text,
  ordered bigint not null, open bigint not null, allocated bigint not null, cancelled bigint not null, awaiting bigint not null,
  confirmed bigint not null, backordered bigint not null, shipped bigint not null, received bigint not null, cancel_requested bigint not null,
  promised text, pinned text, forbidden text not null, hold text, reason text, primary key (order_id, line_id));
create index order_lines_that_wait on order_lines (order_id) where open > 0 and sku is not null and hold is null;
create index order_lines_on_hold on order_lines (order_id) where hold is not null;
create index order_lines_by_sku on order_lines (sku);

create table answers (key text primary key, request_hash text not null, status bigint not null, body text not null, at bigint not null);
create index answers_by_age on answers (at);

create table purchases (
  id {identity}, number text not null unique, version bigint not null, partner text not null, run_id bigint not null, key text not null,
  status text not null, decided_at bigint not null, currency text not null, total bigint not null, body text not null,
  expected_charges bigint not null, expected_discount bigint not null, supplier_order_number text, pending_change text, reason text);
create index purchases_by_partner on purchases (partner, decided_at);
create index purchases_by_status on purchases (status, id);
create index purchases_by_run on purchases (run_id);
create index purchases_by_supplier_number on purchases (supplier_order_number) where supplier_order_number is not null;

create table purchase_lines (
  purchase_id bigint not null, position bigint not null, partner text not null, decided_at bigint not null, sku text not null,
  supplier_sku text, unit_factor bigint not null, ordered bigint not null, awaiting bigint not null, confirmed bigint not null,
  backordered bigint not null, shipped bigint not null, received bigint not null, cancelled bigint not null, invoiced bigint not null,
  credited bigint not null, net_price bigint not null, price_basis bigint not null, cancel_requested bigint not null, promised text, substitute_sku text, tracking text,
  primary key (purchase_id, position));
create index purchase_lines_reserved on purchase_lines (partner, sku, decided_at) where (awaiting > 0 or confirmed > 0);

create table pegs (
  purchase_id bigint not null, position bigint not null, order_id bigint not null, line_id text not null, rank bigint not null,
  quantity bigint not null, awaiting bigint not null, confirmed bigint not null, backordered bigint not null, shipped bigint not null,
  received bigint not null, primary key (purchase_id, position, order_id, line_id));
create index pegs_by_order on pegs (order_id) where order_id > 0;

create table supplier_invoices (
  partner text not null, number text not null, is_credit bigint not null, document_id bigint not null, purchase_id bigint, issued text not null,
  due text, currency text not null, payable bigint not null, matched bigint not null, difference bigint not null, reason text,
  primary key (partner, number));
create index supplier_invoices_by_purchase on supplier_invoices (purchase_id) where purchase_id is not null;

create table dispatches (
  id {identity}, key text not null unique, partner text not null, kind text not null, purchase_id bigint, acknowledges_document_id bigint,
  file_name text not null, content_type text not null, bytes {bytes} not null, sha256 text not null, interchange_control text,
  group_control text, message_control text, mapping_version text, state text not null, attempt bigint not null, fence bigint not null,
  lease_until bigint, evidence text, reason text, acknowledgement text not null, prepared_at bigint not null, sent_at bigint);
create index dispatches_by_purchase on dispatches (purchase_id) where purchase_id is not null;
create index dispatches_by_interchange on dispatches (partner, interchange_control) where interchange_control is not null;
create index dispatches_unsettled on dispatches (partner, id) where state in ('Prepared', 'Sending', 'Unknown');
create index dispatches_held on dispatches (id) where state in ('Held', 'Failed');

create table counters (name text primary key, last bigint not null);
create table control_numbers (
  counter text not null, number bigint not null, number_to bigint not null, used_by text not null, void_reason text,
  primary key (counter, number));
create index control_numbers_by_use on control_numbers (used_by);

create table pools (name text primary key, last_run bigint not null, next_run_at bigint, cut_off_at bigint);
create table pool_wakes (id {identity}, pool text not null, at bigint not null);
create table runs (
  id {identity}, pool text not null, number bigint not null, as_of bigint not null, decided bigint not null, line_count bigint not null,
  unfilled_count bigint not null, currency text not null, cash_cost bigint not null, decision_cost bigint not null, lower_bound bigint not null,
  preferred_cost bigint, cheapest_per_line_cost bigint, work_steps bigint not null, proved bigint not null, problem {bytes} not null,
  plan {bytes} not null, versions text not null, sha256 text not null, unique (pool, number));
create table proposals (
  order_id bigint not null, line_id text not null, run_id bigint not null, partner text, cut_off_at bigint, reason text not null,
  primary key (order_id, line_id));

create table articles (sku text primary key, name text not null, gtin text, body text not null);
create table cross_references (
  partner text not null, scheme text not null, id text not null, sku text not null, unit_factor bigint not null, unit text not null,
  primary key (partner, scheme, id));
create table prices (
  id {identity}, partner text not null, sku text not null, unit text not null, bid text not null, currency text not null,
  valid_from text not null, day_before text not null, valid_to text, document_id bigint, body text not null, unique (partner, sku, unit, bid, valid_from));
create table stock (
  partner text not null, sku text not null, available bigint not null, as_of bigint not null, expected bigint, next_receipt text,
  primary key (partner, sku));
create table versions (name text not null, sha256 text not null, content {bytes} not null, at bigint not null, primary key (name, sha256));

create table events (
  sequence {identity}, type text not null, at bigint not null, order_id bigint, customer text, audience text not null,
  subject text not null, data text not null);
create index events_by_customer on events (customer, sequence) where customer is not null;
create index events_by_order on events (order_id, sequence) where order_id is not null;

create table tasks (
  id {identity}, kind text not null, key text not null, text text not null, partner text, order_id bigint, purchase_id bigint,
  document_id bigint, data text not null, at bigint not null, closed_at bigint, outcome text);
create unique index tasks_open on tasks (key) where closed_at is null;
create index tasks_by_order on tasks (order_id) where order_id is not null;
create index tasks_by_purchase on tasks (purchase_id) where purchase_id is not null;

create table deadlines (kind text not null, subject text not null, due_at bigint not null, primary key (subject, kind));
create index deadlines_due on deadlines (due_at);

create table sales_invoices (
  number text primary key, customer text not null, issued text not null, due text, currency text not null, total bigint not null,
  open bigint not null, lines text not null);
create index sales_invoices_by_customer on sales_invoices (customer, issued);

create table audit (
  id {identity}, at bigint not null, actor text not null, action text not null, subject text not null, before_json text, after_json text);
create index audit_by_subject on audit (subject, id);
create table audit_batches (
  number bigint primary key, first_id bigint not null, last_id bigint not null, entries bigint not null, previous_hash text not null,
  hash text not null, sealed_at bigint not null);
