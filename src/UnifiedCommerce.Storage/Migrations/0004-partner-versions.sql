-- Versions of partners' files in the order they were in force (their packed files are in `versions`), what each process found in its folder,
-- and dispatches that are tests.
-- Compatible-from: 1

create table partner_versions (
  partner text not null, number bigint not null, sha256 text not null, at bigint not null, actor text not null, change text not null,
  mappings text not null, primary key (partner, number));
create table partner_folders (
  holder text not null, partner text not null, sha256 text not null, at bigint not null, faults text not null, primary key (holder, partner));
alter table dispatches add column test bigint not null default 0;
