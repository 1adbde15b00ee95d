const originUrl = 'https://api.usher.test'

/** The platform's limit: what any gateway before this origin costs at least. */
export default {
  fetch: (request) => fetch(originUrl + request.url.slice(request.url.indexOf('/', 8)), request),
} satisfies ExportedHandler
