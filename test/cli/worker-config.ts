import type { WorkerConfig } from '../../src/cli/worker-file.ts'

/** What the `wrangler.toml` of a deployed gateway says. */
export const placedWorker: WorkerConfig = {
  name: 'usher',
  answersOnWorkersDev: false,
  routes: [{ pattern: 'api.example.com', isCustomDomain: true }],
  variables: { HOSTS: 'api.example.com' },
  keys: { id: '1', name: undefined },
  database: { id: '2', name: 'usher' },
  queues: ['usher', 'usher-dead'],
  behind: {
    queue: 'usher',
    isQueueRead: true,
    areDeadLettersRead: true,
    hasSync: true,
    hasCrons: true,
  },
}
