import { askedHost, type Told } from './forward-auth-scene.ts'

// What a check may say, and what is no request, or not one.

const every = (one: keyof Told, values: readonly (string | undefined)[]) =>
  values.map((value): Partial<Told> => ({ [one]: value }))

/** Members that no request has, in any dialect. */
export const nobodysContext: readonly Partial<Told>[] = [
  ...every('scheme', [
    undefined,
    '',
    'javascript',
    'data',
    'ftp',
    'HTTPS',
    'https, http',
    'https:',
    'constructor',
    'file',
  ]),
  ...every('host', [
    undefined,
    '',
    `${askedHost}, ${askedHost}`,
    `${askedHost},evil.test`,
    `user@${askedHost}`,
    `user:pw@${askedHost}`,
    `${askedHost}/public`,
    `${askedHost}?x=`,
    `${askedHost}#`,
    `${askedHost}\\`,
    ` `,
    `evil.test ${askedHost}`,
    '[::1',
    ':443',
    `${askedHost}:x`,
  ]),
  ...every('uri', [
    undefined,
    '',
    'api/x',
    '*',
    '?x',
    `https://${askedHost}/api/x`,
    '/api/x, /public/x',
    '/api/ x',
    '/api/\tx',
    '/api/\u0001x',
    '/api/\u007fx',
  ]),
  ...every('address', [
    undefined,
    '',
    'nobody',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4:80',
    '[2001:db8::1]',
    '[2001:db8::1]:80',
    '2001:db8::1%eth0',
    '2001:db8:::1',
    'unix:',
    '::1/64',
  ]),
]

/** Lists of addresses of which the one that counts, the first or the last, is none. */
export const nobodysAddress = {
  first: every('address', ['nobody, 192.0.2.7', ',192.0.2.7', '192.0.2.7:80,192.0.2.7']),
  last: every('address', ['192.0.2.7, nobody', '192.0.2.7,', '192.0.2.7, 192.0.2.7:80']),
}

/** What is no method. */
export const nobodysMethod = every('method', [
  undefined,
  '',
  'get',
  'GET POST',
  'GET, GET',
  'Get',
  'GET1',
  'G-T',
  'GET\tX',
  'G'.repeat(33),
])

/** Hosts and paths that have no reading, or more than one. */
export const noTarget: readonly Partial<Told>[] = [
  ...every('host', [
    `${askedHost}:0`,
    `${askedHost}:99999`,
    '1.2.3',
    '0x7f.1',
    '..',
    `${askedHost}..`,
  ]),
  ...every('uri', [
    '//evil/x',
    '/api//x',
    '/api/../admin/x',
    '/api/./x',
    '/api/..',
    '/api/.',
    '/api/..?q',
    '/api/../',
    '/api/%2e%2e/x',
    '/api/.%2E/x',
    '/api/%2e/x',
    '/api/..%2fx',
    '/api/..;/x',
    '/api;a=b/x',
    '/api\\x',
    '/api/%5cx',
    '/api/%00',
    '/api/%0d%0ax',
    '/api/%zz',
    '/api/%c0%ae',
    '/api/%252e',
    '/api/x#/public',
    '/api/%ef%bc%8e%ef%bc%8e/x',
    `/api/${'x'.repeat(9000)}`,
    `/api/x?${'q'.repeat(9000)}`,
  ]),
]
