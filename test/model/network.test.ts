import { describe, expect, it } from 'vitest'
import { networkOf } from '../../src/model/network.ts'

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:0003:0004:0005:0006', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::2:0:0:0:0', '0:0:0:2::/64'],
    ['::', '0:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
  ])('%s is in %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it.each([
    '::ffff:192.0.2.1',
    '::FFFF:192.0.2.1',
    '0:0:0:0:0:ffff:192.0.2.1',
    '::ffff:c000:201',
    '::ffff:C000:0201',
    '0000:0000:0000:0000:0000:ffff:c000:0201',
  ])('%s is an IPv4 address in another dress', (address) => {
    expect(networkOf(address)).toBe(networkOf('192.0.2.1'))
  })

  it.each(['::fffe:192.0.2.1', '1::ffff:192.0.2.1', '::ffff:0:192.0.2.1'])(
    '%s is none',
    (address) => {
      expect(networkOf(address)).toMatch(/::\/64$/)
    },
  )

  it.each([
    '',
    ' ',
    'unknown',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.01',
    '192.0.2.1.5',
    '192.0.2.1:80',
    '192.0.2.1, 192.0.2.2',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    ':1::',
    ':::',
    '12345::',
    'g::',
    '192.0.2.1::',
    '::192.0.2.1:1',
    '[::1]',
    'fe80::1%eth0',
    `::${'0'.repeat(100)}1`,
    'x'.repeat(100_000),
  ])('what is no address is in one with all the rest: %j', (address) => {
    expect(networkOf(address)).toBe('')
  })

  it('tells neighbours of another /64 apart, and neighbours of the same not', () => {
    const networks = (make: (index: number) => string) =>
      new Set(Array.from({ length: 1000 }, (_, index) => networkOf(make(index)))).size
    expect(networks((index) => `2001:db8:1:${index.toString(16)}::1`)).toBe(1000)
    expect(networks((index) => `2001:db8:1:2:${index.toString(16)}::1`)).toBe(1)
    expect(networks((index) => `10.0.${index >> 8}.${index & 255}`)).toBe(1000)
  })
})
