import { Complaint } from '../kernel/complaint.ts'
import { text } from '../kernel/fields.ts'
import { frontend } from './api.ts'

/** How the instance and the proxy in front of it are. */
export const healthOperations = [
  frontend({
    id: 'getHealth',
    method: 'GET',
    path: '/v1/health',
    handle: () => ({ status: 'healthy' }),
  }),
  frontend({
    id: 'getProxyHealth',
    method: 'GET',
    path: '/v1/proxy-health',
    takes: { domain_id: text() },
    handle({ request, input }) {
      if (!input.domain_id) {
        throw new Complaint(400, 'form_param_missing', {
          message: 'domain_id must be included.',
          paramName: 'domain_id',
        })
      }
      // The key itself was looked at before any operation.
      for (const name of ['clerk-proxy-url', 'clerk-secret-key', 'x-forwarded-for']) {
        if (request.headers.has(name)) continue
        return { status: 'unhealthy', message: `The header ${name} is missing.` }
      }
      return { status: 'healthy', x_forwarded_for: request.headers.get('x-forwarded-for') }
    },
  }),
]
