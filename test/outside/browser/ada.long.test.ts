import { describe, expect } from 'vitest'
import { localUsers } from '../../../src/local/clerk/users.ts'
import { claimsOf, enterCode, enterPassword, errorsShown, identify } from './scene.ts'
import { beginWalk, law } from './walk.ts'

// Clerk's own components in Debian's Chromium, against `npm start`. The steps follow one another, as a person's do.

const ada = localUsers.get('ada')
if (ada === undefined) throw new Error('Nobody knows ada')

describe('the browser of ada', () => {
  const walk = beginWalk()

  describe('of nobody in particular', () => {
    law('is sent to sign in by a protected page, and told nothing else', async () => {
      await walk.visit('/app/hello?tab=2')
      expect(new URL(walk.scene.page.url()).pathname).toBe('/_usher/sign-in')
      await walk.find('input[name=identifier]').waitFor()
      expect(await walk.scene.page.content()).not.toMatch(/user_|sess_|You are/)
    })

    law('is told of an address that nobody has', async () => {
      await identify(walk.scene.page, 'nobody@example.com')
      expect(await errorsShown(walk.scene.page)).toMatch(/find your account/)
      walk.scene.forgive(/status of 422/)
    })

    law('is told of a wrong password', async () => {
      await identify(walk.scene.page, ada.email)
      await enterPassword(walk.scene.page, 'not-her-password-1')
      expect(await errorsShown(walk.scene.page)).toMatch(/incorrect/)
      walk.scene.forgive(/status of 422/)
    })

    law('comes back to where it was with the right one', async () => {
      await enterPassword(walk.scene.page, ada.password)
      await walk.arriveAt('/app/hello')
      expect(new URL(walk.scene.page.url()).search).toBe('?tab=2')
      expect(await walk.find('#user').textContent()).toBe(ada.id)
    })
  })

  describe('of ada', () => {
    law('is ada for the API, by cookie alone, and the API sees no token', async () => {
      const { headers, path } = await walk.scene.api.echo()
      expect([headers['x-usher-user-id'], path]).toEqual([ada.id, '/api/echo'])
      expect(JSON.stringify(headers)).not.toMatch(/__session|__client/)
    })

    law('sees what her role lets her see, and nothing of other roles', async () => {
      await walk.visit('/_usher/demo')
      await walk.find('usher-protect[role=admin]:not([hidden])').waitFor()
      expect(await walk.find('usher-protect[org-role]').isVisible()).toBe(false)
      expect(await walk.find('usher-signed-out').first().isVisible()).toBe(false)
    })

    law('adds an address to the profile by the code that was sent there', async () => {
      await walk.visit('/_usher/profile')
      await walk.press('Add email address')
      await walk.find('input[name=emailAddress]').fill('countess@example.com')
      await walk.press('Add')
      await enterCode(walk.scene.page, await walk.scene.outbox.codeFor('countess@example.com'))
      await walk.scene.page.getByText('countess@example.com').first().waitFor()
      const users = await walk.scene.backend('GET', `/users/${ada.id}`)
      expect(JSON.stringify(await users.json())).toContain('countess@example.com')
    })

    law('changes her name in the profile, and the record has it within two seconds', async () => {
      await walk.visit('/_usher/profile')
      await walk.press('Update profile')
      await walk.find('input[name=firstName]').fill('Augusta')
      await walk.press('Save')
      const { request } = walk.scene.context
      const nameKept = async () => {
        const answer = await request.get(walk.at(`/_usher/api/users/${ada.id}`))
        return (await answer.json()).first_name
      }
      await expect.poll(nameKept, { timeout: 2000, interval: 50 }).toBe('Augusta')
    })

    law('makes an organisation, and the API sees it', async () => {
      await walk.visit('/_usher/organization')
      await walk.find('input[name=name]').fill('Analytical Engines')
      await walk.press(/create organization/i)
      const skip = walk.scene.page.getByRole('button', { name: /skip/i })
      await skip.waitFor().then(
        () => skip.click(),
        () => undefined,
      )
      await expect.poll(() => walk.scene.api.organization()).toMatch(/^org_/)
    })

    law('invites somebody, whom the outbox then knows', async () => {
      await walk.visit('/_usher/organization')
      await walk.scene.page.getByText('Members', { exact: true }).first().click()
      await walk.press('Invite')
      await walk.find('[data-testid="tag-input"]').fill('babbage@example.com')
      await walk.press('Send invitations')
      await expect
        .poll(() => walk.scene.outbox.linkFor('babbage@example.com'))
        .toMatch(/__clerk_ticket=/)
    })

    law('goes on without the organisation, and the API sees that too', async () => {
      await walk.visit('/_usher/organization')
      await walk.find('.cl-organizationSwitcherTrigger').click()
      await walk.leaveBy(() => walk.scene.page.getByText('Personal account').first().click())
      await expect.poll(() => walk.scene.api.organization()).toBe('')
    })

    law('and back into it', async () => {
      await walk.visit('/_usher/organization')
      await walk.find('.cl-organizationSwitcherTrigger').click()
      const choice = walk.find('.cl-organizationSwitcherPopoverCard')
      await walk.leaveBy(() => choice.getByText('Analytical Engines').click())
      await expect.poll(() => walk.scene.api.organization()).toMatch(/^org_/)
    })

    law('finds its way back after its session cookie was lost, by a handshake', async () => {
      const requests: string[] = []
      const note = (request: { url(): string }) => void requests.push(request.url())
      walk.scene.page.on('request', note)
      await walk.scene.loseCookies(/^__session/)
      await walk.visit('/app/hello')
      walk.scene.page.off('request', note)
      expect(await walk.find('#user').textContent()).toBe(ada.id)
      expect(requests.some((url) => url.includes('/v1/client/handshake'))).toBe(true)
      expect(requests.join()).not.toMatch(/eyJ/)
      expect(walk.scene.page.url()).toBe(walk.at('/app/hello'))
    })

    law('is not redirected as an API client without its cookie: 401', async () => {
      const session = await walk.scene.loseCookies(/^__session/)
      expect(await walk.scene.api.status()).toBe(401)
      await walk.scene.context.addCookies(session)
      expect(await walk.scene.api.status()).toBe(200)
    })
  })

  describe('over minutes', () => {
    law(
      'keeps its cookie fresh on a page without any code of Clerk',
      { timeout: 300_000 },
      async () => {
        await walk.visit('/app/hello')
        const issuedAt = async () => Number(claimsOf(await walk.scene.cookie('__session')).iat)
        const first = await issuedAt()
        // Three minutes and a half of the real clock, for the token is judged by that of the gateway.
        await expect
          .poll(async () => (await issuedAt()) - first, { timeout: 240_000, interval: 2000 })
          .toBeGreaterThan(190)
        expect(await walk.scene.api.status()).toBe(200)
        expect(await walk.scene.loadedScripts()).not.toMatch(/@clerk/)
      },
    )
  })

  describe('with two tabs', () => {
    law('signs out in both, and each hears of it once', async () => {
      await walk.visit('/_usher/demo')
      const other = await walk.scene.context.newPage()
      await other.goto(walk.at('/_usher/demo'))
      await other.locator('usher-signed-in:not([hidden])').waitFor()
      const before = await other.locator('#log li').count()
      await walk.leaveBy(() => walk.find('usher-sign-out-button button').click())
      await other.locator('usher-signed-out:not([hidden])').first().waitFor()
      expect(await other.locator('#log li').count()).toBe(before + 1)
      await other.close()
      await expect.poll(() => walk.scene.api.status()).toBe(401)
    })

    law('has nothing protected in the page that it is sent to', async () => {
      await walk.visit('/_usher/profile')
      expect(new URL(walk.scene.page.url()).pathname).toBe('/_usher/sign-in')
      expect(await walk.scene.page.content()).not.toContain(ada.email)
    })
  })
})
