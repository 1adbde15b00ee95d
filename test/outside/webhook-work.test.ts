import { verifyWebhook } from '@clerk/backend/webhooks'
import { expect, it, vi } from 'vitest'
import { readWebhook } from '../../src/clerk/webhook.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { agreedSecret, signedWebhook, type WebhookDraft } from '../support/signed-webhook.ts'

vi.mock('@clerk/backend/webhooks', async (importOriginal) => {
  const real = await importOriginal<typeof import('@clerk/backend/webhooks')>()
  return { ...real, verifyWebhook: vi.fn(real.verifyWebhook) }
})

const otherSecret = `whsec_${btoa('a secret that nobody agreed on..')}`
const unsigned: readonly WebhookDraft[] = [
  { secrets: Array<string>(16).fill(otherSecret) },
  { version: 'v2' },
  { headers: { 'svix-signature': 'v1,AAAA' } },
  { headers: { 'svix-id': 'msg_other' } },
]

it("Clerk's own check, which hashes in JavaScript, is never asked about what nobody signed", async () => {
  const judge = { signingSecret: agreedSecret, clock: createFakeClock(Date.now()) }
  for (const draft of unsigned) {
    const read = await readWebhook(await signedWebhook(draft), judge)
    expect(read).toMatchObject({ ok: false, error: { code: 'webhook-invalid' } })
  }
  expect(verifyWebhook).not.toHaveBeenCalled()
  expect((await readWebhook(await signedWebhook(), judge)).ok).toBe(true)
  expect(verifyWebhook).toHaveBeenCalledOnce()
})
