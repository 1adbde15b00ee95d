import { deletedObject } from '../acts/people.ts'
import { notFound, wrongParameter } from '../kernel/complaint.ts'
import { needed, text } from '../kernel/fields.ts'
import { newId } from '../kernel/identifiers.ts'
import type { RedirectUrl } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { instanceId } from '../kernel/world-opening.ts'
import { backend } from './api.ts'
import { newestFirst, pageAsAsked, paginatedFields } from './lists.ts'

/** What is told of the instance itself. */
export const instanceOperations = [
  backend({
    id: 'GetInstance',
    method: 'GET',
    path: '/instance',
    handle: ({ world }) => ({
      object: 'instance',
      id: instanceId,
      // By its publishable key, which decides about cookies and handshakes.
      environment_type: world.settings.publishableKey.startsWith('pk_live_')
        ? 'production'
        : 'development',
      allowed_origins: null,
      workspace_id: null,
    }),
  }),
  backend({
    id: 'ListDomains',
    method: 'GET',
    path: '/domains',
    handle: ({ world }) => ({ data: [domainView(world)], total_count: 1 }),
  }),
  backend({
    id: 'ListRedirectURLs',
    method: 'GET',
    path: '/redirect_urls',
    takes: paginatedFields,
    handle: ({ world, input }) =>
      pageAsAsked(newestFirst(world.state.redirectUrls.all()), input, redirectUrlView),
  }),
  backend({
    id: 'CreateRedirectURL',
    method: 'POST',
    path: '/redirect_urls',
    takes: { url: text() },
    handle({ world, input }) {
      const url = needed(input.url, 'url')
      if (!URL.canParse(url)) {
        throw wrongParameter('form_param_format_invalid', 'url', 'url must be a valid URL.')
      }
      const { redirectUrls } = world.state
      if (redirectUrls.find((known) => known.url === url)) {
        throw wrongParameter('duplicate_record', 'url', `the URL ${url} already exists`)
      }
      const now = world.clock.now()
      const dated = { id: newId('ru'), createdAt: now, updatedAt: now }
      return redirectUrlView(redirectUrls.put({ ...dated, url }))
    },
  }),
  backend({
    id: 'GetRedirectURL',
    method: 'GET',
    path: '/redirect_urls/{id}',
    handle: ({ world, path }) => redirectUrlView(redirectUrlNamed(world, path.id)),
  }),
  backend({
    id: 'DeleteRedirectURL',
    method: 'DELETE',
    path: '/redirect_urls/{id}',
    handle({ world, path }) {
      const { id } = redirectUrlNamed(world, path.id)
      world.state.redirectUrls.remove(id)
      return deletedObject('redirect_url', id)
    },
  }),
]

/** The one domain of the instance, whose Frontend API is behind a proxy of the application. */
function domainView({ settings }: World): object {
  const { host, applicationOrigin } = settings
  return {
    object: 'domain',
    id: instanceId.replace(/^ins_/, 'dmn_'),
    name: host.replace(/^clerk\./, ''),
    is_satellite: false,
    frontend_api_url: `https://${host}`,
    accounts_portal_url: null,
    proxy_url: `${applicationOrigin}/__clerk`,
    development_origin: applicationOrigin,
    cname_targets: [],
  }
}

function redirectUrlNamed({ state }: World, id: string | undefined): RedirectUrl {
  const found = state.redirectUrls.get(id)
  if (found === undefined) throw notFound('Redirect url not found')
  return found
}

function redirectUrlView({ id, url, createdAt, updatedAt }: RedirectUrl): object {
  return { object: 'redirect_url', id, url, created_at: createdAt, updated_at: updatedAt }
}
