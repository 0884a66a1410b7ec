-- The trace a job was inserted in (W3C Trace Context traceparent), so that one order is one trace from request to document; null when nobody collects traces.
-- Compatible-from: 3

alter table jobs add column trace text;
