/** The platform's limit for a check: an answer as short as any, with nothing looked at. */
export default {
  fetch: () => new Response(null, { status: 204 }),
} satisfies ExportedHandler
