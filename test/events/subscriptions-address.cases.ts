/** Addresses that nobody is told of events at, outside local mode. */
export const refusedAddresses: readonly string[] = [
  // What is no address, or more than one.
  ...[
    '',
    'hooks.example.com',
    '//hooks.example.com/',
    'https:/hooks.example.com',
    'https:hooks.example.com',
  ],
  ...[
    'ftp://hooks.example.com',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'wss://hooks.example.com',
  ],
  ...[
    'http://hooks.example.com',
    'HTTP://hooks.example.com/',
    ' https://hooks.example.com/',
    'https://hooks.example.com/ x',
  ],
  ...[
    'https://hooks.example.com\\x',
    'https://\\hooks.example.com',
    'https://hooks.example.com/\n',
  ],
  ...[
    'https://hooks.example.com/#x',
    'https://hooks.example.com/#',
    `https://hooks.example.com/${'x'.repeat(2048)}`,
  ],
  ...[
    'https://u:p@hooks.example.com/',
    'https://u@hooks.example.com/',
    'https://api.usher.test@evil.example/',
  ],
  ...['https://*.example.com/', 'https://%2a.example.com/', 'https://{a}.example.com/'],
  // Names that stay in a network, or are one name twice.
  ...[
    'https://localhost/',
    'https://LOCALHOST/',
    'https://localhost./',
    'https://localhost../',
    'https://a.localhost/',
  ],
  ...[
    'https://printer.local/',
    'https://db.internal/',
    'https://nas.home.arpa/',
    'https://metadata.google.internal/',
  ],
  ...[
    'https://backend/',
    'https://backend./',
    'https://hooks.example.com./',
    'https://hooks..example.com/',
    'https://.example.com/',
  ],
  // IPv4, in every spelling.
  ...[
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://100.127.255.255/',
    'https://127.0.0.1/',
  ],
  ...[
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f.0.0.1/',
    'https://0x7f000001/',
    'https://017700000001/',
  ],
  ...[
    'https://0177.0.0.1/',
    'https://127.0.0.1./',
    'https://１２７.0.0.1/',
    'https://127。0。0。1/',
    'https://①②⑦.0.0.1/',
  ],
  ...[
    'https://169.254.169.254/latest/meta-data/',
    'https://169.254.0.1/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
  ],
  ...[
    'https://192.0.0.8/',
    'https://192.0.2.1/',
    'https://192.88.99.1/',
    'https://192.168.1.1/',
    'https://198.18.0.1/',
  ],
  ...[
    'https://198.51.100.1/',
    'https://203.0.113.1/',
    'https://224.0.0.1/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
  ],
  // IPv6, and IPv4 in it.
  ...[
    'https://[::]/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://[::127.0.0.1]/',
    'https://[::ffff:10.0.0.1]/',
  ],
  ...[
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[64:ff9b::a00:1]/',
    'https://[64:ff9b:1::a00:1]/',
  ],
  ...[
    'https://[2002:7f00:1::]/',
    'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
    'https://[2001:db8::1]/',
    'https://[3fff::1]/',
  ],
  ...[
    'https://[100::1]/',
    'https://[fc00::1]/',
    'https://[fd12:3456::1]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
  ],
  ...['https://[5f00::1]/', 'https://[4000::1]/'],
  // Services that are not the web.
  ...[
    'https://hooks.example.com:22/',
    'https://hooks.example.com:25/',
    'https://hooks.example.com:80/',
    'https://hooks.example.com:465/',
  ],
  ...[
    'https://hooks.example.com:1023/',
    'https://hooks.example.com:0/',
    'https://hooks.example.com:65536/',
  ],
  // This gateway, its origins and Clerk.
  ...[
    'https://api.usher.test/',
    'https://API.Usher.Test/x',
    'https://api.usher.test:8443/',
    'https://api.usher.test./',
  ],
  ...['https://a.apps.usher.test/', 'https://api.clerk.com/v1/users', 'https://%61pi.usher.test/'],
]

/** Addresses that may be told of events everywhere. */
export const allowedAddresses: readonly string[] = [
  ...[
    'https://hooks.example.com',
    'https://hooks.example.com/usher?key=1',
    'HTTPS://Hooks.Example.COM/',
    'https://hooks.example.com:443/',
  ],
  ...[
    'https://hooks.example.com:8443/',
    'https://hooks.example.com:1024/',
    'https://a_b.example.com/',
    'https://xn--bcher-kva.example/',
  ],
  ...[
    'https://bücher.example/',
    'https://8.8.8.8/',
    'https://100.63.255.255/',
    'https://172.32.0.1/',
    'https://[2606:4700::1111]/',
  ],
  ...[
    'https://localhost.example.com/',
    'https://10.1.2.3.example.com/',
    'https://usher.test/',
    'https://a.b.apps.usher.test/',
  ],
]

/** Addresses that local mode allows as well, and those that it does not. */
export const localAddresses = {
  allowed: [
    'http://127.0.0.1:9000/',
    'http://localhost/x',
    'https://api.usher.test/',
    'http://[::1]:25/',
    'http://backend/',
  ],
  refused: [
    'http://u:p@localhost/',
    'http://localhost/#x',
    'ftp://localhost/',
    'localhost:9000',
    '',
  ],
} as const
