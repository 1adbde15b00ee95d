/** What a request tells of the browser that it comes from. */
export interface SessionActivity {
  readonly deviceType: string
  readonly isMobile: boolean
  readonly browserName: string
  readonly browserVersion: string
  readonly ipAddress: string
}

/** The names that browsers give themselves; those that also name another come first. */
const browsers: readonly (readonly [string, RegExp])[] = [
  ['Edge', /Edg\/([\d.]+)/],
  ['Chrome', /(?:Headless)?Chrome\/([\d.]+)/],
  ['Firefox', /Firefox\/([\d.]+)/],
  ['Safari', /Version\/([\d.]+).*Safari\//],
]

/** The systems that they name, as people know them. */
const devices: readonly (readonly [string, RegExp])[] = [
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Android', /Android/],
  ['Macintosh', /Macintosh/],
  ['Windows', /Windows/],
  ['Linux', /Linux/],
]

/** What a request tells of its browser. It is for people to look at; nothing is decided by it. */
export function activityOf({ headers }: Request): SessionActivity {
  const agent = headers.get('user-agent') ?? ''
  const browser = browsers.find(([, pattern]) => pattern.test(agent))
  return {
    deviceType: devices.find(([, pattern]) => pattern.test(agent))?.[0] ?? '',
    isMobile: /Mobi/.test(agent),
    browserName: browser?.[0] ?? '',
    browserVersion: browser?.[1].exec(agent)?.[1] ?? '',
    ipAddress: headers.get('x-forwarded-for')?.split(',')[0]?.trim() ?? '127.0.0.1',
  }
}
