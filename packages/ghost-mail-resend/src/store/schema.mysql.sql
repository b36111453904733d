CREATE TABLE `chunk` (
  `id` varchar(64) NOT NULL,
  `message_id` varchar(64) NOT NULL,
  `state` varchar(16) NOT NULL,
  `idempotency_key` varchar(64),
  `sha256` varchar(64),
  `renderer` bigint,
  `keyed_at` bigint,
  PRIMARY KEY (`id`),
  KEY `chunk_by_message` (`message_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `chunk_body` (
  `chunk_id` varchar(64) NOT NULL,
  `body` longblob NOT NULL,
  PRIMARY KEY (`chunk_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `clock_record` (
  `machine` varchar(255) NOT NULL,
  `saved` longtext NOT NULL,
  PRIMARY KEY (`machine`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `durable_migration` (
  `name` varchar(255) NOT NULL,
  `timestamp` varchar(255) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `durable_migration_lock` (
  `id` varchar(255) NOT NULL,
  `is_locked` bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `event` (
  `seq` bigint NOT NULL AUTO_INCREMENT,
  `id` varchar(64) NOT NULL,
  `site` varchar(128) NOT NULL,
  `domain` varchar(255) NOT NULL,
  `stamp` bigint NOT NULL,
  `type` varchar(16) NOT NULL,
  `message_id` varchar(64) NOT NULL,
  `position` bigint NOT NULL,
  `kind` varchar(64) NOT NULL,
  `severity` varchar(16),
  `code` bigint,
  `reason` longtext,
  `enhanced_code` varchar(50),
  `occurred_at` bigint NOT NULL,
  `bot` varchar(16),
  PRIMARY KEY (`seq`),
  UNIQUE KEY `event_once` (`message_id`,`position`,`kind`),
  KEY `event_by_stamp` (`site`,`domain`,`stamp`,`seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `job` (
  `seq` bigint NOT NULL AUTO_INCREMENT,
  `queue` varchar(64) NOT NULL,
  `id` varchar(255) NOT NULL,
  `state` varchar(16) NOT NULL,
  `rank` bigint NOT NULL,
  `grp` varchar(255),
  `supersedes` varchar(255),
  `available_at` bigint NOT NULL,
  `due_at` bigint NOT NULL,
  `added_at` bigint NOT NULL,
  `leased_at` bigint,
  `attempt` bigint NOT NULL DEFAULT 0,
  `failures` bigint NOT NULL DEFAULT 0,
  `failing_since` bigint,
  `settled_at` bigint,
  `payload` longblob,
  `reason` longtext,
  PRIMARY KEY (`seq`),
  UNIQUE KEY `job_by_id` (`queue`,`id`),
  KEY `job_by_state` (`queue`,`state`,`rank`,`due_at`),
  KEY `job_by_group` (`queue`,`grp`,`state`,`rank`),
  KEY `job_by_supersedes` (`queue`,`supersedes`,`state`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `job_attempt` (
  `seq` bigint NOT NULL,
  `attempt` bigint NOT NULL,
  `started_at` bigint NOT NULL,
  `ended_at` bigint NOT NULL,
  `outcome` longtext NOT NULL,
  `reason` longtext,
  PRIMARY KEY (`seq`,`attempt`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `job_payload` (
  `seq` bigint NOT NULL,
  `large_payload` longblob NOT NULL,
  PRIMARY KEY (`seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `line_lock` (
  `slot` bigint NOT NULL,
  PRIMARY KEY (`slot`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `message` (
  `id` varchar(64) NOT NULL,
  `site` varchar(128) NOT NULL,
  `domain` varchar(255) NOT NULL,
  `email_id` varchar(128),
  `lane` varchar(16) NOT NULL,
  `tags` longtext NOT NULL,
  `template` longtext NOT NULL,
  `track_opens` bigint NOT NULL,
  `deliver_at` bigint,
  `accepted_at` bigint NOT NULL,
  `content_key` varchar(64),
  PRIMARY KEY (`id`),
  KEY `message_by_content` (`content_key`,`accepted_at`),
  KEY `message_by_age` (`accepted_at`),
  KEY `message_by_newsletter` (`email_id`,`id`),
  KEY `message_by_email` (`site`,`email_id`,`id`),
  KEY `message_by_lane` (`lane`,`id`,`site`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `newsletter` (
  `site` varchar(128) NOT NULL,
  `email_id` varchar(128) NOT NULL,
  `state` varchar(16) NOT NULL,
  PRIMARY KEY (`site`,`email_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `note` (
  `name` varchar(64) NOT NULL,
  `value` longtext NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `recipient` (
  `message_id` varchar(64) NOT NULL,
  `position` bigint NOT NULL,
  `site` varchar(128) NOT NULL,
  `email_id` varchar(128),
  `address` varchar(512) NOT NULL,
  `variables` longtext NOT NULL,
  `chunk_id` varchar(64) NOT NULL,
  `state` varchar(16) NOT NULL,
  `resend_id` varchar(64),
  `sent_at` bigint,
  `settled_at` bigint,
  PRIMARY KEY (`message_id`,`position`),
  UNIQUE KEY `recipient_once` (`site`,`email_id`,`address`),
  KEY `recipient_by_chunk` (`chunk_id`,`position`),
  KEY `recipient_by_resend_id` (`resend_id`),
  KEY `recipient_by_silence` (`state`,`settled_at`,`sent_at`),
  KEY `recipient_by_sending` (`email_id`,`sent_at`),
  KEY `recipient_by_state` (`email_id`,`state`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `store_clock` (
  `id` bigint NOT NULL,
  `mark` bigint NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `store_migration` (
  `name` varchar(255) NOT NULL,
  `timestamp` varchar(255) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `store_migration_lock` (
  `id` varchar(255) NOT NULL,
  `is_locked` bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `suppressed_address` (
  `site` varchar(128) NOT NULL,
  `address_hash` varchar(64) NOT NULL,
  `since` bigint NOT NULL,
  PRIMARY KEY (`address_hash`,`site`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `suppression_call` (
  `seq` bigint NOT NULL AUTO_INCREMENT,
  `site` varchar(128) NOT NULL,
  `list` varchar(16) NOT NULL,
  `address` varchar(512) NOT NULL,
  `called_at` bigint NOT NULL,
  PRIMARY KEY (`seq`),
  KEY `suppression_call_by_address` (`site`,`address`,`called_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `webhook_seen` (
  `svix_id` varchar(128) NOT NULL,
  `seen_at` bigint NOT NULL,
  PRIMARY KEY (`svix_id`),
  KEY `webhook_seen_by_age` (`seen_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
