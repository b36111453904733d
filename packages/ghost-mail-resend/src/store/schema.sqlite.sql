CREATE TABLE "chunk" (
  "id" varchar(64) primary key,
  "message_id" varchar(64) not null,
  "state" varchar(16) not null,
  "idempotency_key" varchar(64),
  "sha256" varchar(64),
  "renderer" integer,
  "keyed_at" bigint
);

CREATE INDEX "chunk_by_message" on "chunk" ("message_id");

CREATE INDEX "chunk_queued" on "chunk" ("id") where "state" = 'queued';

CREATE TABLE "chunk_body" (
  "chunk_id" varchar(64) primary key,
  "body" blob not null
);

CREATE TABLE "clock_record" (
  "machine" varchar(255) primary key,
  "saved" text not null
);

CREATE TABLE "durable_migration" (
  "name" varchar(255) not null primary key,
  "timestamp" varchar(255) not null
);

CREATE TABLE "durable_migration_lock" (
  "id" varchar(255) not null primary key,
  "is_locked" integer default 0 not null
);

CREATE TABLE "event" (
  "seq" integer primary key,
  "id" varchar(64) not null,
  "site" varchar(128) not null,
  "domain" varchar(255) not null,
  "stamp" bigint not null,
  "type" varchar(16) not null,
  "message_id" varchar(64) not null,
  "position" integer not null,
  "kind" varchar(64) not null,
  "severity" varchar(16),
  "code" integer,
  "reason" text,
  "enhanced_code" varchar(50),
  "occurred_at" bigint not null,
  "bot" varchar(16),
  constraint "event_once" unique ("message_id", "position", "kind")
);

CREATE INDEX "event_by_stamp" on "event" ("site", "domain", "stamp", "seq");

CREATE INDEX "event_failed" on "event" ("message_id", "position", "kind") where kind in ('failed', 'suppressed');

CREATE TRIGGER "event_count_added" after insert on "event" begin insert into "event_count" ("message_id", "kind", "count") values (coalesce("new"."message_id", ''), coalesce("new"."kind", ''), 1)
    on conflict ("message_id", "kind") do update set "count" = "count" + 1; end;

CREATE TRIGGER "event_count_changed" after update of "message_id", "kind" on "event" when (coalesce("old"."message_id", ''), coalesce("old"."kind", '')) <> (coalesce("new"."message_id", ''), coalesce("new"."kind", '')) begin update "event_count" set "count" = "count" - 1 where ("message_id", "kind") = (coalesce("old"."message_id", ''), coalesce("old"."kind", ''));
    delete from "event_count" where ("message_id", "kind") = (coalesce("old"."message_id", ''), coalesce("old"."kind", '')) and "count" = 0; insert into "event_count" ("message_id", "kind", "count") values (coalesce("new"."message_id", ''), coalesce("new"."kind", ''), 1)
    on conflict ("message_id", "kind") do update set "count" = "count" + 1; end;

CREATE TRIGGER "event_count_removed" after delete on "event" begin update "event_count" set "count" = "count" - 1 where ("message_id", "kind") = (coalesce("old"."message_id", ''), coalesce("old"."kind", ''));
    delete from "event_count" where ("message_id", "kind") = (coalesce("old"."message_id", ''), coalesce("old"."kind", '')) and "count" = 0; end;

CREATE TABLE "event_count" ("message_id" varchar(255) not null, "kind" varchar(255) not null, "count" integer not null, constraint "event_count_by" primary key ("message_id", "kind")) without rowid;

CREATE TABLE "job" (
  "seq" integer primary key,
  "queue" varchar(64) not null,
  "id" varchar(255) not null,
  "state" varchar(16) not null,
  "rank" integer not null,
  "grp" varchar(255),
  "supersedes" varchar(255),
  "available_at" integer not null,
  "due_at" integer not null,
  "added_at" integer not null,
  "leased_at" integer,
  "attempt" integer default 0 not null,
  "failures" integer default 0 not null,
  "failing_since" integer,
  "settled_at" integer,
  "payload" blob,
  "reason" text,
  constraint "job_by_id" unique ("queue", "id")
);

CREATE INDEX "job_by_group" on "job" ("queue", "grp", "state", "rank") where "grp" is not null;

CREATE INDEX "job_by_state" on "job" ("queue", "state", "rank", "due_at");

CREATE INDEX "job_by_supersedes" on "job" ("queue", "supersedes", "state") where "supersedes" is not null;

CREATE TRIGGER "job_count_added" after insert on "job" begin insert into "job_count" ("queue", "state", "count") values (coalesce("new"."queue", ''), coalesce("new"."state", ''), 1)
    on conflict ("queue", "state") do update set "count" = "count" + 1; end;

CREATE TRIGGER "job_count_changed" after update of "queue", "state" on "job" when (coalesce("old"."queue", ''), coalesce("old"."state", '')) <> (coalesce("new"."queue", ''), coalesce("new"."state", '')) begin update "job_count" set "count" = "count" - 1 where ("queue", "state") = (coalesce("old"."queue", ''), coalesce("old"."state", ''));
    delete from "job_count" where ("queue", "state") = (coalesce("old"."queue", ''), coalesce("old"."state", '')) and "count" = 0; insert into "job_count" ("queue", "state", "count") values (coalesce("new"."queue", ''), coalesce("new"."state", ''), 1)
    on conflict ("queue", "state") do update set "count" = "count" + 1; end;

