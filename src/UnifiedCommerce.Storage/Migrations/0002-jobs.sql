-- Jobs: unfinished ones in a table that stays small, finished ones apart, so that a claim never meets them.
-- State of a job: 0 ready, 1 running, 2 scheduled, 3 failed (waits for a person). Of a finished one: Succeeded, Cancelled.
-- Compatible-from: 1

create table jobs (
  id {identity}, kind text not null, args text not null, lane text not null, unique_key text, priority bigint not null, state bigint not null,
  run_at bigint not null, attempt bigint not null, max_attempts bigint not null, fence bigint not null, again bigint not null,
  enqueued_at bigint not null, claimed_at bigint, lease_until bigint, worker text, reason text){churn};
create index jobs_ready on jobs (kind, lane, priority, id) where state = 0;
create index jobs_running on jobs (kind, lane) where state = 1;
create index jobs_scheduled on jobs (run_at) where state = 2;
create index jobs_failed on jobs (kind, id) where state = 3;
create unique index jobs_unique on jobs (unique_key) where unique_key is not null;

--@sqlite
create table finished_jobs (
  id integer primary key, kind text not null, args text not null, lane text not null, priority bigint not null, state text not null,
  attempt bigint not null, max_attempts bigint not null, enqueued_at bigint not null, claimed_at bigint, finished_at bigint not null,
  worker text, unique_key text, reason text);
create index finished_jobs_by_age on finished_jobs (finished_at);
--@postgres
create table finished_jobs (
  id bigint not null, kind text not null, args text not null, lane text not null, priority bigint not null, state text not null,
  attempt bigint not null, max_attempts bigint not null, enqueued_at bigint not null, claimed_at bigint, finished_at bigint not null,
  worker text, unique_key text, reason text, primary key (id, finished_at)) partition by range (finished_at);
create table finished_jobs_default partition of finished_jobs default;
--@all
create table job_errors (
  job_id bigint not null, attempt bigint not null, at bigint not null, worker text, outcome text not null, text text not null,
  primary key (job_id, attempt, at));
create table job_counts (
  kind text not null, hour bigint not null, succeeded bigint not null, failed bigint not null, cancelled bigint not null, retried bigint not null,
  run_micros bigint not null, wait_micros bigint not null, primary key (hour, kind));
create table workers (id text primary key, host text not null, pid bigint not null, started_at bigint not null, seen_at bigint not null);
create table lane_tokens (lane text primary key, tokens bigint not null, refilled_at bigint not null);
