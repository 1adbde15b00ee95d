CREATE TABLE `clerk_objects` (
	`kind` text NOT NULL,
	`id` text NOT NULL,
	`owner` text DEFAULT '' NOT NULL,
	`status` text NOT NULL,
	`data` text DEFAULT '{}' NOT NULL,
	`updated_at` integer DEFAULT 0 NOT NULL,
	`told_at` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`kind`, `id`)
);
--> statement-breakpoint
CREATE INDEX `clerk_objects_by_owner` ON `clerk_objects` (`owner`,`kind`);--> statement-breakpoint
CREATE INDEX `clerk_objects_by_time` ON `clerk_objects` (`kind`,`told_at`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`event_id` text NOT NULL,
	`receiver` text NOT NULL,
	`state` text DEFAULT 'pending' NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`last_status` integer,
	`last_error` text,
	`created_at` integer NOT NULL,
	`queued_at` integer,
	`attempted_at` integer,
	`delivered_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_once` ON `deliveries` (`event_id`,`receiver`);--> statement-breakpoint
CREATE INDEX `deliveries_by_state` ON `deliveries` (`state`,`queued_at`);--> statement-breakpoint
CREATE INDEX `deliveries_by_time` ON `deliveries` (`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `event_counters` (
	`subject` text PRIMARY KEY NOT NULL,
	`last` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `events` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`subject` text NOT NULL,
	`sequence` integer NOT NULL,
	`at` integer NOT NULL,
	`data` text NOT NULL,
	`dispatched_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_in_sequence` ON `events` (`subject`,`sequence`);--> statement-breakpoint
CREATE INDEX `events_by_dispatch` ON `events` (`dispatched_at`,`at`);--> statement-breakpoint
CREATE INDEX `events_by_time` ON `events` (`at`,`id`);--> statement-breakpoint
CREATE TABLE `memberships` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`user_id` text NOT NULL,
	`role` text NOT NULL,
	`permissions` text DEFAULT '[]' NOT NULL,
	`status` text DEFAULT 'active' NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer DEFAULT 0 NOT NULL,
	`told_at` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `memberships_by_user` ON `memberships` (`user_id`);--> statement-breakpoint
CREATE INDEX `memberships_by_organization` ON `memberships` (`organization_id`);--> statement-breakpoint
CREATE TABLE `organizations` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text DEFAULT '' NOT NULL,
	`slug` text,
	`image_url` text,
	`status` text DEFAULT 'active' NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer DEFAULT 0 NOT NULL,
	`told_at` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `organizations_by_slug` ON `organizations` (`slug`);--> statement-breakpoint
CREATE TABLE `subscriptions` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`types` text DEFAULT '[]' NOT NULL,
	`is_active` integer DEFAULT true NOT NULL,
	`secret` text NOT NULL,
	`previous_secret` text,
	`previous_secret_until` integer,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sync_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`stage` text NOT NULL,
	`cursor` text DEFAULT '' NOT NULL,
	`progress` text DEFAULT '{}' NOT NULL,
	`started_by` text NOT NULL,
	`started_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`finished_at` integer,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `sync_runs_by_time` ON `sync_runs` (`started_at`,`id`);--> statement-breakpoint
CREATE TABLE `sync_watermarks` (
	`stage` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `webhook_inbox` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`subject` text DEFAULT '' NOT NULL,
	`state` text DEFAULT 'received' NOT NULL,
	`body` text NOT NULL,
	`received_at` integer NOT NULL,
	`queued_at` integer,
	`applied_at` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `webhook_inbox_by_state` ON `webhook_inbox` (`state`,`received_at`);--> statement-breakpoint
CREATE INDEX `webhook_inbox_by_time` ON `webhook_inbox` (`received_at`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_inbox_by_subject` ON `webhook_inbox` (`subject`,`received_at`);--> statement-breakpoint
ALTER TABLE `audit` ADD `request_id` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `address` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `address_digest` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `audit_by_subject` ON `audit` (`subject`,`id`);--> statement-breakpoint
CREATE INDEX `audit_by_actor` ON `audit` (`actor`,`id`);--> statement-breakpoint
ALTER TABLE `users` ADD `status_from` text DEFAULT 'clerk' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `updated_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `told_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `users_by_creation` ON `users` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `users_by_sight` ON `users` (`last_seen_at`,`id`);--> statement-breakpoint
CREATE INDEX `ended_sessions_by_time` ON `ended_sessions` (`ended_at`);--> statement-breakpoint
CREATE INDEX `role_grants_by_role` ON `role_grants` (`role`,`user_id`);--> statement-breakpoint
CREATE INDEX `role_grants_by_organization` ON `role_grants` (`organization_id`);--> statement-breakpoint
-- Nobody can tell who banned these: they stay banned until Usher or Clerk says otherwise by name.
UPDATE `users` SET `status_from` = 'usher' WHERE `status` IN ('banned', 'deleted');
