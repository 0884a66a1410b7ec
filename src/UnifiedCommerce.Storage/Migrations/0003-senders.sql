-- Under which claim of which job a dispatch is being sent: a later claim of the same job knows that that attempt is over.
-- Compatible-from: 2

alter table dispatches add column sender_job bigint;
alter table dispatches add column sender_fence bigint;
