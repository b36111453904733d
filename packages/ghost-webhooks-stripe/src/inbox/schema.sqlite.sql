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

CREATE INDEX "stripe_job_by_state" on "job" ("queue", "state", "added_at");

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

CREATE TABLE "stripe_event" (
  "seq" integer primary key,
  "id" varchar(255) not null unique,
  "type" varchar(255) not null,
  "api_version" varchar(64),
  "livemode" integer not null,
  "customer" varchar(255),
  "received_at" integer not null,
  "signature" text not null,
  "secret_id" varchar(16) not null,
  "body" blob not null,
  "held" varchar(16),
  "source" varchar(16) default 'stripe' not null,
  "remote_address" varchar(255),
  "counts_once" varchar(255),
  "twin_of" varchar(255)
);

CREATE INDEX "stripe_event_by_customer" on "stripe_event" ("customer", "received_at");

CREATE INDEX "stripe_event_by_time" on "stripe_event" ("received_at");

CREATE INDEX "stripe_event_by_type" on "stripe_event" ("type", "received_at");

CREATE UNIQUE INDEX "stripe_event_counts_once" on "stripe_event" ("counts_once") where "counts_once" is not null;

CREATE INDEX "stripe_event_held" on "stripe_event" ("held", "received_at") where "held" is not null;

CREATE TRIGGER "stripe_event_count_added" after insert on "stripe_event" begin insert into "stripe_event_count" ("held", "count") values (coalesce("new"."held", ''), 1)
    on conflict ("held") do update set "count" = "count" + 1; end;

CREATE TRIGGER "stripe_event_count_changed" after update of "held" on "stripe_event" when (coalesce("old"."held", '')) <> (coalesce("new"."held", '')) begin update "stripe_event_count" set "count" = "count" - 1 where ("held") = (coalesce("old"."held", ''));
    delete from "stripe_event_count" where ("held") = (coalesce("old"."held", '')) and "count" = 0; insert into "stripe_event_count" ("held", "count") values (coalesce("new"."held", ''), 1)
    on conflict ("held") do update set "count" = "count" + 1; end;

CREATE TRIGGER "stripe_event_count_removed" after delete on "stripe_event" begin update "stripe_event_count" set "count" = "count" - 1 where ("held") = (coalesce("old"."held", ''));
    delete from "stripe_event_count" where ("held") = (coalesce("old"."held", '')) and "count" = 0; end;

CREATE TABLE "stripe_event_count" ("held" varchar(255) not null, "count" integer not null, constraint "stripe_event_count_by" primary key ("held")) without rowid;

CREATE TABLE "stripe_mrr" (
  "subscription" varchar(255) not null primary key,
  "customer" varchar(255) not null,
  "currency" varchar(16) not null,
  "mrr" integer not null,
  "ended" integer not null,
  "stated_at" integer
);

CREATE TABLE "stripe_turn" (
  "name" varchar(64) not null primary key,
  "holder" varchar(64) not null,
  "until" integer not null
);