CREATE TRIGGER "job_count_removed" after delete on "job" begin update "job_count" set "count" = "count" - 1 where ("queue", "state") = (coalesce("old"."queue", ''), coalesce("old"."state", ''));
    delete from "job_count" where ("queue", "state") = (coalesce("old"."queue", ''), coalesce("old"."state", '')) and "count" = 0; end;

CREATE TABLE "job_attempt" (
  "seq" integer not null,
  "attempt" integer not null,
  "started_at" integer not null,
  "ended_at" integer not null,
  "outcome" text not null,
  "reason" text,
  constraint "job_attempt_by_job" primary key ("seq", "attempt")
);

CREATE TABLE "job_count" ("queue" varchar(255) not null, "state" varchar(255) not null, "count" integer not null, constraint "job_count_by" primary key ("queue", "state")) without rowid;

CREATE TABLE "job_payload" (
  "seq" integer primary key,
  "large_payload" blob not null
);

CREATE TABLE "message" (
  "id" varchar(64) primary key,
  "site" varchar(128) not null,
  "domain" varchar(255) not null,
  "email_id" varchar(128),
  "lane" varchar(16) not null,
  "tags" text not null,
  "template" text not null,
  "track_opens" integer not null,
  "deliver_at" bigint,
  "accepted_at" bigint not null,
  "content_key" varchar(64)
);

CREATE INDEX "message_by_age" on "message" ("accepted_at");

CREATE INDEX "message_by_content" on "message" ("content_key", "accepted_at");

CREATE INDEX "message_by_email" on "message" ("site", "email_id", "id");

CREATE INDEX "message_by_lane" on "message" ("lane", "id", "site");

CREATE INDEX "message_by_newsletter" on "message" ("email_id", "id");

CREATE TABLE "newsletter" (
  "site" varchar(128) not null,
  "email_id" varchar(128) not null,
  "state" varchar(16) not null,
  constraint "newsletter_by_id" primary key ("site", "email_id")
);

CREATE TABLE "note" (
  "name" varchar(64) primary key,
  "value" text not null
);

CREATE TABLE "recipient" (
  "message_id" varchar(64) not null,
  "position" integer not null,
  "site" varchar(128) not null,
  "email_id" varchar(128),
  "address" varchar(512) not null,
  "variables" text not null,
  "chunk_id" varchar(64) not null,
  "state" varchar(16) not null,
  "resend_id" varchar(64),
  "sent_at" integer,
  "settled_at" integer,
  constraint "recipient_by_position" primary key ("message_id", "position"),
  constraint "recipient_once" unique ("site", "email_id", "address")
);

CREATE INDEX "recipient_by_chunk" on "recipient" ("chunk_id", "position");

CREATE INDEX "recipient_by_resend_id" on "recipient" ("resend_id");

CREATE INDEX "recipient_by_sending" on "recipient" ("email_id", "sent_at") where "sent_at" is not null;

CREATE INDEX "recipient_by_silence" on "recipient" ("state", "settled_at", "sent_at");

CREATE TRIGGER "recipient_count_added" after insert on "recipient" begin insert into "recipient_count" ("email_id", "state", "count") values (coalesce("new"."email_id", ''), coalesce("new"."state", ''), 1)
    on conflict ("email_id", "state") do update set "count" = "count" + 1; end;

CREATE TRIGGER "recipient_count_changed" after update of "email_id", "state" on "recipient" when (coalesce("old"."email_id", ''), coalesce("old"."state", '')) <> (coalesce("new"."email_id", ''), coalesce("new"."state", '')) begin update "recipient_count" set "count" = "count" - 1 where ("email_id", "state") = (coalesce("old"."email_id", ''), coalesce("old"."state", ''));
    delete from "recipient_count" where ("email_id", "state") = (coalesce("old"."email_id", ''), coalesce("old"."state", '')) and "count" = 0; insert into "recipient_count" ("email_id", "state", "count") values (coalesce("new"."email_id", ''), coalesce("new"."state", ''), 1)
    on conflict ("email_id", "state") do update set "count" = "count" + 1; end;

CREATE TRIGGER "recipient_count_removed" after delete on "recipient" begin update "recipient_count" set "count" = "count" - 1 where ("email_id", "state") = (coalesce("old"."email_id", ''), coalesce("old"."state", ''));
    delete from "recipient_count" where ("email_id", "state") = (coalesce("old"."email_id", ''), coalesce("old"."state", '')) and "count" = 0; end;

CREATE TABLE "recipient_count" ("email_id" varchar(255) not null, "state" varchar(255) not null, "count" integer not null, constraint "recipient_count_by" primary key ("email_id", "state")) without rowid;

CREATE TABLE "store_clock" (
  "id" integer primary key,
  "mark" integer not null
);

CREATE TABLE "store_migration" (
  "name" varchar(255) not null primary key,
  "timestamp" varchar(255) not null
);

CREATE TABLE "store_migration_lock" (
  "id" varchar(255) not null primary key,
  "is_locked" integer default 0 not null
);

CREATE TABLE "suppressed_address" (
  "site" varchar(128) not null,
  "address_hash" varchar(64) not null,
  "since" bigint not null,
  constraint "suppressed_once" primary key ("address_hash", "site")
);

CREATE TABLE "suppression_call" (
  "seq" integer primary key,
  "site" varchar(128) not null,
  "list" varchar(16) not null,
  "address" varchar(512) not null,
  "called_at" bigint not null
);

CREATE INDEX "suppression_call_by_address" on "suppression_call" ("site", "address", "called_at");

CREATE TABLE "webhook_seen" (
  "svix_id" varchar(128) primary key,
  "seen_at" bigint not null
);

CREATE INDEX "webhook_seen_by_age" on "webhook_seen" ("seen_at");
