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
  KEY `job_by_supersedes` (`queue`,`supersedes`,`state`),
  KEY `stripe_job_by_state` (`queue`,`state`,`added_at`)
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

CREATE TABLE `stripe_event` (
  `seq` bigint NOT NULL AUTO_INCREMENT,
  `id` varchar(255) NOT NULL,
  `type` varchar(255) NOT NULL,
  `api_version` varchar(64),
  `livemode` bigint NOT NULL,
  `customer` varchar(255),
  `received_at` bigint NOT NULL,
  `signature` longtext NOT NULL,
  `secret_id` varchar(16) NOT NULL,
  `body` longblob NOT NULL,
  `held` varchar(16),
  `source` varchar(16) NOT NULL DEFAULT 'stripe',
  `remote_address` varchar(255),
  `counts_once` varchar(255),
  `twin_of` varchar(255),
  PRIMARY KEY (`seq`),
  UNIQUE KEY `id` (`id`),
  UNIQUE KEY `stripe_event_counts_once` (`counts_once`),
  KEY `stripe_event_by_time` (`received_at`),
  KEY `stripe_event_by_type` (`type`,`received_at`),
  KEY `stripe_event_by_customer` (`customer`,`received_at`),
  KEY `stripe_event_held` (`held`,`received_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `stripe_mrr` (
  `subscription` varchar(255) NOT NULL,
  `customer` varchar(255) NOT NULL,
  `currency` varchar(16) NOT NULL,
  `mrr` bigint NOT NULL,
  `ended` bigint NOT NULL,
  `stated_at` bigint,
  PRIMARY KEY (`subscription`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `stripe_turn` (
  `name` varchar(64) NOT NULL,
  `holder` varchar(64) NOT NULL,
  `until` bigint NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
