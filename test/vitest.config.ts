import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { productionPlatform, projectPath } from './support/platform.ts'

const edgeRooms =
  'test/{api,clerk,config,edge,checks,events,gateway,model,portal,proxy,requests,store,tasks}'

/**
 * Two projects: `edge` runs in workerd with the bindings of production and every migration applied,
 * `outside` in Node, where sockets, files and whole processes are at hand. Tests that take long are
 * files named `*.long.test.ts`; they alone run with `--mode long`, and never without it.
 */
export default defineConfig(async ({ mode }) => {
  const name = mode === 'long' ? '*.long.test.ts' : '*.test.ts'
  const exclude = mode === 'long' ? [] : ['**/*.long.test.ts']
  const timeouts =
    mode === 'long'
      ? { testTimeout: 120_000, hookTimeout: 60_000 } // 2 minutes, 1 minute
      : { testTimeout: 15_000, hookTimeout: 30_000 } // 15 s, 30 s: a cold workerd on a busy machine
  const bindings = { MIGRATIONS: await readD1Migrations(`${projectPath}migrations`) }
  return {
    root: projectPath,
    test: {
      reporters: ['default', './test/support/closing-line.ts'],
      // By itself the runner leaves a core to others, which is half of a machine that has two.
      maxWorkers: 2,
      projects: [
        {
          root: projectPath,
          plugins: [
            cloudflareTest({
              main: './src/index.ts',
              // The runner itself needs Node's modules; Workers that tests start by themselves go without.
              miniflare: { ...productionPlatform(), compatibilityFlags: [], bindings },
            }),
          ],
          test: {
            name: 'edge',
            include: [`${edgeRooms}/**/${name}`],
            exclude,
            setupFiles: ['./test/support/migrate.ts'],
            ...timeouts,
          },
        },
        {
          root: projectPath,
          test: {
            name: 'outside',
            isolate: false,
            include: [`test/{outside,local,cli}/**/${name}`, `test/${name}`],
            exclude,
            ...timeouts,
          },
        },
      ],
    },
  }
})
