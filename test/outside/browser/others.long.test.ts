import { describe, expect } from 'vitest'
import { localUsers } from '../../../src/local/clerk/users.ts'
import { claimsOf, enterCode, errorsShown, identify, signIn } from './scene.ts'
import { beginWalk, law } from './walk.ts'

// Clerk's own components in Debian's Chromium, against `npm start`. The steps follow one another, as a person's do.

const [grace, linus] = ['grace', 'linus'].map((name) => localUsers.get(name))
if (grace === undefined || linus === undefined) throw new Error('Nobody knows them')
const newcomer = { email: 'byron@example.com', password: 'annabella-1815-milbanke' }
const newPassword = 'second-thoughts-1852'

describe('the browser of others', () => {
  const walk = beginWalk()

  describe('of linus', () => {
    law('signs in by a code', async () => {
      await walk.visit('/app/hello')
      await identify(walk.scene.page, linus.email)
      await walk.find('input[name=password]').waitFor()
      await walk.scene.page.getByText('Use another method').click()
      await walk.scene.page.getByText(/email code to/i).click()
      await enterCode(walk.scene.page, await walk.scene.outbox.codeFor(linus.email))
      await walk.arriveAt('/app/hello')
      expect(await walk.find('#user').textContent()).toBe(linus.id)
    })

    law('does not see what is for administrators', async () => {
      await walk.visit('/_usher/demo')
      await walk.find('usher-signed-in:not([hidden])').first().waitFor()
      expect(await walk.find('usher-protect[role=admin]').isVisible()).toBe(false)
    })

    law('is signed out when the session is revoked', async () => {
      const { sid } = claimsOf(await walk.scene.cookie('__session'))
      const answer = await walk.scene.backend('POST', `/sessions/${sid}/revoke`)
      expect(answer.status).toBe(200)
      await walk.visit('/_usher/demo')
      await walk.press('usher.refresh()')
      await walk.find('usher-signed-out:not([hidden])').first().waitFor()
      walk.scene.forgive(/status of (401|404|422)/)
    })

    law('sets another password, and signs in with it', async () => {
      await walk.visit('/app/hello')
      await identify(walk.scene.page, linus.email)
      await walk.scene.page.getByText('Forgot password?').click()
      await walk.scene.page.getByText('Reset your password').click()
      await enterCode(walk.scene.page, await walk.scene.outbox.codeFor(linus.email))
      await walk.find('input[name=password]').fill(newPassword)
      await walk.find('input[name=confirmPassword]').fill(newPassword)
      await walk.find('.cl-formButtonPrimary').click()
      await walk.arriveAt('/app/hello')
      await walk.signOut()
      await walk.comeAs({ email: linus.email, password: newPassword })
    })

    law('is out when banned', async () => {
      expect((await walk.scene.backend('POST', `/users/${linus.id}/ban`)).status).toBe(200)
      await walk.visit('/_usher/demo')
      await walk.press('usher.refresh()')
      await walk.find('usher-signed-out:not([hidden])').first().waitFor()
      walk.scene.forgive(/status of (401|403|404|422)/)
      await walk.visit('/app/hello')
      await signIn(walk.scene.page, linus.email, newPassword)
      expect(await errorsShown(walk.scene.page)).not.toBe('')
      // What a page wrote on its console has arrived when the next one is there.
      await walk.visit('/_usher/demo')
      walk.scene.forgive(/status of (401|403|422)/)
    })
  })

  describe('of somebody new', () => {
    law('signs up, once the address is verified', async () => {
      await walk.visit('/_usher/sign-up?redirect_url=/app/hello')
      await walk.find('input[name=emailAddress]').fill(newcomer.email)
      await walk.find('input[name=password]').fill(newcomer.password)
      await walk.find('.cl-formButtonPrimary').click()
      await enterCode(walk.scene.page, await walk.scene.outbox.codeFor(newcomer.email))
      await walk.arriveAt('/app/hello')
      expect(await walk.find('#user').textContent()).toMatch(/^user_/)
    })

    law(
      'keeps its cookie fresh with a component of Clerk on the page',
      { timeout: 150_000 },
      async () => {
        await walk.visit('/_usher/profile')
        await walk.find('.cl-userProfile-root').waitFor()
        const issuedAt = async () => Number(claimsOf(await walk.scene.cookie('__session')).iat)
        const first = await issuedAt()
        expect(first).toBeGreaterThan(0)
        await expect
          .poll(async () => (await issuedAt()) - first, { timeout: 120_000, interval: 2000 })
          .toBeGreaterThan(60)
        expect(await walk.scene.api.status()).toBe(200)
      },
    )

    law('is still there and still signed in after a restart', { timeout: 60_000 }, async () => {
      const user = (await walk.scene.api.echo()).headers['x-usher-user-id']
      await walk.scene.restart()
      await walk.visit('/app/hello')
      expect(await walk.find('#user').textContent()).toBe(user)
    })

    law('signs out on the page for it', async () => {
      await walk.visit('/_usher/sign-out')
      await walk.leaveBy(() => walk.press('Sign out'))
      await expect.poll(() => walk.scene.cookie('__session')).toBeFalsy()
      await expect.poll(() => walk.scene.api.status()).toBe(401)
    })

    law('signs in again', () => walk.comeAs(newcomer))

    law('signs out by the button of a page', () => walk.signOut())

    law('signs up by a form of its own', async () => {
      await walk.visit('/_usher/demo')
      const email = 'menabrea@example.com'
      const created = await walk.scene.callClerk('/client/sign_ups', {
        email_address: email,
        password: 'sketch-of-the-engine-1842',
      })
      const path = `/client/sign_ups/${created.response.id}`
      await walk.scene.callClerk(`${path}/prepare_verification`, { strategy: 'email_code' })
      const code = await walk.scene.outbox.codeFor(email)
      const done = await walk.scene.callClerk(`${path}/attempt_verification`, {
        strategy: 'email_code',
        code,
      })
      expect(done.response.status).toBe('complete')
      await walk.scene.page.reload()
      await walk.find('usher-signed-in:not([hidden])').first().waitFor()
      await walk.signOut()
    })

    law('joins the waitlist', async () => {
      await walk.visit('/_usher/waitlist')
      await walk.find('input[name=emailAddress]').fill('jacquard@example.com')
      await walk.find('.cl-formButtonPrimary').click()
      await expect
        .poll(async () =>
          JSON.stringify(await (await walk.scene.backend('GET', '/waitlist_entries')).json()),
        )
        .toContain('jacquard@example.com')
    })

    law('of grace, an administrator of acme, sees what that lets her see', async () => {
      await walk.comeAs(grace)
      await walk.visit('/_usher/organization')
      await walk.leaveBy(() => walk.scene.page.getByText('Acme').first().click())
      await expect.poll(() => walk.scene.api.organization()).toMatch(/^org_acme/)
      await walk.visit('/_usher/demo')
      await walk.find('usher-protect[org-role]:not([hidden])').waitFor()
      await walk.find('usher-protect[permission]:not([hidden])').waitFor()
    })
  })
})
