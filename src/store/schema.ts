/**
 * Store: all that knows D1 and KV; the tables are declared in this file, and `migrations/` is generated
 * from them.
 * It never speaks HTTP, never decides who may do what, and never lets a query be written elsewhere.
 * The fuse box and the commands call it, and hand its repositories on as capabilities.
 */
export {}
