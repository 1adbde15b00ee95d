import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'

describe('the bindings of production', () => {
  it('D1 has had every migration applied', async () => {
    const { results } = await env.DB.prepare('SELECT name FROM d1_migrations ORDER BY id').all()
    expect(results).toEqual(env.MIGRATIONS.map(({ name }) => ({ name })))
    expect(results.length).toBeGreaterThan(0)
  })

  it('KV keeps what is put there', async () => {
    await env.KV.put('greeting', 'good evening')
    expect(await env.KV.get('greeting')).toBe('good evening')
  })

  it('no variable of a developer reaches a test', () => {
    const names = Object.keys(env).filter((name) => !name.startsWith('__VITEST'))
    expect(names.sort()).toEqual(['DB', 'KV', 'LIMITER', 'MIGRATIONS', 'QUEUE', 'SYNC'])
  })
})
