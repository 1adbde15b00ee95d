// What raw request targets are made of, in tables: entries that stand there often are drawn often.

/** The first segments that no origin may ever be asked for. */
export const reservedNames = ['_usher', '__clerk'] as const

/** Ordinary names, and some that only look special. */
export const words = [
  ...['a', 'b', 'x', '7', 'public', 'api', 'admin', 'items', 'files', 'hosted', 'org_1', 'me'],
  ...['livez', 'index.html', '.well-known', '...', 'a.b.', '~ada', 'a-b', 'A', 'PUBLIC', 'Admin'],
  ...["!$&'()*+,=", 'a:b', '@scope', ':name', '*', '**', 'http:', 'usher', '_ushers', '_clerk'],
]

/** Characters beyond ASCII, raw and escaped, and what is easily taken for a separator or for nothing. */
export const unicode = [
  ...['é', '日本', '\u{1f600}', 'e\u0301', 'ß', '\u0130', '\u212a', '\u00ad', '\u200b', '\u202e'],
  ...['%C3%A9', '%c3%a9', '%E6%97%A5', '%F0%9F%98%80', '%EF%BB%BF', '\ufeff', '%C2%A0', '\u00a0'],
  ...['\uff0e\uff0e', '\u2025', '\u2024', '\uff0f', '\u2215', '\uff3c', '\uff1b', '%EF%BC%8F'],
  ...['%EF%BC%8E%EF%BC%8E', '\uffff', '%EF%BF%BF', '\u0085', '%C2%85', '\u2028'],
]

/** Bytes and halves of characters that are no text, written plainly or escaped. */
export const notText = [
  ...['%FF', '%C0%AF', '%C0%AE%C0%AE', '%E0%80%AF', '%C3', '%C3a', '%ED%A0%80', '%F5%80%80%80'],
  ...['\udcff', '\udcc0\udcaf', '\ud800', '\ufffd', '%EF%BF%BD', '\udcc3', '\udce9'],
]

/** What is a dot segment, or could be one to somebody. */
export const dots = [
  ...['.', '..', '.', '..', '..', '...', '....', '.. ', '.%20', '..%20', '..+', '.. .', '. .'],
  ...['%2e', '%2E%2e', '.%2e', '%2e.', '%252e%252e', '..;', '..;a=b', '..%3b', '..%2f', '..%5c'],
  ...['..\\', '..%00', '..%23', '..%3F', '..%09', '%2e%2e%2f', '..%25', '..%c0%af', '\uff0e.'],
]

/** Escapes that some route lets through, in both cases, and what never passes. */
export const awkward = [
  ...['%2F', '%2f', '%25', '%3B', '%3b', '%23', '%3F', '%3f', ';', ';a=b', '%2F%2f', ';;', '%3B;'],
  ...['%2F', '%2f', '%25', '%3B', ';', '%3F', '%23', '%20', '%21', '%22', '%40', '%7E', '%2d'],
  ...['%5C', '%5c', '\\', '%252F', '%252f', '%25252F', '%255F', '%2525', '%25%32%66', '%%32f'],
  ...['%00', '%0a', '%0D%0A', '%7f', '%09', '%1F', '\t', '\u0000', '\u0001', '\u007f', '\u001f'],
  ...['%', '%2', '%zz', '%u002f', '%u005f', '%-1', '% 20', '%2g', ' ', '"', '<', '>', '`', '{}'],
  ...['|', '^', '[', ']', "'"],
]

/** What may stand between two segments. */
export const joints = [
  ...Array<string>(96).fill('/'),
  ...[
    '//',
    '///',
    '/./',
    '/../',
    '/x/../',
    '/.//',
    '/%2F',
    '%2F',
    '%2f/',
    '\\',
    '%5C',
    '/;/',
    '/;a/',
  ],
  ...['/%2e/', '/%20/', '/ /', '/.../', '%3B/', '/.%20/', '/..%20/', '%252F', '\\/', '/\\'],
]

