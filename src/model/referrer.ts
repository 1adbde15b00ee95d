/** Of a `Referer` the origin alone: by which path somebody came is nobody's business elsewhere. */
export function originAlone(referrer: string | null): string | undefined {
  const url = URL.parse(referrer ?? '')
  return url !== null && /^https?:$/.test(url.protocol) ? `${url.origin}/` : undefined
}
