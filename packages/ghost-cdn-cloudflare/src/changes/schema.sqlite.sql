CREATE TABLE "cdn_note" (
  "name" varchar(64) not null primary key,
  "value" text not null
);

CREATE TABLE "durable_migration" (
  "name" varchar(255) not null primary key,
  "timestamp" varchar(255) not null
);

CREATE TABLE "durable_migration_lock" (
  "id" varchar(255) not null primary key,
  "is_locked" integer default 0 not null
);

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

CREATE TABLE "site_change" (
  "seq" integer primary key,
  "id" varchar(255) not null unique,
  "source" varchar(16) not null,
  "paths" text not null,
  "received_at" integer not null,
  "purged_at" integer
);

CREATE INDEX "site_change_by_purge" on "site_change" ("purged_at", "seq");

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
