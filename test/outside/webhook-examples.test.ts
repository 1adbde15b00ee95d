import { describe, expect, it } from 'vitest'
import { readEvent, readWebhook } from '../../src/clerk/webhook.ts'
import { changesOf, isKnownType } from '../../src/clerk/webhook-changes.ts'
import { asNode, descriptionsAreHere, openDescription, resolve } from '../support/descriptions.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { agreedSecret, signedWebhook } from '../support/signed-webhook.ts'
import { webhookTypes } from '../support/webhook-types.ts'

describe.runIf(descriptionsAreHere)('what Clerk describes', () => {
  const description = openDescription('webhooks')
  const described = Object.entries(asNode(description.root['x-webhooks']))

  /** An example of a webhook, as Clerk has it. */
  function exampleOf(item: unknown): unknown {
    const { node: body } = resolve(description, asNode(asNode(item).post).requestBody)
    const content = asNode(asNode(body.content)['application/json'])
    const [named] = Object.values(asNode(content.examples))
    return content.example ?? resolve(description, named).node.value
  }

  it('is 45 types of webhooks, and all are known', () => {
    expect(described.map(([type]) => type).sort()).toEqual([...webhookTypes].sort())
    expect(webhookTypes.filter((type) => !isKnownType(type))).toEqual([])
    expect(webhookTypes).toHaveLength(45)
  })

  it.each(described)('is taken, and every example of it read: %s', async (type, item) => {
    const example = exampleOf(item)
    expect(asNode(example).type).toBe(type)
    const clock = createFakeClock(Date.now())
    const request = await signedWebhook({ body: JSON.stringify(example) })
    const read = await readWebhook(request, { signingSecret: agreedSecret, clock })
    if (!read.ok) throw new Error(read.error.code)
    expect(read.value.type).toBe(type)
    const event = readEvent(read.value.body, 1)
    // What is withheld is nothing that is mirrored.
    const whole = readEvent(JSON.stringify(example), 1)
    expect(changesOf(event)).toEqual(changesOf(whole))
    expect(event.toldAtMs).toBeGreaterThan(1_600_000_000_000)
    expect(event.toldAtMs).toBeLessThan(2_000_000_000_000)
    const isMirrored = !/^(?:email|sms|paymentAttempt)\./.test(type)
    expect(changesOf(event).length > 0).toBe(isMirrored)
    expect(read.value.body).not.toMatch(/otp_code|private_metadata|verification code/)
  })
})