/** How some readers come to a reserved name that is not there, or lose what is around it. */
export const lures = [
  ...[
    '',
    '',
    '',
    '',
    '',
    '.',
    '%2F',
    '%2f',
    '%5C',
    '\\',
    ';',
    '%3B',
    '%20',
    '%09',
    '%00',
    ' ',
    '_',
  ],
  ...[
    'x/../',
    'x/..%2F',
    'x%2F..%2F',
    'x%2F',
    ';/',
    ';a=b/',
    '%2F%2F',
    '.%2F',
    './',
    '..%20/',
    '%3F',
  ],
  ...['...%2F', '\u2025/', 'x/\u2025/', '\uff0f', '\ufeff', '\u200b', '%20%2F', '.../', '%20/'],
]
/** What may follow a reserved name, and is nothing to some reader. */
export const tails = [
  ...['', '', '', '', '', '.', '..', '...', ' ', '%20', '%20.', '. ', ';', ';x', ';x=/me', '%3Bx'],
  ...['%2F', '%2fme', '%5Cme', '\\me', '%00', '%23', '%3F', '%3Fa', '%23/me', '%25', '%252F', '/'],
  ...['//me', '/.', '/./me', '/..', '/../x', '/%2e', '2', '-', '%09', '\u00a0', '%C2%A0', '\u2024'],
]

/** Other letters that some reader takes for those of a reserved name. */
export const lookalikes: Readonly<Record<string, string>> = {
  _: '\uff3f',
  u: '\uff55',
  s: '\u017f',
  h: '\u{1d421}',
  e: '\u212f',
  r: '\u24e1',
  c: '\u217d',
  l: '\u2113',
  k: '\u212a',
}

/** Queries, most of them empty, and fragments. */
export const queries = [
  ...Array<string>(64).fill(''),
  ...['?', '?x=1', '?x=1&y=2', '?x=%2e%2e/&y=\\', '?/_usher/me', '?a=b c', '?é', '?"<>\'', '??'],
  ...[
    '?x=%zz',
    '?x=%',
    '?x=%23',
    '?;',
    '?x=\ufffd',
    '?\u0000',
    '?\n',
    '?%0d%0a',
    '?x=\ud800',
    '?[]{}|',
  ],
  ...['#', '#/public', '?a#b', '#?a'],
]

/** Hosts that are accepted, in every spelling. */
export const hosts = [
  ...Array<string>(30).fill('api.usher.test'),
  ...Array<string>(20).fill('hosted.usher.test'),
  ...[
    'API.Usher.TEST',
    'api.usher.test.',
    'api.usher.test:443',
    'hosted.usher.test:8443',
    'localhost',
  ],
  ...[
    '127.0.0.1:8787',
    '[::1]',
    '[::1]:8787',
    '[2001:db8::1]:443',
    'a_b.usher.test',
    'xn--bcher-kva.test',
  ],
  ...['1-2.test', 'a.b.hosted.usher.test', 'HOSTED.usher.test.:443', '192.0.2.1', 'h:08080'],
]
/** Hosts that are refused. */
export const badHosts = [
  ...[
    'user@api.usher.test',
    'a:b@api.usher.test',
    'h..test',
    '.h.test',
    'h.test..',
    'h:0',
    'h:65536',
  ],
  ...[
    'h:80:90',
    'h:',
    'h:a',
    'h.test*',
    'h%2etest',
    'h%00',
    'b\u00fccher.test',
    '\uff48.test',
    'h,i',
  ],
  ...[
    '1.2.3',
    '0x7f.1',
    '2130706433',
    '256.256.256.256',
    '0177.0.0.1',
    '[:::]',
    '[::1',
    '::1',
    'h h',
  ],
  ...[
    '[::ffff:127.0.0.1]',
    '[fe80::1%25eth0]',
    'foo.123',
    '-',
    '.',
    '',
    'h/public',
    'h?x',
    'h#x',
    'h\\x',
  ],
]

/** Where the gateways of the tests have routes of their own. */
export const places = [
  ...Array<string>(10).fill(''),
  ...['/public', '/api', '/admin', '/items', '/items/7', '/items/7/files', '/files', '/a', '/a/b'],
  ...['/a/b/x', '/hosted', '/optional', '/encoded', '/orgs/org_1'],
]
