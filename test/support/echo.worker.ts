/** Answers with the request as the platform shows it to a Worker. */
export default {
  fetch(request) {
    return Response.json({
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
    })
  },
} satisfies ExportedHandler
