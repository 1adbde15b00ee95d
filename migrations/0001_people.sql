CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`before` text,
	`after` text,
	`before_digest` text NOT NULL,
	`after_digest` text NOT NULL,
	`previous_hash` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_previous_hash_unique` ON `audit` (`previous_hash`);--> statement-breakpoint
CREATE TABLE `ended_sessions` (
	`session_id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`ended_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `ended_sessions_by_user` ON `ended_sessions` (`user_id`,`ended_at`);--> statement-breakpoint
CREATE TABLE `role_grants` (
	`user_id` text NOT NULL,
	`role` text NOT NULL,
	`organization_id` text DEFAULT '' NOT NULL,
	`granted_by` text NOT NULL,
	`granted_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `role`, `organization_id`)
);
--> statement-breakpoint
CREATE TABLE `roles` (
	`name` text PRIMARY KEY NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`permissions` text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`number` integer NOT NULL,
	`email` text,
	`email_verified` integer DEFAULT false NOT NULL,
	`first_name` text,
	`last_name` text,
	`username` text,
	`image_url` text,
	`status` text DEFAULT 'active' NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_number_unique` ON `users` (`number`);--> statement-breakpoint
INSERT OR IGNORE INTO `roles` (`name`, `description`) VALUES
	('admin', 'Runs Usher: people, roles and settings.'),
	('user', 'Everyone who signs in.'),
	('guest', 'Someone who may look around.');
