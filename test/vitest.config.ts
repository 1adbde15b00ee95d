import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { productionPlatform, projectPath } from './support/platform.ts'

const edgeRooms =
  'test/{api,clerk,config,edge,checks,events,gateway,model,portal,proxy,requests,store,tasks}'

/** Marks what is no file to the runner (https://rollupjs.org/plugin-development/#conventions). */
const textPrefix = '\0text:'

/** What browsers get is imported as text: esbuild does as the import says, and this runner has to be told. */
const textImports = {
  name: 'text-imports',
  enforce: 'pre' as const,
  resolveId(source: string, importer?: string) {
    if (!/^\.\/assets\/[a-z]+\.(?:js|css)$/.test(source) || importer === undefined) return undefined
    return `${textPrefix}${join(dirname(importer), source)}.text`
  },
  async load(id: string) {
    if (!id.startsWith(textPrefix)) return undefined
    const text = await readFile(id.slice(textPrefix.length, -'.text'.length), 'utf8')
    return `export default ${JSON.stringify(text)}`
  },
}

/** Packages of many files: every file of tests has a Worker of its own, which would take in each of them anew. */
const bundled = [
  ...['zod', 'drizzle-orm', 'drizzle-orm/d1', 'drizzle-orm/sqlite-core', 'fast-check', 'hono'],
  ...['@clerk/backend', '@clerk/backend/internal', '@clerk/backend/webhooks', '@hono/clerk-auth'],
]

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
            textImports,
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
            deps: { optimizer: { ssr: { enabled: true, include: bundled } } },
            ...timeouts,
          },
        },
        {
          root: projectPath,
          plugins: [textImports],
          test: {
            name: 'outside',
            isolate: false,
            setupFiles: ['./test/support/judged-file.ts'],
            include: [`test/{outside,local,cli}/**/${name}`, `test/${name}`],
            exclude,
            ...timeouts,
          },
        },
      ],
    },
  }
})
