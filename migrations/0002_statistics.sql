CREATE TABLE `statistics` (
	`minute` integer NOT NULL,
	`route` text NOT NULL,
	`outcome` text NOT NULL,
	`requests` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`origin_ms` integer NOT NULL,
	`bytes_in` integer NOT NULL,
	`bytes_out` integer NOT NULL,
	PRIMARY KEY(`minute`, `route`, `outcome`)
);
