import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeFolder } from '../../src/local/folder-lock.ts'
import { type Listening, listen } from '../support/listen.ts'

let folder: string
let server: Listening
const file = () => join(folder, 'local/running.json')
const mine = { pid: process.pid, port: 8788, ownPort: 1 }

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usher-lock-'))
  server = await listen(async () => new Response(null))
})
afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

/** Whoever listens, as the process that runs this does. */
const living = () => ({
  pid: process.pid,
  port: 8787,
  ownPort: Number(new URL(server.origin).port),
})

async function leave(text: string): Promise<void> {
  await mkdir(join(folder, 'local'), { recursive: true })
  await writeFile(file(), text)
}

describe('the folder of the state', () => {
  it('is refused while another gateway has it, with its port and the way to a folder of ones own', async () => {
    await takeFolder(folder, living())
    await expect(takeFolder(folder, mine)).rejects.toThrow(
      /^Usher runs .* http:\/\/localhost:8787; .*: USHER_STATE=\S+ PORT=8788 npm start$/,
    )
    await expect(takeFolder(folder, { ...mine, port: 8787 })).rejects.toThrow('PORT=8788')
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual(living())
  })

  it('is free again when it was let go of, and nobody else can let go of it', async () => {
    const letGo = await takeFolder(folder, living())
    await writeFile(file(), JSON.stringify({ ...living(), pid: 1 }))
    letGo()
    expect(existsSync(file())).toBe(true)
    await writeFile(file(), JSON.stringify(living()))
    letGo()
    expect(existsSync(file())).toBe(false)
    await takeFolder(folder, mine)
  })

  const gone = spawnSync(process.execPath, ['--version']).pid
  it.each<[string, () => string]>([
    ['a process that is no more', () => JSON.stringify({ ...living(), pid: gone })],
    [
      'a process whose number is now of another',
      () => JSON.stringify({ ...living(), pid: process.ppid, ownPort: 1 }),
    ],
    ['somebody who was cut off while writing', () => '{"pid":'],
    ['another program', () => 'null'],
  ])('is taken over from %s', async (_, text) => {
    await leave(text())
    await takeFolder(folder, mine)
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual(mine)
  })
})
