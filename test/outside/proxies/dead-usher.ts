import { describe, expect, it, onTestFinished } from 'vitest'
import { type RawMessage, rawGet, sendRaw, status } from '../../support/raw.ts'
import type { OriginProcess } from '../origins/origin-process.ts'
import { proxies, startHaproxyWith } from './proxy-process.ts'
import type { ProxyScene } from './scene.ts'
import { openTlsDoor } from './tls-door.ts'

/** What proxies do whose Usher is dead, or whose script is wrong. */
export function describeDeadUsher(getScene: () => ProxyScene): void {
  describe('an Usher that is not there', () => {
    it.each(proxies.filter(({ isHere }) => isHere))('has $name let nobody pass', async (kind) => {
      const scene = getScene()
      const gone = await openTlsDoor(scene.trusted, scene.usher.port)
      await gone.stop()
      const proxy = await kind.start({
        ...scene.surroundings(`alone-${kind.name}`),
        usherPort: gone.port,
      })
      onTestFinished(proxy.stop)
      expect(status(await ask(proxy, [scene.ada]))).toBe(kind.statusWhenDead)
      scene.expectNothing()
    })

    const haproxy = proxies.find(({ name }) => name === 'HAProxy')

    it.skipIf(!haproxy?.isHere)(
      'has a script of HAProxy’s that fails let nobody pass',
      async () => {
        const scene = getScene()
        const steps = ['core.httpclient()', "txn:set_var('txn.let_in', true)"]
        for (const [turn, step] of steps.entries()) {
          const wrong = (script: string) => script.replace(step, 'nothing()')
          const proxy = await startHaproxyWith(wrong, scene.surroundings(`wrong-${turn}`))
          onTestFinished(proxy.stop)
          expect(status(await ask(proxy, []))).toBe(503)
          scene.expectNothing()
          await proxy.stop()
        }
      },
    )
  })
}

function ask({ port }: OriginProcess, lines: readonly string[]): Promise<RawMessage> {
  return sendRaw(port, rawGet('/public/x', ['Host: app.example.com', ...lines]), 10_000)
}
