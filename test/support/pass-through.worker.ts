/** Hands every request to `ORIGIN_URL` with nothing changed but the host, as a naive proxy would. */
export default {
  fetch(request, { ORIGIN_URL }) {
    const target = request.url.slice(request.url.indexOf('/', 'http://'.length))
    return fetch(new Request(ORIGIN_URL + target, request), {
      redirect: 'manual',
      cache: 'no-store',
    })
  },
} satisfies ExportedHandler<{ readonly ORIGIN_URL: string }>
